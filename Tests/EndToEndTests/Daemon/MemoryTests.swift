// Days of passes in a process of its own, whose memory is nobody else's: the bounded form of what
// `message-trace-bench week` does with 20 tenants for seven days.

internal import IntakeCore
import Testing

@Suite struct MemoryTests {
  @Test("days of passes for several tenants: nothing lost, nothing doubled, no more memory than on the first day")
  func days() {
    let outcome = Program.run(["week", "3", "4", "3600"], program: "message-trace-bench")
    let text = String(decoding: outcome.output, as: UTF8.self)
    #expect(outcome.status == 0, "\(text)\(outcome.errors)")
    #expect(
      text.contains("lost 0, doubled 0") && text.contains("signin.denied") && text.contains(", flat\n"), "\(text)")
    #expect(outcome.lines.count { $0.hasPrefix("day ") } == 4, "\(text)")
  }
}
