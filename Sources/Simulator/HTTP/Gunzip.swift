// Bodies of requests that come as gzip.

internal import CSystem

enum Gunzip {
  /// nil for bytes that are no whole gzip stream, or that unpack to more than `most`.
  static func unpack(_ bytes: [UInt8], most: Int) -> [UInt8]? {
    var stream = unsafe csystem_inflate()
    // The library keeps the address of its stream.
    return unsafe withUnsafeMutablePointer(to: &stream) { stream in
      guard unsafe csystem_inflate_open(stream) == 1 else { return nil }
      defer { unsafe csystem_inflate_close(stream) }
      var output: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: 1 << 17)
      var start = 0
      while true {
        var taken = 0
        var given = 0
        let code = unsafe bytes.withUnsafeBytes { buffer in
          unsafe csystem_inflate_step(
            stream, buffer.baseAddress?.advanced(by: start), buffer.count - start, &taken, &piece, piece.count, &given)
        }
        start += taken
        output.append(contentsOf: piece[..<given])
        if Int(code) == csystem_inflate_end { return start == bytes.count ? output : nil }
        guard Int(code) != csystem_inflate_corrupt, taken > 0 || given > 0, output.count <= most else { return nil }
      }
    }
  }
}
