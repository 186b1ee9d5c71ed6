// What librdkafka says went wrong, by what can be done about it.

internal import IntakeCore

/// An error of librdkafka or of a broker.
struct KafkaFault: Error, Sendable, Equatable {
  /// What the next step is.
  enum Remedy: Sendable, Equatable {
    /// The same call again.
    case again
    /// Another producer with this transactional id has taken over.
    case fenced
    /// A new handle, which aborts the transaction or finds it committed; then the batch again. Also where librdkafka
    /// would let the same handle abort: 2.0.2 ends the process (`txn_req_cnt > 0`) if a partition's registration is
    /// answered with an error behind that.
    case reopen
    /// An administrator has to change something: nothing is tried again in this pass.
    case refused
  }

  /// RD_KAFKA_RESP_ERR_…: below 0 of the library, above 0 of the broker.
  var code: Int32
  /// `_TRANSPORT`, `TOPIC_AUTHORIZATION_FAILED`, …
  var name: String
  var isRetriable = false
  /// librdkafka's own sentence about the handle's last error, cut and in visible ASCII.
  var reason = ""

  /// Numbers after librdkafka/rdkafka.h, which never renumbers them.
  enum Code {
    static let transport: Int32 = -195
    static let unknownPartition: Int32 = -190
    static let unknownTopic: Int32 = -188
    static let messageTimedOut: Int32 = -192
    static let partitionEnd: Int32 = -191
    static let timedOut: Int32 = -185
    static let ssl: Int32 = -181
    static let authentication: Int32 = -169
    static let fatal: Int32 = -150
    static let fenced: Int32 = -144
    static let topicMissing: Int32 = 3
    static let tooLarge: Int32 = 10
    static let topicDenied: Int32 = 29
    static let producerFenced: Int32 = 90
    /// Topic, group, cluster, transactional id; sign-in refused; its mechanism unknown to the broker.
    static let denials: Set<Int32> = [authentication, topicDenied, 30, 31, 53, 58, 33]
  }

  var remedy: Remedy {
    if code == Code.fenced || code == Code.producerFenced { return .fenced }
    if Code.denials.contains(code) || code == Code.ssl || code == Code.tooLarge { return .refused }
    return isRetriable ? .again : .reopen
  }

  /// For the person who reads it.
  func failure(_ name: String) -> Failure {
    let (code, exit, hint) = verdict
    let text = reason.isEmpty ? self.name : "\(self.name): \(reason)"
    return Failure(
      Failure.Code(rawValue: "sink.kafka.\(code)"), exit: exit, "Sending to \(name): \(text).", hint: hint,
      recovery: exit == .tryLater ? .later(after: nil) : .never, cause: self)
  }

  private var verdict: (code: String, exit: ExitCode, hint: String) {
    switch code {
    case Code.fenced, Code.producerFenced:
      (
        "fenced", .tryLater,
        "Check whether another collector uses the same transactional-id; if none does, the next pass goes on."
      )
    case Code.authentication, 58, 33:
      ("denied", .denied, "Check username, password and sasl, and that the brokers accept that mechanism.")
    case 53:
      (
        "denied", .denied,
        "Grant Write and Describe on the transactional id and its prefix (see message-trace help kafka)."
      )
    case _ where Code.denials.contains(code):
      (
        "denied", .denied,
        "Grant Write on the topic, and Read and Write on its marker topic (message-trace help kafka)."
      )
    case Code.ssl: ("tls", .protocolBroken, "Set ca=FILE to the issuing CA, and check the brokers' advertised names.")
    case Code.tooLarge: ("too_large", .configuration, "Set max-bytes below the topic's max.message.bytes.")
    case Code.topicMissing, Code.unknownTopic, Code.unknownPartition:
      ("topic", .tryLater, "Create the topic and its marker topic (message-trace help kafka).")
    case Code.transport, -193, -187: ("unreachable", .tryLater, "Check the brokers' addresses, ports and security=.")
    case Code.timedOut, Code.messageTimedOut, 7:
      ("timeout", .tryLater, "Look whether the brokers have enough in-sync replicas.")
    default: ("failed", .tryLater, "The batch is kept and will be sent again.")
    }
  }
}
