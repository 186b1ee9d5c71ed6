// A service that answers what an attacker would, and the binary that collects from it.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting

/// A scripted Graph, and a folder with token, state and output.
struct HostileService: ~Copyable {
  let server: ScriptedServer
  let folder: ScratchFolder

  /// - Parameter answer: the script for a request and its number.
  init(_ answer: @escaping @Sendable (ScriptedServer.Request, Int) -> [ScriptedServer.Step]) throws {
    let folder = try ScratchFolder()
    try folder.write("eyJhbGciOiJub25l.token-for-a-test.x", to: "token")
    let server = try ScriptedServer(answer)
    self.server = server
    self.folder = folder
  }

  /// One page for the live window, with a link to the next one: without it so many rows count as cut. The rest is empty.
  /// - Parameter page: one JSON object.
  init(page: [UInt8]) throws {
    try self.init { request, number in
      guard number == 0 else { return .answer(Array("{\"value\":[]}".utf8)) }
      let path = "/v1.0/admin/exchange/tracing/messageTraces?$skiptoken=2"
      let next = ",\"@odata.nextLink\":\"http://\(request.header("host") ?? "")\(path)\"}"
      return .answer(page.dropLast() + Array(next.utf8))
    }
  }

  deinit { server.stop() }

  var output: String { folder("out.ndjson") }

  /// `collect` of one window, with the token of a file.
  func arguments(_ command: String = "collect") -> [String] {
    [
      command, "--mode", "graph", "--tenant", "contoso.com", "--access-token-file", folder("token"), "--graph-url",
      server.base, "--since", "1h",
    ] + (command == "collect" ? ["--revisit", "none", "--state", folder("state"), "--sink", "file:\(output)"] : [])
  }

  func collect(_ more: [String] = [], environment: [String: String] = [:]) -> ProcessResult {
    Program.run(arguments() + more, environment: environment)
  }

  /// Arguments that sign in at this server with a client secret.
  var secretArguments: [String] {
    [
      "collect", "--mode", "graph", "--tenant", "contoso.com", "--client-id", "5d3a1d1e-8a51-4c1f-9d0b-3f0b6a7c2e11",
      "--graph-url", server.base, "--authority", server.base, "--state", folder("state"), "--sink", "file:\(output)",
    ]
  }

  /// The events of the output.
  var events: [String] {
    get throws { try folder.text("out.ndjson").split(separator: "\n").map(String.init) }
  }
}

/// The largest resident size of a process, in MiB, as the kernel has counted it.
enum PeakMemory {
  /// Watches a program to its end.
  static func run(_ arguments: [String], environment: [String: String] = [:]) -> (result: ProcessResult, peak: Int) {
    let process = Program.start(arguments, environment: environment)
    var peak = 0
    while process.ended() == nil {
      peak = max(peak, read(process.id))
      usleep(2_000)
    }
    return (process.finish(), peak)
  }

  private static func read(_ id: pid_t) -> Int {
    guard let bytes = try? FileBytes.read("/proc/\(id)/status", purpose: "status") else { return 0 }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    let digits = lines.first { $0.hasPrefix("VmHWM:") }?.filter { $0.isNumber } ?? ""
    return (Int(digits) ?? 0) / 1_024
  }
}
