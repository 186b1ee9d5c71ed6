// The body of a request, packed.

internal import CSystem

package enum GzipBody {
  /// One gzip stream (RFC 1952); nil without zlib, or where packing would not make the bytes fewer.
  package static func pack(_ bytes: [UInt8]) -> [UInt8]? {
    var packed = [UInt8](repeating: 0, count: bytes.count)
    let count = unsafe csystem_deflate_gzip(bytes, bytes.count, &packed, packed.count)
    packed.removeSubrange(count...)
    return packed.isEmpty ? nil : packed
  }
}
