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
    _ path: String = "/etc/message-trace/contoso.json", state: String? = "postgresql://db.example/mail",
    sinks: [String] = ["elastic://siem:9200/mail?token-file=/etc/message-trace/contoso/elastic&ca=/opt/trust/ca.pem"]
  ) -> ContainerParameters.Playbook {
    var layer = SettingLayer()
    layer[.state] = state.map { [$0] }
    layer[.sink] = sinks
    layer[.every] = ["300s"]
    layer[.clientSecretFile] = ["file:/etc/message-trace/contoso/client-secret"]
    layer[.metricsFile] = ["/run/metrics/mail.prom"]
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
  }

  @Test("each playbook gets a CronJob of its own, with its own interval")
  func cronJobs() throws {
    let objects = try Self.check(try KubernetesManifests.cronJobs(try Self.place()))
    #expect(
      objects.compactMap { $0["metadata"]?["name"]?.string } == [
        "message-trace", "message-trace-contoso", "message-trace-fabrikam-1",
      ])
    #expect(objects[1]["spec"]?["schedule"]?.string == "*/5 * * * *")
    #expect(
      try Self.pod(objects[2])["containers"]?.array?.first?["args"]?.array?.compactMap(\.string) == [
        "collect", "/etc/message-trace/Fabrikam_1.json",
      ])
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
    ])
  func refused(_ playbook: ContainerParameters.Playbook) {
    #expect {
      _ = try ContainerParameters([playbook], image: "x")
    } throws: { error in
      guard let failure = error as? Failure else { return false }
      return failure.exit == .configuration && failure.hint != nil
    }
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
