// A receiver of another protocol: syslog receivers say nothing, so what one says shows what it is.

internal import IntakeCore
internal import Synchronization

/// What the first bytes of an answer can show.
enum PeerProtocol: Sendable, Equatable {
  case tls
  case http
  case relp
  case ssh
  /// SMTP, FTP, POP3 or IMAP.
  case mail

  /// nil for an answer that could be anything.
  init?(answer: some Collection<UInt8>) {
    let bytes = Array(answer.prefix(Self.most))
    // A record of TLS: a handshake or an alert, version 3.x (RFC 5246 section 6.2.1).
    if bytes.count >= 2, bytes[0] == 0x16 || bytes[0] == 0x15, bytes[1] == 3 {
      self = .tls
      return
    }
    let text = String(decoding: bytes, as: UTF8.self).lowercased()
    if ["http/", "<!doctype", "<html"].contains(where: text.hasPrefix) {
      self = .http
    } else if text.hasPrefix("ssh-") {
      self = .ssh
    } else if Self.isRELP(text) {
      self = .relp
    } else if ["220 ", "220-", "421 ", "500 ", "554 ", "+ok", "* ok"].contains(where: text.hasPrefix) {
      self = .mail
    } else {
      return nil
    }
  }

  /// Bytes that are looked at.
  static let most = 64

  /// An answer, or the end that librelp announces before it closes.
  private static func isRELP(_ text: String) -> Bool {
    let words = text.split(separator: " ")
    guard words.count >= 2, words[0].allSatisfy(\.isNumber) else { return false }
    return words[1] == "rsp" || words[1] == "serverclose"
  }
}

/// The first bytes that a receiver says over one connection.
final class Heard: Sendable {
  private let first = Mutex<[UInt8]>([])

  var isEmpty: Bool { first.withLock { $0.isEmpty } }

  /// - Throws: a fault with its `peer` for what only another protocol begins with.
  func note(_ bytes: ArraySlice<UInt8>) throws(SocketFault) {
    let peer = first.withLock { first -> PeerProtocol? in
      guard first.count < PeerProtocol.most else { return nil }
      first += bytes.prefix(PeerProtocol.most - first.count)
      return PeerProtocol(answer: first)
    }
    if let peer { throw .speaks(peer) }
  }
}

extension SocketFault {
  /// The receiver speaks another protocol than it was spoken to.
  static func speaks(_ peer: PeerProtocol) -> SocketFault {
    var fault = expectsTLS
    fault.peer = peer
    return fault
  }

  static func foreignFailure(_ peer: PeerProtocol, _ area: String, _ name: String) -> Failure {
    let (code, what, hint) =
      switch peer {
      case .tls:
        (
          "expects_tls", "expects TLS on this port",
          "Use tls:// (relps:// for RELP) instead, with ca=FILE for an authority of your own; nothing was lost."
        )
      case .http:
        (
          "protocol", "answers in HTTP",
          "Use https:// or the sink of the service (message-trace help sinks), or the receiver's port for syslog."
        )
      case .relp: ("protocol", "answers in RELP", "Use relp:// (relps:// over TLS), or the receiver's port for syslog.")
      case .ssh: ("protocol", "is an SSH server", "Check host and port.")
      case .mail: ("protocol", "answers as a mail or file server", "Check host and port.")
      }
    return Failure(
      .init(rawValue: "\(area).\(code)"), exit: .protocolBroken,
      "Sending to \(name): the receiver \(what), so it has understood nothing.", hint: hint, cause: speaks(peer))
  }
}
