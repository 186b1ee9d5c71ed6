// A sink as the user writes it: one line, said back with what is wrong about it.

package import IntakeCore

/// `stdout`, `file:PATH`, or a syslog receiver as `udp://`, `tcp://`, `tls://` with host, port and options.
package struct SinkSpec: Sendable {
  /// What it writes to, without options: the sink's name in checkpoint, log and metrics. Changing an option therefore
  /// keeps the position.
  package let name: String
  let target: Target

  enum Target: Sendable, Equatable {
    case stdout
    case file(String)
  }

  /// - Throws: `sink.spec` (78), naming the option or part that is wrong.
  package init(parsing text: String) throws(Failure) {
    if text == "stdout" {
      target = .stdout
      name = text
    } else if text.hasPrefix("file:") {
      target = .file(try Self.path(text))
      name = text
    } else {
      throw Self.wrong("Reading a sink: it has to be stdout, file:PATH, or begin with udp://, tcp:// or tls://.")
    }
  }

  /// The sink itself, not opened yet.
  package func makeSink(log: Log, time: TimeSource) throws(Failure) -> any Sink {
    switch target {
    case .stdout: StdoutSink(log: log)
    case .file(let path): FileSink(path: path, log: log)
    }
  }

  private static func path(_ text: String) throws(Failure) -> String {
    let path = String(text.dropFirst("file:".count))
    guard !path.isEmpty, !path.hasSuffix("/"), !path.utf8.contains(0) else {
      throw wrong("Reading the sink \(text): it names no file.")
    }
    return path
  }

  static func wrong(_ sentence: String, hint: String = "For example: --sink file:/var/log/events.ndjson") -> Failure {
    Failure("sink.spec", exit: .configuration, sentence, hint: hint)
  }
}
