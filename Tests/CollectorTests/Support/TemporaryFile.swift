// A small private file for one test.

import Glibc

struct TemporaryFile {
  let path: String

  init(_ text: String) throws {
    var template = Array("/tmp/collector-test-XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&template)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    close(descriptor)
    try write(text)
  }

  func write(_ text: String) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_TRUNC)
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw Fault() }
  }

  func remove() { _ = unsafe unlink(path) }

  static func using(_ text: String, _ body: (TemporaryFile) throws -> Void) throws {
    let file = try TemporaryFile(text)
    defer { file.remove() }
    try body(file)
  }

  struct Fault: Error {}
}
