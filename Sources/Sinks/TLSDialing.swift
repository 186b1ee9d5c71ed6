// placeholder until TLSLibrary stands
internal import IntakeCore

struct TLSDialing: Dialing {
  let area = "sink.tls"
  let address: NetworkAddress
  let options: SyslogOptions
  func prepare() throws(Failure) {}
  func connect(name: String) throws(Failure) -> any StreamConnection {
    throw Failure("sink.tls.failed", exit: .system, "no TLS yet")
  }
}
