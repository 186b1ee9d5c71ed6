// The help topic on the Kafka sink.

enum KafkaHelp {
  static let text = """
    Kafka as a sink

      --sink kafka://HOST:PORT[,HOST:PORT...]/TOPIC[?NAME=VALUE&...]

    Needs librdkafka 1.6 or later (Debian, Ubuntu: librdkafka1), which is loaded when the first Kafka sink is opened.
    Each event is one record: its key is event.id, its value the event's JSON. Values of options are percent-encoded.

      name              default             meaning
      ca                the system's        PEM file of the CAs accepted for the brokers' certificates
      cert key          none                PEM files: our certificate with its chain, and its private key
      client-id         message-trace       name in the brokers' logs and quotas
      compression       lz4                 none gzip snappy lz4 zstd
      marker-topic      TOPIC.message-trace the topic of the markers: see below
      max-bytes         900000              limit of one event; a longer one loses its largest fields and is marked
                                            "labels.truncated":"true"
      partitioner       consistent_random   by the key; murmur2 as the Java client; fnv1a random
      password-env      MESSAGE_TRACE_KAFKA_PASSWORD    variable that holds the password
      password-file     none                private file that holds it
      sasl              plain               with username: plain scram-sha-256 scram-sha-512; else oauthbearer
      security          plaintext           ssl sasl_ssl; a password goes over plaintext to this host only
      timeout           60                  seconds of a transaction, and of each wait for the brokers
      token-env         none                variable that holds the bearer token of sasl=oauthbearer
      token-file        none                private file that holds it, read with each new connection; with neither, the
                                            source's Entra sign-in for the brokers' host (Event Hubs)
      transactional-id  message-trace-HASH  HASH is made of tenant, full path of the state, and topic
      transactions      yes                 no: for brokers without transactions
      username          none                of the sign-in

    What counts as delivered

      transactions=yes  A batch is one transaction, committed by all in-sync replicas. In the same transaction goes a
                        marker with the batch's number and the hash of its lines. A new connection registers the
                        transactional id, which ends what an earlier process left open, and reads the markers back: a
                        batch whose commit was in doubt is sent again only if it is not there. Readers with
                        isolation.level=read_committed see each event once; other readers may see aborted attempts.
      transactions=no   Acknowledged by all in-sync replicas, without repeats inside a connection. A batch in doubt is
                        sent again whole: event.id identifies the repeats.

    The marker topic keeps the last 64 batches of each transactional id; delete it together with the topic. Create it
    compacted, before the first run:

      kafka-topics --create --topic TOPIC.message-trace --partitions 1 --config cleanup.policy=compact

    Access control: Write and Describe on the topic, the same and Read on the marker topic, Write and Describe on the
    transactional id. `message-trace check` tries TRANSACTIONAL-ID-check, so that it never disturbs a collector at work:
    grant the prefix.

    One transactional id belongs to one collector. Where another one takes it over, this one stops with exit status 75
    (sink.kafka.fenced) and goes on in its next pass. The id follows the path of the state; set transactional-id where
    the state may move to another path or machine. A collector with another id or marker-topic does not know the markers
    written before: one batch may be in doubt then.

    Exit status 75: brokers away, not enough replicas, topic missing, fenced; 71: librdkafka is missing; 76: TLS
    rejected; 77: sign-in or permission refused; 78: an option is invalid, or an event is longer than the topic allows.

    Tried on librdkafka's mock cluster, with every class of error and with kills behind each step. It neither isolates
    transactions nor fences producers, so these two are not tried here: they are the brokers' own guarantees.

    """
}
