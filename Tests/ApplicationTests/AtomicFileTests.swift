// Files that are replaced whole, and the shelf of metrics that several tenants share.

internal import Configuration
internal import Glibc
internal import IntakeCore
import Testing
internal import Trigger

@testable internal import message_trace

@Suite struct AtomicFileTests {
  @Test("a file is replaced with its mode, and what cannot be written leaves the old one and no rest")
  func replace() throws {
    let folder = "/tmp/message-trace-whole-\(UInt64.random(in: 0...UInt64.max))"
    #expect(try FileCalls.system.makeDirectory(folder))
    defer { Self.remove(folder) }
    for text in ["first, and longer", "second"] {
      try AtomicFile.replace("\(folder)/f", with: Array(text.utf8), mode: 0o644)
      #expect(String(decoding: try FileBytes.read("\(folder)/f", purpose: "test"), as: UTF8.self) == text)
    }
    var status = stat()
    #expect(unsafe lstat("\(folder)/f", &status) == 0 && status.st_mode & 0o777 == 0o644)
    #expect(throws: Failure.self) { try AtomicFile.replace("\(folder)/none/f", with: [], mode: 0o600) }
    #expect(throws: Failure.self) { try AtomicFile.replace(folder, with: [], mode: 0o600) }
    let directory = try FileCalls.system.open(folder, O_RDONLY | O_DIRECTORY)
    #expect(try FileCalls.system.names(in: directory) == ["f"])
  }

  @Test("tenants that name one file of metrics stand in it side by side")
  func shared() throws {
    let path = "/tmp/message-trace-metrics-\(UInt64.random(in: 0...UInt64.max)).prom"
    defer { _ = unsafe unlink(path) }
    let shelf = MetricsRegistry()
    for tenant in ["a.example", "b.example", "a.example"] {
      try shelf.write(MetricsTests.full(tenant), to: path)
    }
    let text = String(decoding: try FileBytes.read(path, purpose: "metrics"), as: UTF8.self)
    let samples = try StrictMetrics(text).samples
    for tenant in ["a.example", "b.example"] {
      #expect(samples["message_trace_rows_total{tenant=\"\(tenant)\",mode=\"graph\"}"] == 7)
    }
  }

  static func remove(_ folder: String) {
    guard let directory = try? FileCalls.system.open(folder, O_RDONLY | O_DIRECTORY) else { return }
    for name in (try? FileCalls.system.names(in: directory)) ?? [] {
      _ = unsafe unlink("\(folder)/\(name)")
    }
    _ = unsafe rmdir(folder)
  }
}
