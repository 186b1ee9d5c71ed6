// swift-tools-version: 6.2
// One package without dependencies. Targets import the core and not each other, except that Collector and Sinks import
// HTTPTransport. `swift build --explicit-target-dependency-import-check error` allows only imports declared here.

import PackageDescription

let package = Package(
  name: "message-trace",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "message-trace", targets: ["message-trace"])],
  targets: [
    .systemLibrary(name: "CSystem"),
    .target(name: "IntakeCore", dependencies: ["CSystem"]),
    .target(name: "HTTPTransport", dependencies: ["IntakeCore", "CSystem"]),
    .target(name: "Collector", dependencies: ["HTTPTransport", "IntakeCore", "CSystem"]),
    .target(name: "Normaliser", dependencies: ["IntakeCore"]),
    .target(name: "Checkpoint", dependencies: ["IntakeCore", "CSystem"]),
    .target(name: "Sinks", dependencies: ["HTTPTransport", "IntakeCore", "CSystem"]),
    .target(name: "Simulator", dependencies: ["IntakeCore", "CSystem"]),
    .target(name: "Report", dependencies: ["IntakeCore"]),
    .target(name: "Trigger", dependencies: ["IntakeCore"]),
    .target(name: "Configuration", dependencies: ["IntakeCore"], exclude: ["Playbook/playbook.schema.json"]),
    .target(name: "Mappings", path: "mappings", plugins: ["EmbedMappings"]),
    .executableTarget(
      name: "message-trace",
      dependencies: [
        "IntakeCore", "HTTPTransport", "Collector", "Normaliser", "Checkpoint", "Sinks", "Simulator", "Trigger",
        "Configuration", "Mappings", "Report",
      ]),
    .executableTarget(
      name: "message-trace-bench",
      dependencies: ["Checkpoint", "IntakeCore", "Normaliser", "Simulator", "Sinks", "Mappings"]),
    .executableTarget(name: "embed-mappings"),
    .plugin(
      name: "EmbedMappings", capability: .buildTool(), dependencies: ["embed-mappings"], path: "Sources/EmbedMappings"),

    .target(name: "IntakeTesting", dependencies: ["IntakeCore"], path: "Tests/IntakeTesting"),
    .testTarget(name: "IntakeCoreTests", dependencies: ["IntakeCore", "IntakeTesting"]),
    .testTarget(
      name: "CollectorTests",
      dependencies: ["Collector", "CSystem", "HTTPTransport", "IntakeCore", "IntakeTesting", "Simulator"],
      exclude: ["Samples"]),
    .testTarget(name: "HTTPTransportTests", dependencies: ["HTTPTransport", "IntakeCore", "IntakeTesting"]),
    .testTarget(
      name: "NormaliserTests", dependencies: ["Normaliser", "IntakeCore", "IntakeTesting", "Mappings"],
      exclude: ["Golden"]),
    .testTarget(
      name: "CheckpointTests", dependencies: ["Checkpoint", "IntakeCore", "IntakeTesting", "Sinks"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "SinksTests",
      dependencies: [
        "Sinks", "Checkpoint", "CSystem", "HTTPTransport", "IntakeCore", "IntakeTesting", "Simulator", "message-trace",
      ]),
    .testTarget(name: "SimulatorTests", dependencies: ["Simulator", "IntakeCore", "IntakeTesting"]),
    .testTarget(name: "ReportTests", dependencies: ["Report", "IntakeCore", "IntakeTesting"]),
    .testTarget(name: "TriggerTests", dependencies: ["Trigger", "IntakeCore", "IntakeTesting"]),
    .testTarget(name: "ConfigurationTests", dependencies: ["Configuration", "IntakeCore", "IntakeTesting"]),
    .testTarget(
      name: "ApplicationTests",
      dependencies: [
        "Checkpoint", "Configuration", "HTTPTransport", "IntakeCore", "IntakeTesting", "Normaliser", "Sinks", "Trigger",
        "message-trace",
      ]),
    .testTarget(
      name: "EndToEndTests",
      dependencies: ["Collector", "Configuration", "IntakeCore", "IntakeTesting", "Simulator", "message-trace"],
      exclude: ["Profiles/Golden"]),
    .testTarget(
      name: "FaultTests",
      dependencies: [
        "Checkpoint", "Collector", "IntakeCore", "IntakeTesting", "Mappings", "Normaliser", "Simulator", "Sinks",
        "Configuration", "Trigger", "message-trace",
      ],
      exclude: ["Support/Shim"]),
  ],
  swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system && target.type != .plugin {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
  ]
}
