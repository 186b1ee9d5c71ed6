// Objects for a Kubernetes cluster: a Deployment of several replicas, or a CronJob for each playbook. Source: Kubernetes API
// reference, v1.30.

package import IntakeCore

package enum KubernetesManifests {
  /// One Deployment for all playbooks.
  package static func deployment(_ place: ContainerParameters) -> String {
    let spec: JSONValue = .object([
      .init("replicas", .number("\(place.replicas)")), .init("selector", .object([.init("matchLabels", labels)])),
      .init(
        "strategy",
        .object([
          .init("type", .string("RollingUpdate")),
          .init("rollingUpdate", .object([.init("maxSurge", .number("1")), .init("maxUnavailable", .number("1"))])),
        ])),
      .init("template", template(place, KubernetesPod(place).daemon)),
    ])
    let deployment = object("apps/v1", "Deployment", name, [.init("spec", spec)])
    return text([configuration(place, name), deployment], place, rolls: true)
  }

  /// One CronJob for each playbook, with a ConfigMap of its own: another call with other playbooks replaces neither.
  /// - Throws: `schedule.container` (78) for playbooks whose CronJobs would have one name, or none.
  package static func cronJobs(_ place: ContainerParameters) throws(Failure) -> String {
    try checkNames(place)
    var objects: [JSONValue] = []
    for playbook in place.playbooks {
      let parameters = try ContainerParameters([playbook], image: place.image)
      objects += [configuration(parameters, jobName(playbook)), cronJob(parameters, playbook)]
    }
    return text(objects, place, rolls: false)
  }

  /// `kubectl apply` would replace the first of two objects with one name, and say nothing.
  private static func checkNames(_ place: ContainerParameters) throws(Failure) {
    if let nameless = place.playbooks.first(where: { label($0.name).isEmpty }) {
      throw ContainerParameters.refusal(
        "the file name of \(nameless.shown) leaves nothing for the name of a CronJob.",
        hint: "Rename it: letters and digits are kept.")
    }
    if let (first, second) = place.pair(sharing: { label($0.name) }) {
      throw ContainerParameters.refusal(
        "\(first.shown) and \(second.shown) would both be the CronJob \(jobName(second)).",
        hint: "Rename one of them: case is ignored, all but letters and digits becomes -, and 38 characters count.")
    }
  }

  private static func jobName(_ playbook: ContainerParameters.Playbook) -> String { "\(name)-\(label(playbook.name))" }

  private static func cronJob(_ place: ContainerParameters, _ playbook: ContainerParameters.Playbook) -> JSONValue {
    let every = playbook.layer[.every]?.last.flatMap { Duration(parsing: $0) } ?? Defaults.every
    let job: JSONValue = .object([
      // The next one comes soon: a pass that fails is not repeated by the cluster as well.
      .init("backoffLimit", .number("0")), .init("activeDeadlineSeconds", .number("3600")),
      .init("template", template(place, KubernetesPod(place, configuration: jobName(playbook)).onePass(playbook))),
    ])
    let spec: JSONValue = .object([
      .init("schedule", .string(Crontab.schedule(every))), .init("concurrencyPolicy", .string("Forbid")),
      .init("startingDeadlineSeconds", .number("60")), .init("successfulJobsHistoryLimit", .number("1")),
      .init("failedJobsHistoryLimit", .number("3")), .init("jobTemplate", .object([.init("spec", job)])),
    ])
    return object("batch/v1", "CronJob", jobName(playbook), [.init("spec", spec)])
  }

  /// Pods read their playbooks once: with changed ones, the annotation makes the cluster start new pods.
  private static func template(_ place: ContainerParameters, _ pod: JSONValue) -> JSONValue {
    let annotations: JSONValue = .object([.init(digestKey, .string(place.digest))])
    return .object([
      .init("metadata", .object([.init("labels", labels), .init("annotations", annotations)])), .init("spec", pod),
    ])
  }

  /// The playbooks: they hold no secret.
  private static func configuration(_ place: ContainerParameters, _ name: String) -> JSONValue {
    let data = JSONValue.object(place.playbooks.map { .init($0.file, .string($0.text)) })
    return object("v1", "ConfigMap", name, [.init("data", data)])
  }

  static let name = "message-trace"
  static let environmentSecret = "message-trace-environment"
  static let fileSecret = "message-trace-files"
  static let digestKey = "checksum/playbooks"

  static var labels: JSONValue { .object([.init("app.kubernetes.io/name", .string(name))]) }

  private static func object(
    _ version: String, _ kind: String, _ name: String, _ rest: [JSONValue.Member]
  ) -> JSONValue {
    let metadata: JSONValue = .object([.init("name", .string(name)), .init("labels", labels)])
    return .object(
      [.init("apiVersion", .string(version)), .init("kind", .string(kind)), .init("metadata", metadata)] + rest)
  }

  /// A part of an object's name: RFC 1123, at most 38 characters beside ours.
  private static func label(_ text: String) -> String {
    let plain = String(text.lowercasedASCII.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }.prefix(38))
    return String(plain.reversed().drop { $0 == "-" }.reversed().drop { $0 == "-" })
  }

  private static func text(_ objects: [JSONValue], _ place: ContainerParameters, rolls: Bool) -> String {
    heading(place, rolls: rolls) + objects.map(YAMLText.text).joined(separator: "---\n")
  }

  /// The Secrets, which are never printed: only the commands that make them.
  private static func heading(_ place: ContainerParameters, rolls: Bool) -> String {
    var lines = [
      "# Variables that playbooks refer to, and MESSAGE_TRACE_STATE_PASSWORD of the database: NAME=VALUE lines.",
      "#   kubectl create secret generic \(environmentSecret) --from-env-file=FILE",
    ]
    if !place.keyedFiles.isEmpty {
      lines.append("# Files that playbooks name:")
      lines.append("#   kubectl create secret generic \(fileSecret) \\")
      lines += place.keyedFiles.enumerated().map { index, file in
        "#     --from-file=\(file.key)=\(file.path)\(index + 1 < place.keyedFiles.count ? " \\" : "")"
      }
    }
    // The cluster does not replace pods for it, and a variable is read once.
    if rolls { lines.append("# After a change of a Secret: kubectl rollout restart deployment/\(name)") }
    return (lines + ["# The image: message-trace schedule --container", ""]).joined(separator: "\n")
  }
}
