// A gzip body of one member or several, unpacked as it arrives, within a bound, checksums and lengths verified. RFC 1952.

internal import CSystem

@safe final class GzipReader {
  enum Outcome { case more, tooLarge, corrupt }

  /// The trailer of the last member was read and is right.
  private(set) var isFinished = false
  /// Bytes of the body as sent.
  private var packed = 0
  private static let firstOfMember: UInt8 = 0x1F
  private static let roomForHeads = 4_096
  private let stream: UnsafeMutablePointer<csystem_inflate>
  private var piece = [UInt8](repeating: 0, count: 1 << 17)

  /// nil without zlib; then no request may accept gzip.
  init?() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: csystem_inflate())
    guard unsafe csystem_inflate_open(stream) == 1 else {
      unsafe stream.deallocate()
      return nil
    }
  }

  deinit {
    unsafe csystem_inflate_close(stream)
    unsafe stream.deallocate()
  }

  /// Appends what `bytes` unpack to. What follows a member and is not another one is corrupt (RFC 1952, section 2.2).
  /// - Parameter cap: how long `body` may become; with some room for what packing adds, how long it may be as sent too, as
  ///   members without content have no end otherwise.
  func take(_ bytes: UnsafeRawBufferPointer, into body: inout [UInt8], cap: Int) -> Outcome {
    var rest = unsafe bytes
    packed += bytes.count
    guard packed - cap / 8 - Self.roomForHeads <= cap else { return .tooLarge }
    while unsafe !rest.isEmpty {
      if isFinished {
        guard unsafe rest.first == Self.firstOfMember, unsafe csystem_inflate_again(stream) == 1 else {
          return .corrupt
        }
        isFinished = false
      }
      var taken = 0
      var given = 0
      let code = unsafe csystem_inflate_step(stream, rest.baseAddress, rest.count, &taken, &piece, piece.count, &given)
      guard given <= cap - body.count else { return .tooLarge }
      body.append(contentsOf: piece[..<given])
      switch Int(code) {
      case csystem_inflate_end: isFinished = true
      case csystem_inflate_corrupt: return .corrupt
      default: guard taken > 0 || given > 0 else { return .corrupt }
      }
      unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(taken))
    }
    return drain(into: &body, cap: cap)
  }

  /// What the stream still holds back after all input is taken.
  private func drain(into body: inout [UInt8], cap: Int) -> Outcome {
    while !isFinished {
      var taken = 0
      var given = 0
      let code = unsafe csystem_inflate_step(stream, nil, 0, &taken, &piece, piece.count, &given)
      guard given <= cap - body.count else { return .tooLarge }
      body.append(contentsOf: piece[..<given])
      if Int(code) == csystem_inflate_corrupt { return .corrupt }
      isFinished = Int(code) == csystem_inflate_end
      if given == 0 { break }
    }
    return .more
  }
}
