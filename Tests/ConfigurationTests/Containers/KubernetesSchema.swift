// The objects that `schedule --kubernetes` prints, as the cluster's API takes them: every key that is allowed here, its type,
// and what is required. Stricter than the API where a pod should be: no root, no capability. Source: Kubernetes API
// reference v1.30: ConfigMap v1, Deployment apps/v1, CronJob batch/v1, PodSpec v1.

internal import IntakeCore

enum KubernetesSchema {
  typealias Properties = [(String, JSONValue)]

  static func schema(kind: String) -> JSONValue? {
    switch kind {
    case "ConfigMap": object([head("v1", kind), [("data", map(string))]].flatMap { $0 }, all: true)
    case "Deployment": object(head("apps/v1", kind) + [("spec", deployment)], all: true)
    case "CronJob": object(head("batch/v1", kind) + [("spec", cronJob)], all: true)
    default: nil
    }
  }

  private static func head(_ version: String, _ kind: String) -> Properties {
    [
      ("apiVersion", const(.string(version))), ("kind", const(.string(kind))),
      ("metadata", object([("name", string), ("labels", map(string))], all: true)),
    ]
  }

  private static let deployment = object(
    [
      ("replicas", integer), ("selector", selector),
      (
        "strategy",
        object(
          [
            ("type", const(.string("RollingUpdate"))),
            ("rollingUpdate", object([("maxSurge", integer), ("maxUnavailable", integer)])),
          ], all: true)
      ), ("template", template(restarts: nil)),
    ], all: true)

  private static let cronJob = object(
    [
      ("schedule", string), ("concurrencyPolicy", const(.string("Forbid"))), ("startingDeadlineSeconds", integer),
      ("successfulJobsHistoryLimit", integer), ("failedJobsHistoryLimit", integer),
      (
        "jobTemplate",
        object(
          [
            (
              "spec",
              object(
                [
                  ("backoffLimit", integer), ("activeDeadlineSeconds", integer),
                  ("template", template(restarts: "Never")),
                ], all: true)
            )
          ], all: true)
      ),
    ], all: true)

  private static let selector = object([("matchLabels", map(string))], all: true)

  /// A Deployment takes no restart policy but the default; a job must have another.
  private static func template(restarts: String?) -> JSONValue {
    let policy: Properties = restarts.map { [("restartPolicy", const(.string($0)))] } ?? []
    let spread: Properties =
      restarts == nil
      ? [
        (
          "topologySpreadConstraints",
          array(
            object(
              [
                ("maxSkew", integer), ("topologyKey", string),
                ("whenUnsatisfiable", oneOf(["DoNotSchedule", "ScheduleAnyway"])), ("labelSelector", selector),
              ], all: true))
        )
      ] : []
    let spec = object(
      policy + spread + [
        ("automountServiceAccountToken", const(.bool(false))), ("enableServiceLinks", boolean),
        ("terminationGracePeriodSeconds", integer), ("securityContext", podSecurity),
        ("containers", array(container(isProbed: restarts == nil))), ("volumes", array(volume)),
      ], all: true)
    let metadata = object([("labels", map(string)), ("annotations", map(string))], all: true)
    return object([("metadata", metadata), ("spec", spec)], all: true)
  }

  private static let podSecurity = object(
    [
      ("runAsNonRoot", const(.bool(true))), ("runAsUser", integer), ("runAsGroup", integer), ("fsGroup", integer),
      ("seccompProfile", object([("type", const(.string("RuntimeDefault")))], all: true)),
    ], all: true)

  private static func container(isProbed: Bool) -> JSONValue {
    let probes: Properties =
      isProbed ? [("startupProbe", probe), ("livenessProbe", probe), ("readinessProbe", probe)] : []
    return object(
      probes + [
        ("name", string), ("image", string), ("args", array(string)),
        ("envFrom", array(object([("secretRef", object([("name", string)], all: true))], all: true))),
        ("env", array(object([("name", string), ("value", string)], all: true))),
        ("resources", object([("requests", map(string)), ("limits", map(string))], all: true)),
        (
          "securityContext",
          object(
            [
              ("allowPrivilegeEscalation", const(.bool(false))), ("readOnlyRootFilesystem", const(.bool(true))),
              ("capabilities", object([("drop", const(.array([.string("ALL")])))], all: true)),
            ], all: true)
        ),
        (
          "volumeMounts",
          array(
            object([("name", string), ("mountPath", string), ("readOnly", boolean)], required: ["name", "mountPath"]))
        ),
      ], all: true)
  }

  private static let probe = object(
    [
      ("exec", object([("command", array(string))], all: true)), ("periodSeconds", integer),
      ("timeoutSeconds", integer),
      ("failureThreshold", integer),
    ], all: true)

  private static let volume: JSONValue = {
    let items = array(object([("key", string), ("path", string)], all: true))
    let part = object([("name", string), ("items", items)], all: true)
    let source = JSONValue.object([
      .init("oneOf", .array([object([("configMap", part)], all: true), object([("secret", part)], all: true)]))
    ])
    let projected = object([("defaultMode", integer), ("sources", array(source))], all: true)
    let memory = object([("medium", const(.string("Memory"))), ("sizeLimit", string)], all: true)
    return .object([
      .init(
        "oneOf",
        .array([
          object([("name", string), ("projected", projected)], all: true),
          object([("name", string), ("emptyDir", memory)], all: true),
        ]))
    ])
  }()

  private static let string = type("string")
  private static let integer = type("integer")
  private static let boolean = type("boolean")

  private static func type(_ name: String) -> JSONValue { .object([.init("type", .string(name))]) }
  private static func const(_ value: JSONValue) -> JSONValue { .object([.init("const", value)]) }
  private static func oneOf(_ words: [String]) -> JSONValue {
    .object([.init("enum", .array(words.map { .string($0) }))])
  }
  private static func array(_ items: JSONValue) -> JSONValue {
    .object([.init("type", .string("array")), .init("items", items)])
  }
  private static func map(_ value: JSONValue) -> JSONValue {
    .object([.init("type", .string("object")), .init("additionalProperties", value)])
  }
  private static func object(_ properties: Properties, required: [String] = [], all: Bool = false) -> JSONValue {
    let names = all ? properties.map(\.0) : required
    return .object([
      .init("type", .string("object")), .init("properties", .object(properties.map { .init($0.0, $0.1) })),
      .init("required", .array(names.map { .string($0) })), .init("additionalProperties", .bool(false)),
    ])
  }
}
