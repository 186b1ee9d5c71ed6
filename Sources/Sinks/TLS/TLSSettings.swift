// Who is trusted and who we are: TLS 1.2 or later, always verified.

internal import Glibc
internal import IntakeCore

/// An `SSL_CTX`, freed with its last reference.
final class TLSSettings: Sendable {
  private let bits: UInt

  /// The value that libssl knows.
  var pointer: UnsafeMutableRawPointer? { unsafe UnsafeMutableRawPointer(bitPattern: bits) }

  private static let control: (mode: Int32, minimum: Int32) = (33, 123)
  private static let version12 = 0x0303
  /// Partial writes, and a buffer that may have moved when a write is tried again.
  private static let modes = 1 | 2
  private static let verifyPeer: Int32 = 1
  private static let pem: Int32 = 1

  init(_ options: SyslogOptions, name: String) throws(Failure) {
    guard let library = unsafe TLSLibrary.shared else {
      throw Failure(
        .tlsLibrary, exit: .system, "Opening \(name): libssl.so.3 could not be loaded.",
        hint: "Install OpenSSL 3 (package libssl3).")
    }
    guard let settings = unsafe library.newSettings(library.method()) else {
      throw Failure(.tlsLibrary, exit: .system, "Opening \(name): libssl could not be set up.")
    }
    bits = UInt(bitPattern: settings)
    _ = unsafe library.controlSettings(settings, Self.control.minimum, Self.version12, nil)
    _ = unsafe library.controlSettings(settings, Self.control.mode, Self.modes, nil)
    unsafe library.setVerify(settings, Self.verifyPeer, nil)
    try trust(options, name)
    try identify(options, name)
  }

  deinit { if let library = unsafe TLSLibrary.shared { unsafe library.freeSettings(pointer) } }

  private func trust(_ options: SyslogOptions, _ name: String) throws(Failure) {
    guard let library = unsafe TLSLibrary.shared else { return }
    if let file = options.authorities {
      guard unsafe library.loadAuthorities(pointer, file, nil) == 1 else {
        throw Self.unusable(name, "the certificate authorities in \(file) cannot be read", "ca")
      }
    } else if unsafe library.systemAuthorities(pointer) != 1 {
      throw Self.unusable(name, "the system's certificate authorities cannot be read", "ca")
    }
  }

  private func identify(_ options: SyslogOptions, _ name: String) throws(Failure) {
    guard let library = unsafe TLSLibrary.shared, let certificate = options.certificate, let key = options.privateKey
    else { return }
    guard unsafe library.useChain(pointer, certificate) == 1 else {
      throw Self.unusable(name, "the certificate in \(certificate) cannot be read", "cert")
    }
    try SecretFile.check(key, purpose: "private key")
    guard unsafe library.useKey(pointer, key, Self.pem) == 1, unsafe library.checkKey(pointer) == 1 else {
      throw Self.unusable(name, "the key in \(key) cannot be read or does not match the certificate", "key")
    }
  }

  private static func unusable(_ name: String, _ why: String, _ option: String) -> Failure {
    if let library = unsafe TLSLibrary.shared { unsafe library.clearErrors() }
    return Failure(
      "sink.tls.files", exit: .configuration, "Opening \(name): \(why).",
      hint: "Check the option \(option): a PEM file is required.")
  }
}
