// Writes one Swift file that holds JSON files as raw string literals: `embed-mappings OUTPUT FILE...`.
// A literal costs the compiler nothing; SwiftPM's own `.embedInCode` takes 8 s for 50 kB.

internal import Glibc

@main
struct EmbedTool {
  static func main() {
    guard CommandLine.arguments.count >= 2 else { return end("usage: embed-mappings OUTPUT FILE...") }
    var text = "// Written by embed-mappings from the JSON files beside it. Do not edit.\n\n"
    text += "extension EmbeddedMapping {\n  package static let all: [EmbeddedMapping] = [\n"
    for path in CommandLine.arguments.dropFirst(2) {
      guard let content = read(path), !content.contains("\"\"\"##") else { return end("cannot embed \(path)") }
      let file = path.split(separator: "/").last.map(String.init) ?? path
      text += "    EmbeddedMapping(file: \"\(file)\", text: ##\"\"\"\n\(content)\n\"\"\"##),\n"
    }
    text += "  ]\n}\n"
    guard write(text, to: CommandLine.arguments[1]) else { return end("cannot write \(CommandLine.arguments[1])") }
  }

  private static func read(_ path: String) -> String? {
    guard let file = unsafe fopen(path, "r") else { return nil }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe fread(&buffer, 1, buffer.count, file)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(contentsOf: buffer[0..<count])
    }
  }

  private static func write(_ text: String, to path: String) -> Bool {
    guard let file = unsafe fopen(path, "w") else { return false }
    let bytes = Array(text.utf8)
    let written = unsafe fwrite(bytes, 1, bytes.count, file)
    return unsafe fclose(file) == 0 && written == bytes.count
  }

  private static func end(_ reason: String) {
    let line = Array("error: \(reason)\n".utf8)
    _ = unsafe Glibc.write(STDERR_FILENO, line, line.count)
    exit(1)
  }
}
