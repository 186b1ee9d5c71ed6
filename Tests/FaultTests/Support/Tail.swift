// A reader that follows the output file as a log shipper does: it never reads a byte twice.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting

struct Tail {
  private let path: String
  /// Everything read so far.
  private(set) var seen: [UInt8] = []
  /// How often the file was shorter than what had been read of it.
  private(set) var shrinks = 0

  init(_ path: String) { self.path = path }

  /// Reads what is new.
  mutating func look() {
    guard let file = try? FileCalls.system.open(path, O_RDONLY),
      let size = try? FileCalls.system.status(file).size
    else { return }
    if size < Int64(seen.count) { shrinks += 1 }
    guard size > Int64(seen.count) else { return }
    seen += (try? FileCalls.system.read(file, at: Int64(seen.count), count: Int(size) - seen.count)) ?? []
  }

  /// Looks again and again while a program runs, for so long at most; its status, nil if it was still running.
  mutating func watch(_ child: TestProcess, microseconds: Int) -> Int32? {
    let start = TimeSource.system.now()
    while (TimeSource.system.now() - start).ticks < Int64(microseconds) * 10 {
      look()
      if let status = child.ended() { return status }
      usleep(500)
    }
    return nil
  }
}
