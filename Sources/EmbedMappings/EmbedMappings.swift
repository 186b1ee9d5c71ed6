// Build-tool plugin: turns every JSON file of its target into a Swift literal, so that the binary needs no files beside it.

import Foundation
import PackagePlugin

@main
struct EmbedMappings: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let files = try FileManager.default
      .contentsOfDirectory(at: target.directoryURL, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json" }
      .sorted { $0.path < $1.path }
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedMappings.swift")
    return [
      .buildCommand(
        displayName: "Embedding \(files.count) mapping files",
        executable: try context.tool(named: "embed-mappings").url,
        arguments: [output.path] + files.map(\.path),
        inputFiles: files,
        outputFiles: [output])
    ]
  }
}
