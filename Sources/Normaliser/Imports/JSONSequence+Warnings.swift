// What an answer says of rows that it does not hold.

internal import IntakeCore

extension JSONSequence {
  /// Warns once a file of rows that an answer announces and does not hold.
  mutating func warn(of envelope: Envelope, _ pages: inout [RawPage]) {
    let doubts = [
      (envelope.hasError, "a response in it has an error beside its rows; rows may be missing."),
      (envelope.next != nil, "a response in it has a next link; the rows behind it may be missing."),
    ]
    for (isGiven, doubt) in doubts where isGiven && warned.insert(doubt).inserted {
      let sentence = "Reading message traces from \(file): \(doubt)"
      pages.append(
        RawPage(mapping: lastShape ?? "reporting", page: Page(bytes: [], rows: []), warnings: [sentence]))
    }
  }
}
