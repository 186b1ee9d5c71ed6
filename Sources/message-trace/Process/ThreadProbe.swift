// Threads, counted before they are needed: Dispatch waits without end for one that cannot be made.

internal import Glibc

enum ThreadProbe {
  /// How many of `wanted` threads this process can have at the same time, beside those it has. They are ended again.
  static func available(_ wanted: Int) -> Int {
    let gate = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    unsafe gate.initialize(to: pthread_mutex_t())
    defer { unsafe gate.deallocate() }
    unsafe pthread_mutex_init(gate, nil)
    unsafe pthread_mutex_lock(gate)
    var threads: [pthread_t] = []
    while threads.count < wanted, let thread = unsafe start(gate) { threads.append(thread) }
    unsafe pthread_mutex_unlock(gate)
    for thread in threads { pthread_join(thread, nil) }
    return threads.count
  }

  /// A thread with a small stack that ends when the gate opens; nil if none can be made.
  private static func start(_ gate: UnsafeMutablePointer<pthread_mutex_t>) -> pthread_t? {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    defer { _ = unsafe pthread_attr_destroy(&attributes) }
    unsafe pthread_attr_setstacksize(&attributes, 65_536)
    var thread = pthread_t()
    let result = unsafe pthread_create(
      &thread, &attributes,
      { context in
        guard let gate = unsafe context?.assumingMemoryBound(to: pthread_mutex_t.self) else { return nil }
        unsafe pthread_mutex_lock(gate)
        unsafe pthread_mutex_unlock(gate)
        return nil
      }, gate)
    return result == 0 ? thread : nil
  }
}
