// The queue of messages whose delivery events are still to be asked for.

internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable internal import message_trace

@Suite("Queue of details")
struct DetailsQueueTests {
  @Test("the queue is newest first, survives, and takes a message once")
  func queue() throws {
    let folder = try ScratchFolder()
    let queue = try DetailsQueue(folder.path)
    let items = (0..<5).map { DetailsTests.item($0, received: DetailsTests.start - .seconds(60 * $0)) }
    #expect(try queue.put(Array(items.reversed())) == 0)
    var again = items[2]
    again.traceID = again.traceID.uppercased()
    again.tries = 3
    again.after = DetailsTests.start + .seconds(60)
    #expect(try queue.put([again]) == 0)
    let reopened = try DetailsQueue(folder.path)
    #expect(reopened.count == 5)
    #expect(reopened.due(DetailsTests.start).map(\.recipient) == [0, 1, 3, 4].map { items[$0].recipient })
    #expect(reopened.due(DetailsTests.start + .seconds(60)).count == 5)
    try reopened.remove(items[0])
    #expect(try DetailsQueue(folder.path).due(DetailsTests.start).first == items[1])
  }

  @Test("a queue that cannot be read in part keeps the rest, and one that is full lets the oldest go")
  func damaged() throws {
    let folder = try ScratchFolder()
    try folder.write(Array("nonsense\n{\"trace\":5}\n".utf8), to: "details-queue")
    let queue = try DetailsQueue(folder.path)
    #expect(queue.count == 0)
    let many = (0..<DetailsQueue.most + 3).map { number in
      DetailsItem(
        traceID: "t\(number)", recipient: "r", sender: "", received: DetailsTests.start + .seconds(number),
        after: DetailsTests.start)
    }
    #expect(try queue.put(many) == 3)
    #expect(queue.count == DetailsQueue.most && !queue.due(DetailsTests.start).contains { $0.traceID == "t2" })
  }

  @Test("recipients that only Unicode holds to be equal are two, those that differ in ASCII case are one")
  func recipients() throws {
    let folder = try ScratchFolder()
    let queue = try DetailsQueue(folder.path)
    let items = ["\u{E9}@x.example", "e\u{301}@x.example", "b@x.example", "B@x.example"].map { recipient in
      var item = DetailsTests.item(1)
      item.recipient = recipient
      return item
    }
    _ = try queue.put(items)
    #expect(queue.count == 3)
    try queue.remove(items[0])
    #expect(queue.count == 2 && Array((queue.due(DetailsTests.start).first?.recipient ?? "").utf8).count > 0)
    #expect(queue.due(DetailsTests.start).contains { $0.recipient.unicodeScalars.contains("\u{301}") })
  }
}
