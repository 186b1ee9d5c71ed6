// The pod of a Deployment or a CronJob: no root, no capability, no writable root file system, no token of the cluster.

internal import IntakeCore

/// Pod specs for some playbooks.
struct KubernetesPod {
  private let place: ContainerParameters
  /// The name of the ConfigMap with the playbooks.
  private let configuration: String

  /// In memory, for the file that the probes look at; also what libraries get as the home of a user that has none.
  static let runFolder = "/run/message-trace"
  static let aliveFile = "\(runFolder)/alive"
  /// A user that no other image has.
  static let user = "65532"

  init(_ place: ContainerParameters, configuration: String = KubernetesManifests.name) {
    self.place = place
    self.configuration = configuration
  }

  /// Keeps collecting.
  var daemon: JSONValue {
    let words = ["run"] + place.playbooks.map(\.path) + ["--alive-file", Self.aliveFile]
    return spec(container(words, probes), restarts: nil)
  }

  /// One pass of one playbook.
  func onePass(_ playbook: ContainerParameters.Playbook) -> JSONValue {
    spec(container(["collect", playbook.path], []), restarts: "Never")
  }

  private func spec(_ container: JSONValue, restarts: String?) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("automountServiceAccountToken", .bool(false)), .init("enableServiceLinks", .bool(false)),
      .init("terminationGracePeriodSeconds", .number("30")),
    ]
    if let restarts {
      members.append(.init("restartPolicy", .string(restarts)))
    } else {
      members.append(.init("topologySpreadConstraints", .array([Self.onePerNode])))
    }
    return .object(
      members + [
        .init(
          "securityContext",
          .object([
            .init("runAsNonRoot", .bool(true)), .init("runAsUser", .number(Self.user)),
            .init("runAsGroup", .number(Self.user)), .init("fsGroup", .number(Self.user)),
            .init("seccompProfile", .object([.init("type", .string("RuntimeDefault"))])),
          ])), .init("containers", .array([container])), .init("volumes", .array(volumes)),
      ])
  }

  /// Replicas on different machines, where there are several.
  private static var onePerNode: JSONValue {
    .object([
      .init("maxSkew", .number("1")), .init("topologyKey", .string("kubernetes.io/hostname")),
      .init("whenUnsatisfiable", .string("ScheduleAnyway")),
      .init("labelSelector", .object([.init("matchLabels", KubernetesManifests.labels)])),
    ])
  }

  private func container(_ words: [String], _ probes: [JSONValue.Member]) -> JSONValue {
    let home: JSONValue = .object([.init("name", .string("HOME")), .init("value", .string(Self.runFolder))])
    return .object(
      [
        .init("name", .string(KubernetesManifests.name)), .init("image", .string(place.image)),
        .init("args", .array(words.map { .string($0) })),
        .init(
          "envFrom",
          .array([
            .object([
              .init("secretRef", .object([.init("name", .string(KubernetesManifests.environmentSecret))]))
            ])
          ])),
        .init("env", .array([home])),
      ] + probes + [
        .init(
          "resources",
          .object([
            .init("requests", .object([.init("cpu", .string("100m")), .init("memory", .string("128Mi"))])),
            .init("limits", .object([.init("memory", .string("512Mi"))])),
          ])),
        .init(
          "securityContext",
          .object([
            .init("allowPrivilegeEscalation", .bool(false)), .init("readOnlyRootFilesystem", .bool(true)),
            .init("capabilities", .object([.init("drop", .array([.string("ALL")]))])),
          ])), .init("volumeMounts", .array(mounts)),
      ])
  }

  /// The daemon replaces the file while every playbook makes progress. `exec` starts a program of the image.
  private var probes: [JSONValue.Member] {
    func probe(_ test: String, period: Int, failures: Int) -> JSONValue {
      let command = JSONValue.array(["sh", "-c", test].map { .string($0) })
      return .object([
        .init("exec", .object([.init("command", command)])), .init("periodSeconds", .number("\(period)")),
        .init("timeoutSeconds", .number("10")), .init("failureThreshold", .number("\(failures)")),
      ])
    }
    let isFresh = "test -n \"$(find \(Self.aliveFile) -mmin -2)\""
    return [
      .init("startupProbe", probe("test -e \(Self.aliveFile)", period: 2, failures: 60)),
      .init("livenessProbe", probe(isFresh, period: 60, failures: 3)),
      .init("readinessProbe", probe(isFresh, period: 30, failures: 2)),
    ]
  }

  private var volumes: [JSONValue] {
    let readOnly = place.folders.enumerated().map { index, folder in
      JSONValue.object([
        .init("name", .string("files-\(index + 1)")),
        .init(
          "projected",
          .object([.init("defaultMode", .number("288")), .init("sources", .array(sources(folder)))])),
      ])
    }
    return readOnly
      + writable.map { name, _ in
        .object([
          .init("name", .string(name)),
          .init("emptyDir", .object([.init("medium", .string("Memory")), .init("sizeLimit", .string("16Mi"))])),
        ])
      }
  }

  /// What is projected into one folder: mode 0440.
  private func sources(_ folder: String) -> [JSONValue] {
    let playbooks = place.playbooks.filter { $0.folder == folder }.map { item(key: $0.file, path: $0.file) }
    let files = place.files(below: folder).map { item(key: $0.key, path: $0.path) }
    return [
      ("configMap", configuration, playbooks), ("secret", KubernetesManifests.fileSecret, files),
    ].filter { !$0.2.isEmpty }.map { kind, name, items in
      .object([.init(kind, .object([.init("name", .string(name)), .init("items", .array(items))]))])
    }
  }

  private func item(key: String, path: String) -> JSONValue {
    .object([.init("key", .string(key)), .init("path", .string(path))])
  }

  private var writable: [(name: String, folder: String)] {
    [("run", Self.runFolder)]
      + place.writableFolders.filter { $0 != Self.runFolder }.enumerated().map { ("writable-\($0 + 1)", $1) }
  }

  private var mounts: [JSONValue] {
    let readOnly = place.folders.enumerated().map { index, folder in
      JSONValue.object([
        .init("name", .string("files-\(index + 1)")), .init("mountPath", .string(folder)),
        .init("readOnly", .bool(true)),
      ])
    }
    return readOnly + writable.map { .object([.init("name", .string($0)), .init("mountPath", .string($1))]) }
  }
}
