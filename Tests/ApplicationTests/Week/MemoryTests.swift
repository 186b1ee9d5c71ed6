// Days of passes in a process of its own, so that the measured memory belongs to nothing else.
//
// MESSAGE_TRACE_WEEK="20 28 60" runs 20 tenants for 28 days with a pass every 60 seconds instead of the short default.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Normaliser
import Testing

@testable internal import message_trace

@Suite struct MemoryTests {
  @Test("days of passes for several tenants: nothing lost, nothing doubled, no more memory than on the first day")
  func days() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      let given = unsafe getenv("MESSAGE_TRACE_WEEK").map { unsafe String(cString: $0) } ?? "3 4 3600"
      let folder = try ScratchFolder()
      let normaliser = try RowNormaliser(
        mapping: try MappingCatalog.mapping("graph"), settings: NormaliserSettings(tenant: "contoso.onmicrosoft.com"))
      let week = Week(given.split(separator: " ").compactMap { Int($0) }, folder: folder.path, normaliser: normaliser)
      #expect(await week.run())
    }
    let text = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
    #expect(
      text.contains("lost 0, doubled 0") && text.contains("signin.denied") && text.contains(", flat\n"), "\(text)")
    #expect(text.split(separator: "\n").count { $0.hasPrefix("day ") } >= 4, "\(text)")
  }
}
