// libssl, opened at run time when a TLS sink first needs it: no headers, nothing linked. It is the library that libcurl
// brings, so wherever this program can fetch, it is there.

internal import Glibc

/// The calls of OpenSSL 3 that a verified client connection takes.
@unsafe struct TLSLibrary: Sendable {
  typealias Pointer = UnsafeMutableRawPointer?
  typealias Text = UnsafePointer<CChar>?

  let method: @convention(c) @Sendable () -> Pointer
  let newSettings: @convention(c) @Sendable (Pointer) -> Pointer
  let freeSettings: @convention(c) @Sendable (Pointer) -> Void
  let controlSettings: @convention(c) @Sendable (Pointer, Int32, Int, Pointer) -> Int
  let setVerify: @convention(c) @Sendable (Pointer, Int32, Pointer) -> Void
  let systemAuthorities: @convention(c) @Sendable (Pointer) -> Int32
  let loadAuthorities: @convention(c) @Sendable (Pointer, Text, Text) -> Int32
  let useChain: @convention(c) @Sendable (Pointer, Text) -> Int32
  let useKey: @convention(c) @Sendable (Pointer, Text, Int32) -> Int32
  let checkKey: @convention(c) @Sendable (Pointer) -> Int32
  let newSession: @convention(c) @Sendable (Pointer) -> Pointer
  let freeSession: @convention(c) @Sendable (Pointer) -> Void
  let control: @convention(c) @Sendable (Pointer, Int32, Int, Pointer) -> Int
  let setHost: @convention(c) @Sendable (Pointer, Text) -> Int32
  let parameters: @convention(c) @Sendable (Pointer) -> Pointer
  let setAddress: @convention(c) @Sendable (Pointer, Text) -> Int32
  let setDescriptor: @convention(c) @Sendable (Pointer, Int32) -> Int32
  let connect: @convention(c) @Sendable (Pointer) -> Int32
  let write: @convention(c) @Sendable (Pointer, UnsafeRawPointer?, Int32) -> Int32
  let read: @convention(c) @Sendable (Pointer, Pointer, Int32) -> Int32
  let shutdown: @convention(c) @Sendable (Pointer) -> Int32
  let error: @convention(c) @Sendable (Pointer, Int32) -> Int32
  let verifyResult: @convention(c) @Sendable (Pointer) -> Int
  let verifyText: @convention(c) @Sendable (Int) -> Text
  let lastError: @convention(c) @Sendable () -> UInt
  let clearErrors: @convention(c) @Sendable () -> Void

  /// Loaded once, when first asked for; nil where the library or one of its names is missing.
  static let shared = unsafe try? TLSLibrary()

  private struct Missing: Error {}

  private init() throws {
    guard let library = unsafe dlopen("libssl.so.3", RTLD_NOW | RTLD_LOCAL) else { throw Missing() }
    unsafe method = try Self.find("TLS_client_method", library)
    unsafe newSettings = try Self.find("SSL_CTX_new", library)
    unsafe freeSettings = try Self.find("SSL_CTX_free", library)
    unsafe controlSettings = try Self.find("SSL_CTX_ctrl", library)
    unsafe setVerify = try Self.find("SSL_CTX_set_verify", library)
    unsafe systemAuthorities = try Self.find("SSL_CTX_set_default_verify_paths", library)
    unsafe loadAuthorities = try Self.find("SSL_CTX_load_verify_locations", library)
    unsafe useChain = try Self.find("SSL_CTX_use_certificate_chain_file", library)
    unsafe useKey = try Self.find("SSL_CTX_use_PrivateKey_file", library)
    unsafe checkKey = try Self.find("SSL_CTX_check_private_key", library)
    unsafe newSession = try Self.find("SSL_new", library)
    unsafe freeSession = try Self.find("SSL_free", library)
    unsafe control = try Self.find("SSL_ctrl", library)
    unsafe setHost = try Self.find("SSL_set1_host", library)
    unsafe parameters = try Self.find("SSL_get0_param", library)
    unsafe setAddress = try Self.find("X509_VERIFY_PARAM_set1_ip_asc", library)
    unsafe setDescriptor = try Self.find("SSL_set_fd", library)
    unsafe connect = try Self.find("SSL_connect", library)
    unsafe write = try Self.find("SSL_write", library)
    unsafe read = try Self.find("SSL_read", library)
    unsafe shutdown = try Self.find("SSL_shutdown", library)
    unsafe error = try Self.find("SSL_get_error", library)
    unsafe verifyResult = try Self.find("SSL_get_verify_result", library)
    unsafe verifyText = try Self.find("X509_verify_cert_error_string", library)
    unsafe lastError = try Self.find("ERR_peek_last_error", library)
    unsafe clearErrors = try Self.find("ERR_clear_error", library)
  }

  private static func find<Function>(_ name: String, _ library: UnsafeMutableRawPointer) throws -> Function {
    guard let symbol = unsafe dlsym(library, name) else { throw Missing() }
    return unsafe unsafeBitCast(symbol, to: Function.self)
  }
}
