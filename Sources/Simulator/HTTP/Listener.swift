// The listening socket on loopback: one thread for each connection; stopping ends them all.

internal import Glibc
internal import IntakeCore
internal import Synchronization

/// Accepts connections until it is stopped.
final class Listener: Sendable {
  let port: Int
  private let socket: Int32
  private let open = Mutex(Open())

  private struct Open {
    var stopped = false
    var acceptor: SystemThread?
    var sockets: Set<Int32> = []
    var threads: [Int32: SystemThread] = [:]
    var finished: [SystemThread] = []
  }

  /// - Parameter port: 0 for any free one.
  init(port: Int) throws(Failure) {
    guard let wanted = UInt16(exactly: port) else {
      throw Failure("simulator.port", exit: .usage, "Starting the simulator: \(port) is not a port.")
    }
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0, let bound = Self.listen(socket, wanted) else {
      let reason = FileBytes.describe(errno)
      if socket >= 0 { close(socket) }
      throw Failure(
        "simulator.listen", exit: .system, "Starting the simulator on 127.0.0.1 port \(port): \(reason).",
        hint: "Choose another port, or 0 for any.")
    }
    self.port = Int(bound)
  }

  /// The bound port, nil with `errno` set.
  private static func listen(_ socket: Int32, _ port: UInt16) -> UInt16? {
    var one: Int32 = 1
    unsafe setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe bind(socket, generic, length) == 0 && Glibc.listen(socket, 128) == 0
          && getsockname(socket, generic, &length) == 0
      }
    }
    return result ? UInt16(bigEndian: address.sin_port) : nil
  }

  /// Serves each connection on a thread of its own; `serve` must return when its socket is shut down.
  func start(_ serve: @escaping @Sendable (Int32) -> Void) throws(Failure) {
    guard let acceptor = SystemThread({ self.acceptAll(serve) }) else {
      throw Failure("simulator.thread", exit: .system, "Starting the simulator: cannot create a thread.")
    }
    open.withLock { $0.acceptor = acceptor }
  }

  private func acceptAll(_ serve: @escaping @Sendable (Int32) -> Void) {
    while true {
      let accepted = accept(socket, nil, nil)
      guard accepted >= 0 else {
        if open.withLock({ $0.stopped }) { return }
        if errno != EINTR, errno != ECONNABORTED { wait(.milliseconds(50)) }
        continue
      }
      take(accepted, serve)
    }
  }

  private func take(_ accepted: Int32, _ serve: @escaping @Sendable (Int32) -> Void) {
    let finished = open.withLock { open in
      defer { open.finished = [] }
      guard !open.stopped, let thread = SystemThread({ self.run(accepted, serve) }) else {
        close(accepted)
        return open.finished
      }
      open.sockets.insert(accepted)
      open.threads[accepted] = thread
      return open.finished
    }
    for thread in finished { thread.join() }
  }

  private func run(_ accepted: Int32, _ serve: @Sendable (Int32) -> Void) {
    serve(accepted)
    open.withLock { open in
      open.sockets.remove(accepted)
      if let thread = open.threads.removeValue(forKey: accepted) { open.finished.append(thread) }
      close(accepted)
    }
  }

  /// Ends every connection and waits for every thread. A second call does nothing.
  func stop() {
    let acceptor = open.withLock { open -> SystemThread? in
      guard !open.stopped else { return nil }
      open.stopped = true
      return open.acceptor
    }
    guard let acceptor else { return }
    shutdown(socket, Int32(SHUT_RDWR))
    acceptor.join()
    let threads = open.withLock { open in
      for accepted in open.sockets { shutdown(accepted, Int32(SHUT_RDWR)) }
      return Array(open.threads.values) + open.finished
    }
    for thread in threads { thread.join() }
    close(socket)
  }

  /// Waits on the calling thread; ends early when the listener stops.
  func wait(_ duration: Duration) {
    var left = duration
    while left > .zero, !open.withLock({ $0.stopped }) {
      let slice = min(left, .milliseconds(20))
      _ = poll(nil, 0, Int32(max(1, slice.ticks / 10_000)))
      left -= slice
    }
  }
}
