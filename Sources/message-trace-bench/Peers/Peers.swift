// The same mapping of the same rows by other programs, as whole processes.

internal import Glibc
internal import IntakeCore

/// One program to compare with.
struct Peer {
  var name: String
  /// The program, its options and its script.
  var words: [String]
  /// Fields of ours that it cannot make.
  var lacks: Set<String> = []
  /// False: it reads one answer; true: rows on lines.
  var readsLines = false
  /// Gets so many rows that its start does not count.
  var isFast = false
  /// A module of Python that it needs; empty for none.
  var module = ""

  /// Fails where the program, or what it needs, is not there.
  func probe(_ folder: String) -> [String] {
    guard words[0] != "map.simdjson" else { return ["test", "-x", "\(folder)/map.simdjson"] }
    guard module.isEmpty else { return [words[0], "-c", "import \(module)"] }
    return [words[0], "--version"]
  }

  func command(_ folder: String, _ input: String) -> [String] {
    words.map { $0.hasPrefix("map.") ? "\(folder)/\($0)" : $0 } + [
      "\(folder)/\(input).\(readsLines ? "ndjson" : "json")"
    ]
  }
}

enum Peers {
  static let all = [
    Peer(name: "jq -c", words: ["jq", "-c", "-f", "map.jq"], lacks: ["event.id"]),
    Peer(name: "gojq -c", words: ["gojq", "-c", "-f", "map.jq"], lacks: ["event.id"]),
    Peer(name: "python3, json", words: ["python3", "map.py"]),
    Peer(name: "python3, orjson", words: ["python3", "map.orjson.py"], module: "orjson"),
    Peer(name: "DuckDB", words: ["python3", "map.duckdb.py"], readsLines: true, isFast: true, module: "duckdb"),
    Peer(
      name: "polars", words: ["python3", "map.polars.py"], lacks: ["event.id"], readsLines: true, isFast: true,
      module: "polars"),
    Peer(name: "C++, simdjson", words: ["map.simdjson"], readsLines: true, isFast: true),
  ]

  /// The scripts by the names that the commands have, and the program in C++, which is compiled where that can be done.
  static func prepare(_ folder: String) -> Bool {
    let orjson = PeerScripts.python.replacingLines([
      "import hashlib, json, sys": "import hashlib, orjson, sys",
      "dump = json.JSONEncoder(ensure_ascii=False, separators=(\",\", \":\")).encode": "dump = orjson.dumps",
      "write = sys.stdout.write": "write = sys.stdout.buffer.write",
      "for row in json.load(open(sys.argv[1]))[\"value\"]:":
        "for row in orjson.loads(open(sys.argv[1], \"rb\").read())[\"value\"]:",
      "    write(dump(event(row)) + \"\\n\")": "    write(dump(event(row)) + b\"\\n\")",
    ])
    let files = [
      ("map.jq", PeerScripts.jq), ("map.py", PeerScripts.python), ("map.orjson.py", orjson),
      ("map.duckdb.py", PeerScripts.duckDB), ("map.polars.py", PeerScripts.polars),
      ("simdjson.cpp", PeerScripts.simdjson),
    ]
    let isWritten = files.allSatisfy { Program.write(Array($0.1.utf8), to: "\(folder)/\($0.0)") }
    _ = Program.run(
      [
        "g++", "-std=c++17", "-O3", "-march=native", "-o", "\(folder)/map.simdjson", "\(folder)/simdjson.cpp",
        "-lsimdjson",
        "-lcrypto",
      ], output: "/dev/null")
    return isWritten
  }

  /// Says where the events of a peer are not the same as ours; nil where all are, but for the fields that it lacks.
  static func difference(_ ours: [UInt8], _ theirs: [UInt8], lacks: Set<String>) -> String? {
    let (left, right) = (lines(ours), lines(theirs))
    guard left.count == right.count else { return "\(right.count) events for \(left.count) of ours" }
    for (index, pair) in zip(left, right).enumerated() {
      guard let left = members(pair.0), let right = members(pair.1) else { return "line \(index + 1) is not an object" }
      let names = Set(left.keys).union(right.keys).subtracting(lacks)
      for name in names.sorted() where left[name] != right[name] {
        return "line \(index + 1): \(name) is \(right[name] ?? "absent"), ours \(left[name] ?? "absent")"
      }
    }
    return nil
  }

  private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] { bytes.split(separator: 0x0A) }

  private static func members(_ line: ArraySlice<UInt8>) -> [String: String]? {
    guard let value = try? JSONValue(parsing: Array(line)), let members = value.members else { return nil }
    return Dictionary(members.map { ($0.key, $0.value.text) }) { first, _ in first }
  }
}

extension String {
  /// With whole lines replaced.
  fileprivate func replacingLines(_ lines: [String: String]) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).map { lines[String($0)] ?? String($0) }
      .joined(separator: "\n")
  }
}
