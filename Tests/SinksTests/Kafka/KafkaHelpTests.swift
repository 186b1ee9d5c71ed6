// What the help says of the Kafka sink.

internal import Testing

@testable import Sinks
@testable import message_trace

@Suite("The help on Kafka")
struct KafkaHelpTests {
  @Test("it names every option and no other, with lines that fit a terminal of 120")
  func complete() {
    let lines = KafkaHelp.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.utf8.count <= 120 })
    let table = lines.drop { !$0.hasPrefix("  name ") }.dropFirst().prefix { !$0.isEmpty }
    let rows = table.filter { !$0.hasPrefix("   ") }.map { $0.split(separator: " ") }
    let names = rows.flatMap { $0[0] == "cert" ? $0[0...1] : $0[0...0] }.map(String.init)
    #expect(names.sorted() == KafkaSettings.names.sorted())
  }

  @Test("the defaults that it names are the defaults")
  func defaults() throws {
    let known = try KafkaSettings(parsing: "kafka://h:1/TOPIC")
    let values = [
      "client-id": known.clientID, "compression": known.compression.rawValue, "marker-topic": known.markerTopic,
      "max-bytes": "\(known.maxBytes)", "partitioner": known.partitioner.rawValue, "security": known.security.rawValue,
      "timeout": "\(known.timeout.components.seconds)", "transactions": known.transactions.rawValue,
    ]
    for (name, value) in values {
      let row = KafkaHelp.text.split(separator: "\n").first { $0.hasPrefix("  \(name) ") }
      #expect(row?.split(separator: " ").dropFirst().first.map(String.init) == value, "\(name)")
    }
  }
}
