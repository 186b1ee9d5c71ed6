// What people use without us: jq and Python's json, with the like mapping, run as they run them.

internal import Glibc

/// One program to compare with, and how it is called; `@` stands for the folder that holds page and script.
struct Peer {
  var name: String
  var command: [String]
}

enum Peers {
  static let all = [
    Peer(name: "jq -c", command: ["jq", "-c", "-f", "@map.jq", "@page.json"]),
    Peer(name: "python3 json", command: ["python3", "@map.py", "@page.json"]),
  ]

  static let jq = """
    .value[] | {
      "@timestamp": .receivedDateTime, "event.kind": "event", "event.category": ["email"],
      "event.dataset": "o365.message_trace", "event.action": .status,
      "event.outcome": ({"delivered": "success", "failed": "failure"}[.status] // "unknown"),
      "email.message_id": .messageId, "email.local_id": .id, "email.subject": .subject,
      "email.from.address": [.senderAddress], "email.to.address": [.recipientAddress],
      "source.ip": .fromIP, "source.domain": (.senderAddress | split("@")[1] | ascii_downcase)
    }
    """

  static let python = """
    import json, sys
    outcome = {"delivered": "success", "failed": "failure"}
    out = sys.stdout
    for row in json.load(open(sys.argv[1]))["value"]:
        out.write(json.dumps({
            "@timestamp": row["receivedDateTime"], "event.kind": "event", "event.category": ["email"],
            "event.dataset": "o365.message_trace", "event.action": row["status"],
            "event.outcome": outcome.get(row["status"], "unknown"), "email.message_id": row["messageId"],
            "email.local_id": row["id"], "email.subject": row["subject"],
            "email.from.address": [row["senderAddress"]], "email.to.address": [row["recipientAddress"]],
            "source.ip": row["fromIP"], "source.domain": row["senderAddress"].split("@")[1].lower(),
        }) + "\\n")
    """

  /// Seconds of the fastest run, nil if the program is not there or fails.
  static func time(_ peer: Peer, folder: String, runs: Int) -> Double? {
    var best: Double?
    for _ in 0..<max(1, runs) {
      let clock = ContinuousClock()
      let start = clock.now
      guard run(peer.command.map({ $0.first == "@" ? "\(folder)/\($0.dropFirst())" : $0 })) else { return nil }
      let seconds = (clock.now - start) / .seconds(1)
      best = min(best ?? seconds, seconds)
    }
    return best
  }

  static func write(_ bytes: [UInt8], to path: String) -> Bool {
    let descriptor = unsafe open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count
  }

  static func remove(_ folder: String) { _ = run(["rm", "-rf", folder]) }

  private static func run(_ command: [String]) -> Bool {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var words: [UnsafeMutablePointer<CChar>?] = unsafe command.map { unsafe strdup($0) }
    unsafe words.append(nil)
    defer { for index in command.indices { unsafe free(words[index]) } }
    var process: pid_t = 0
    guard unsafe posix_spawnp(&process, command[0], &actions, nil, words, environ) == 0 else { return false }
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0 { guard errno == EINTR else { return false } }
    return status == 0
  }
}
