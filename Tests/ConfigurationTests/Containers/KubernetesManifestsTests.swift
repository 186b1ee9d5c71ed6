// Manifests as a cluster's API would take them, read back from the text, and what is refused.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Configuration

@Suite struct KubernetesManifestsTests {
  private static let text = """
    {
      "name": "Office 365: \\"mail\\"",
      "source": { "tenant": "contoso.com" }
    }

    """

  static func playbook(
    _ path: String = "/etc/message-trace/contoso.json", state: String? = "postgresql://mail@db.example/mail",
    sinks: [String] = ["elastic://siem:9200/mail?token-file=/etc/message-trace/contoso/elastic&ca=/opt/trust/ca.pem"],
    metrics: String = "/run/metrics/mail.prom", text: String = KubernetesManifestsTests.text
  ) -> ContainerParameters.Playbook {
    var layer = SettingLayer()
    layer[.state] = state.map { [$0] }
    layer[.sink] = sinks
    layer[.every] = ["300s"]
    layer[.clientSecretFile] = ["file:/etc/message-trace/contoso/client-secret"]
    layer[.metricsFile] = [metrics]
    return .init(path: path, text: text, layer: layer)
  }

  static func place() throws -> ContainerParameters {
    try ContainerParameters(
      [playbook(), playbook("/etc/message-trace/Fabrikam_1.json")], image: "registry.example/message-trace:1",
      replicas: 3)
  }

  static func check(_ text: String) throws -> [JSONValue] {
    let objects = try BlockYAML.documents(text)
    for object in objects {
      let schema = try #require(KubernetesSchema.schema(kind: object["kind"]?.string ?? ""), "\(object.text)")
      #expect(SchemaCheck(schema: schema).accepts(object), "\(object.text)")
      // RFC 1123.
      let name = object["metadata"]?["name"]?.string ?? "-"
      #expect(name.utf8.count <= 52 && name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "\(name)")
      #expect(name.first != "-" && name.last != "-")
    }
    return objects
  }

  private static func pod(_ object: JSONValue) throws -> JSONValue {
    let spec = object["spec"]?["jobTemplate"]?["spec"] ?? object["spec"]
    return try #require(spec?["template"]?["spec"])
  }

  @Test("the Deployment fits the API, runs every playbook, and holds the playbooks as they are")
  func deployment() throws {
    let objects = try Self.check(KubernetesManifests.deployment(try Self.place()))
    #expect(objects.map { $0["kind"]?.string } == ["ConfigMap", "Deployment"])
    #expect(objects[0]["data"]?["contoso.json"]?.string == Self.text)
    #expect(objects[1]["spec"]?["replicas"]?.integer == 3)
    #expect(objects[1]["spec"]?["selector"]?["matchLabels"] == objects[1]["spec"]?["template"]?["metadata"]?["labels"])
    let container = try Self.pod(objects[1])["containers"]?.array?.first
    #expect(
      container?["args"]?.array?.compactMap(\.string) == [
        "run", "/etc/message-trace/contoso.json", "/etc/message-trace/Fabrikam_1.json", "--alive-file",
        "/run/message-trace/alive",
      ])
    #expect(container?["envFrom"]?.array?.first?["secretRef"]?["name"]?.string == "message-trace-environment")
    let home = container?["env"]?.array?.first
    #expect(home?["name"]?.string == "HOME" && home?["value"]?.string == "/run/message-trace")
  }

  @Test("each playbook gets a CronJob of its own, with its own interval")
  func cronJobs() throws {
    let objects = try Self.check(try KubernetesManifests.cronJobs(try Self.place()))
    #expect(
      objects.compactMap { $0["metadata"]?["name"]?.string } == [
        "message-trace-contoso", "message-trace-contoso", "message-trace-fabrikam-1", "message-trace-fabrikam-1",
      ])
    #expect(objects.map { $0["kind"]?.string } == ["ConfigMap", "CronJob", "ConfigMap", "CronJob"])
    #expect(objects[1]["spec"]?["schedule"]?.string == "*/5 * * * *")
    let volume = try Self.pod(objects[3])["volumes"]?.array?.first?["projected"]?["sources"]?.array?.first
    #expect(volume?["configMap"]?["name"]?.string == "message-trace-fabrikam-1")
    #expect(
      try Self.pod(objects[3])["containers"]?.array?.first?["args"]?.array?.compactMap(\.string) == [
        "collect", "/etc/message-trace/Fabrikam_1.json",
      ])
  }

  @Test("another call for other playbooks replaces nothing of the first")
  func otherCall() throws {
    let calls = try ["a", "b"].map { name in
      let place = try ContainerParameters([Self.playbook("/etc/message-trace/\(name).json")], image: "x")
      return try Self.check(try KubernetesManifests.cronJobs(place)).map { object in
        "\(object["kind"]?.string ?? "") \(object["metadata"]?["name"]?.string ?? "")"
      }
    }
    #expect(Set(calls[0]).isDisjoint(with: calls[1]), "\(calls)")
  }

  @Test("how to bring a changed Secret to the pods is said where pods stay")
  func rolling() throws {
    let command = "# After a change of a Secret: kubectl rollout restart deployment/message-trace\n"
    #expect(KubernetesManifests.deployment(try Self.place()).contains(command))
    #expect(try !KubernetesManifests.cronJobs(try Self.place()).contains("rollout"))
  }

  @Test("CronJobs that would have one name are refused with both files, and so is one without a name")
  func names() throws {
    let long = String(repeating: "a", count: 38)
    for (first, second) in [
      ("a_b.json", "a-b.json"), ("Mail.json", "mail.json"), ("\(long)1.json", "\(long)2.json"), ("-a.json", "a"),
    ] {
      let paths = [first, second].map { "/etc/message-trace/\($0)" }
      let place = try ContainerParameters(paths.map { Self.playbook($0) }, image: "x")
      #expect {
        _ = try KubernetesManifests.cronJobs(place)
      } throws: { error in
        Self.isRefusal(error) && paths.allSatisfy { "\(error)".contains($0) }
      }
    }
    let nameless = try ContainerParameters([Self.playbook("/etc/message-trace/_-_.json")], image: "x")
    #expect {
      _ = try KubernetesManifests.cronJobs(nameless)
    } throws: { error in
      Self.isRefusal(error) && "\(error)".contains("/etc/message-trace/_-_.json")
    }
    let paths = ["/etc/message-trace/mail.json", "/opt/mail/mail.json"]
    #expect {
      _ = try ContainerParameters(paths.map { Self.playbook($0) }, image: "x")
    } throws: { error in
      Self.isRefusal(error) && paths.allSatisfy { "\(error)".contains($0) }
    }
  }

  @Test("pods are replaced with a changed playbook, and with nothing else")
  func digest() throws {
    func digests(_ text: String, replicas: Int = 2) throws -> [String] {
      let place = try ContainerParameters(
        [Self.playbook(text: text), Self.playbook("/etc/message-trace/other.json")], image: "x", replicas: replicas)
      let texts = [KubernetesManifests.deployment(place), try KubernetesManifests.cronJobs(place)]
      return try texts.flatMap { try Self.check($0).filter { $0["spec"] != nil } }.map { object in
        let spec = object["spec"]?["jobTemplate"]?["spec"] ?? object["spec"]
        return try #require(spec?["template"]?["metadata"]?["annotations"]?["checksum/playbooks"]?.string)
      }
    }
    let before = try digests("{}")
    #expect(before.allSatisfy { $0.utf8.count == 64 && $0.allSatisfy(\.isHexDigit) }, "\(before)")
    #expect(try digests("{}", replicas: 5) == before)
    let after = try digests("{ }")
    // The Deployment, the CronJob of the changed playbook, and that of the other one.
    #expect(zip(before, after).map { $0 == $1 } == [false, false, true])
  }

  @Test("every file that a playbook names is mounted at its own path, once, and every mount has its volume")
  func mounts() throws {
    let text = KubernetesManifests.deployment(try Self.place())
    let pod = try Self.pod(try Self.check(text)[1])
    let mounts = pod["containers"]?.array?.first?["volumeMounts"]?.array ?? []
    let paths = Dictionary(
      uniqueKeysWithValues: mounts.map { ($0["name"]?.string ?? "", $0["mountPath"]?.string ?? "") })
    var files: [String] = []
    var keys: [String] = []
    for volume in pod["volumes"]?.array ?? [] {
      let path = try #require(paths[volume["name"]?.string ?? ""])
      for source in volume["projected"]?["sources"]?.array ?? [] {
        let items = (source["configMap"] ?? source["secret"])?["items"]?.array ?? []
        files += items.map { "\(path)/\($0["path"]?.string ?? "")" }
        keys += (source["secret"]?["items"]?.array ?? []).compactMap { $0["key"]?.string }
      }
    }
    #expect(
      files.sorted() == [
        "/etc/message-trace/Fabrikam_1.json", "/etc/message-trace/contoso.json",
        "/etc/message-trace/contoso/client-secret", "/etc/message-trace/contoso/elastic", "/opt/trust/ca.pem",
      ])
    #expect(Set(paths.values) == ["/etc/message-trace", "/opt/trust", "/run/message-trace", "/run/metrics"])
    #expect(mounts.count == pod["volumes"]?.array?.count)
    for key in keys { #expect(text.contains("--from-file=\(key)=/"), "\(key)") }
  }

  @Test("the schema refuses a key that the API has not, and one that is missing")
  func schemaCanFail() throws {
    let text = KubernetesManifests.deployment(try Self.place())
    for (right, wrong) in [
      ("runAsNonRoot: true", "runAsNonRoot: false"), ("volumeMounts:", "volumeMount:"),
      ("replicas: 3", "replicas: many"),
      ("    type: RollingUpdate\n", ""),
    ] {
      let bent = text.split(separator: right, maxSplits: 1).joined(separator: wrong)
      #expect(bent != text)
      let object = try BlockYAML.documents(bent)[1]
      let schema = try #require(KubernetesSchema.schema(kind: "Deployment"))
      #expect(!SchemaCheck(schema: schema).accepts(object), "\(wrong)")
    }
  }

  @Test(
    "what a container cannot keep is refused with a hint",
    arguments: [
      playbook(state: nil), playbook(state: "/var/lib/x"), playbook("/etc/contoso.json"), playbook("/c.json"),
      playbook("/etc/message-trace/a b.json"), playbook("/run/metrics/contoso.json"),
      playbook(state: "postgresql://db.example/mail"), playbook(state: "postgresql://@db.example/mail"),
      playbook(state: "postgres:///mail?host=a@b"), playbook(metrics: "/etc/message-trace/metrics/mail.prom"),
      playbook(metrics: "/opt/../etc/message-trace//contoso/./metrics/mail.prom"),
      playbook(metrics: "/opt/trust/mail.prom"), playbook(metrics: "/etc/message-trace/../mail.prom"),
      playbook("/run/message-trace/contoso.json"),
    ])
  func refused(_ playbook: ContainerParameters.Playbook) {
    #expect {
      _ = try ContainerParameters([playbook], image: "x")
    } throws: { error in
      Self.isRefusal(error)
    }
  }

  private static func isRefusal(_ error: any Error) -> Bool {
    guard let failure = error as? Failure else { return false }
    return failure.code.rawValue == "schedule.container" && failure.exit == .configuration && failure.hint != nil
  }

  @Test(
    "a user of the database in any place that libpq looks at, and metrics beside the playbooks' folder, are taken",
    arguments: [
      playbook(state: "postgres://mail@a.example,b.example:5433/mail?lease=5s"),
      playbook(state: "postgresql://db.example/mail?sslmode=verify-full&user=mail"),
      playbook(state: "postgresql://?service=mail"), playbook(metrics: "/etc/message-trace-metrics/mail.prom"),
      playbook(metrics: "/etc/message-trace/../metrics/mail.prom"),
    ])
  func taken(_ playbook: ContainerParameters.Playbook) throws {
    let place = try ContainerParameters([playbook], image: "x")
    #expect(try Self.check(KubernetesManifests.deployment(place)).count == 2)
  }

  @Test("a foreign reader of YAML sees the same", .enabled(if: InstalledProgram.isWanted("python3")))
  func foreign() throws {
    let folder = try ScratchFolder()
    let text =
      KubernetesManifests.deployment(try Self.place()) + "---\n" + (try KubernetesManifests.cronJobs(Self.place()))
    try folder.write(text, to: "all.yaml")
    var program = TestProgram([
      "python3", "-c",
      "import json, sys\ntry: import yaml\nexcept ImportError: sys.exit(3)\n"
        + "for d in yaml.safe_load_all(open('all.yaml')): print(json.dumps(d))",
    ])
    program.folder = folder.path
    let result = try program.capture()
    guard result.status != 3 else { return }
    let theirs = try result.lines.map { try JSONValue(parsing: Array($0.utf8)) }
    #expect(theirs.map(\.text) == (try BlockYAML.documents(text)).map(\.text), "\(result.errors)")
  }

  @Test("the Containerfile installs what the playbooks need and runs without rights")
  func containerfile() throws {
    let text = Containerfile.text(try Self.place())
    #expect(text.contains("libpq5") && !text.contains("librdkafka1") && text.contains("\nUSER 65532:65532\n"))
    let kafka = try ContainerParameters([Self.playbook(sinks: ["kafka://k:9092/mail"])], image: "x")
    #expect(Containerfile.text(kafka).contains("libpq5 librdkafka1"))
  }
}
