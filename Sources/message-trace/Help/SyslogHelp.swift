// The help topic on syslog sinks. The tests run both configuration blocks as they are.

enum SyslogHelp {
  static let text = """
    Syslog receivers as sinks

      --sink udp://HOST:PORT[?NAME=VALUE&...]     RFC 5426
      --sink tcp://HOST:PORT[?NAME=VALUE&...]     RFC 6587
      --sink tls://HOST:PORT[?NAME=VALUE&...]     RFC 5425, TLS 1.2 or later
      --sink relp://HOST:PORT[?NAME=VALUE&...]    RELP, for rsyslog's imrelp; relps:// over TLS 1.2 or later

    HOST is a name, an IPv4 address, or an IPv6 address in brackets: tls://[2001:db8::1]:6514. All addresses of a name are
    tried. Values are percent-encoded. The state identifies a sink by scheme, host and port only, so changing an option
    causes no repeats. --sink may be given several times; each sink has its own position.

      name        for          default          meaning
      ack         tcp tls      eof              when a batch counts as delivered: see below
      app-name    all          message-trace    up to 48 visible ASCII characters
      ca          tls relps    the system's     PEM file of the CAs accepted for the receiver's certificate
      cert key    tls relps    none             PEM files: our certificate with its chain, and its private key
      facility    all          local0           kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp
                                                audit alert clock local0 ... local7
      format      all          rfc5424          or rfc3164, for receivers without RFC 5424 support
      framing     tcp          octet-counting   or newline; TLS always uses octet-counting
      hostname    all          this host's      up to 255 visible ASCII characters
      max-bytes   all          8000             limit of one message, at least 480: see below
      rate        udp          500              datagrams per second; 0: unlimited
      refused-after  relp relps  60             seconds from a first refusal until a message is set aside: see below
      sd          all          none             structured data of your own, in front of ours: see below; not with rfc3164
      token-env   all          none             variable with the secret that stands for {token} in sd
      token-file  all          none             private file with that secret
      window      relp relps   1000             messages on their way without an answer, 1 to 10000

    A message

      <134>1 2026-01-25T09:49:19.648Z HOST message-trace PID o365.message_trace [event@32473 id="EVENT.ID"] {"event.id":...

    Severity is warning where event.outcome is failure, else informational. The time is the mail's time of receipt. The
    message is the event as JSON, with everything but printable ASCII escaped (\\u00fc): it needs no byte order mark, and
    no content of a mail can end a message or start one.

    A relay that routes by structured data gets it with sd, percent-encoded. A key that is a secret stands in a file or a
    variable and {token} in its place, as for Sekoia's relay, where sd is [SEKOIA@53288 intake_key="{token}"]:

      tls://relay.example:6514?sd=%5BSEKOIA@53288%20intake_key=%22{token}%22%5D&token-file=/etc/message-trace/intake-key

    An event longer than max-bytes loses its largest fields, one by one, and is marked "labels.truncated":"true"; it
    stays valid JSON with its event.id. The default fits the limit of rsyslog as installed (8096); rsyslog would split a
    longer message in two. Raise it together with the receiver's limit
    (rsyslog: global(maxMessageSize="64k"); syslog-ng: log-msg-size(), 65536 by default).

    What counts as delivered

      ack=eof         Once the receiver's kernel has every byte we end our stream (FIN; over TLS close_notify) and wait
                      for the receiver to end its own without a reset: its process has then read everything. Only what
                      it loses after reading can be lost. If it ends before us, the frames are sent again, fewer at a
                      time. If that never helps, or it never ends, ack=kernel applies to it from then on, with a warning.
                      No sender can see bytes that a receiver leaves unread and then shuts its side down after our end.
                      A proxy in between answers for itself only.
      ack=eof-strict  The same, but such a receiver is an error.
      ack=kernel      The receiver's kernel has acknowledged every byte. They are lost if its process dies before reading.
                      For receivers that end their side first, and over TLS for those that never send close_notify.
      ack=none        Our kernel has accepted the bytes, as with most forwarders. A restart of the receiver loses events.
      relp relps      The receiver has answered 200 to each message. After a broken connection only messages without an
                      answer are sent again. rsyslog answers before it writes unless its queue is direct: see below.
                      A message that is refused over three connections while others are taken is set aside (exit status
                      65; see message-trace help sinks), but not within refused-after seconds of the first refusal: a
                      receiver that restarts may refuse for a moment. The pass lasts that long then, once in a run of
                      refusals. If no other message is on its way, a copy with its event.id, its time and
                      "labels.truncated" is sent before the last refusal: if even that is refused, the batch waits. The
                      receiver keeps the copy: beside the whole event if it takes that in the end, else in its place.
      udp             Best effort. A refused port is detected and the batch is kept; a datagram dropped on the network or
                      by a slow receiver is lost without notice.

    A wrong port

    Syslog over TCP has no answers: a listener that reads, understands nothing and closes could pass for a receiver. So
    before its first batch ever a tcp:// sink asks the port whether it speaks TLS, with a ClientHello and an end of stream.
    Of receivers of plain text rsyslog's imtcp makes one empty message of it, syslog-ng's network() up to six unreadable
    lines; rsyslog's imptcp and syslog-ng's syslog() keep nothing of it. An answer in TLS, HTTP, RELP, SSH or of a mail
    server, then or later, ends the delivery (76). An answer within 15 seconds counts, else the port is one of plain text.
    With ack=eof the connection is held open behind the first batch for a second, and later for a quarter of a second, at
    most every 30 seconds: a listener of another kind closes by itself meanwhile, which confirms nothing. From a receiver
    that is new, or that has kept a connection open before, closing by itself is always a failure (75), unless it ends its
    side at once and reads on. Over RELP and TLS the opening shows what the port speaks.
    No sender can see: a service that reads everything to the end of the stream and throws it away; with ack=kernel or none
    one that closes or changes later; with udp a port that only answers late, or not at all.

    Undelivered batches stay in the journal and are sent again, starting with the batch in doubt: with ack=eof or kernel
    at most that one batch repeats after a broken connection; event.id identifies the repeats. A receiver that is down
    delays only its own events until the journal is full; then fetching pauses too. Exit status 75: receiver down, events
    are sent in the next pass; 76: certificate or TLS rejected, nothing was sent; 78: an option or a file is invalid.

    rsyslog

    \(indented(rsyslog))

    rsyslog with RELP: with a direct queue the answer follows the write, so even a kill of rsyslogd loses nothing

    \(indented(imrelp))

    syslog-ng

    \(indented(syslogNG))

    """

  /// Receives TLS on port 6514 and writes one event per line.
  static let rsyslog = """
    global(defaultNetstreamDriverCAFile="/etc/ssl/siem/ca.pem"
      defaultNetstreamDriverCertFile="/etc/ssl/siem/server.pem" defaultNetstreamDriverKeyFile="/etc/ssl/siem/server.key")
    module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
    template(name="event" type="string" string="%msg%\\n")
    ruleset(name="message-trace") { action(type="omfile" file="/var/log/message-trace.ndjson" template="event") }
    input(type="imtcp" port="6514" ruleset="message-trace")
    """

  /// Receives RELP on port 2514 and writes one event per line before it answers.
  static let imrelp = """
    module(load="imrelp")
    main_queue(queue.type="direct")
    template(name="event" type="string" string="%msg%\\n")
    input(type="imrelp" port="2514")
    action(type="omfile" file="/var/log/message-trace.ndjson" template="event")
    """

  /// The same for syslog-ng, without the version line that starts every configuration.
  static let syslogNG = """
    source s_message_trace {
      syslog(transport("tls") port(6514) tls(cert-file("/etc/ssl/siem/server.pem") key-file("/etc/ssl/siem/server.key")
        peer-verify(optional-untrusted)));
    };
    destination d_message_trace { file("/var/log/message-trace.ndjson" template("${MESSAGE}\\n")); };
    log { source(s_message_trace); destination(d_message_trace); };
    """

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
  }
}
