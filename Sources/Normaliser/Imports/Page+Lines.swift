// A page of rows that were made one by one.

internal import IntakeCore

extension Page {
  /// Each row followed by a LF.
  init(lines: [[UInt8]]) {
    self.init(bytes: [], rows: [])
    for line in lines {
      let start = bytes.count
      bytes += line
      rows.append(start..<bytes.count)
      bytes.append(.lineFeed)
    }
  }
}
