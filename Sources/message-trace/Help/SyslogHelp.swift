// What `help syslog` says. The two blocks of configuration are run by the tests as they stand here.

enum SyslogHelp {
  static let text = """
    Syslog receivers as sinks

      --sink udp://HOST:PORT[?NAME=VALUE&...]     RFC 5426
      --sink tcp://HOST:PORT[?NAME=VALUE&...]     RFC 6587
      --sink tls://HOST:PORT[?NAME=VALUE&...]     RFC 5425, TLS 1.2 or later

    HOST is a name, an IPv4 address, or an IPv6 address in brackets: tls://[2001:db8::1]:6514. All addresses of a name are
    tried. Values are percent-encoded. Part of the sink's name in the state are scheme, host and port only: an option may
    change without anything coming twice. --sink may be given several times; each sink has its own position.

      name        for          default          meaning
      ack         tcp tls      eof              when a batch counts as delivered: see below
      app-name    all          message-trace    up to 48 visible ASCII characters
      ca          tls          the system's     PEM file with the authorities that may sign the receiver's certificate
      cert key    tls          none             PEM files: our certificate with its chain, and its private key
      facility    all          local0           kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp
                                                audit alert clock local0 ... local7
      format      all          rfc5424          or rfc3164, for receivers that know nothing else
      framing     tcp          octet-counting   or newline; TLS always counts octets
      hostname    all          this host's      up to 255 visible ASCII characters
      max-bytes   all          8000             of one message, 480 or more: see below
      rate        udp          500              datagrams a second; 0: as fast as they go

    A message

      <134>1 2026-01-25T09:49:19.648Z HOST message-trace PID o365.message_trace [event@32473 id="EVENT.ID"] {"event.id":...

    Severity is warning where event.outcome is failure, else informational. The time is when the mail was received. The
    message is the event as JSON, in which everything but visible ASCII is escaped (\\u00fc): no byte order mark is needed,
    and nothing that a sender of mail writes can end a message or begin one.

    An event longer than max-bytes loses its largest fields, one after the other, and says so with
    "labels.truncated":"true"; it stays valid JSON with its event.id. The default is what rsyslog takes as delivered (8096):
    it would make a message of its own of what is behind that. Raise it together with the receiver's limit
    (rsyslog: global(maxMessageSize="64k"); syslog-ng: log-msg-size(), 65536 by default).

    What counts as delivered

      ack=eof         After each batch our end of stream (FIN; over TLS close_notify), then the receiver's own, without a
                      reset: its process has read everything. Lost can be only what it loses after reading. A receiver that
                      closes before us or never is taken at its kernel's word from then on, with one warning.
      ack=eof-strict  The same, and such a receiver is refused.
      ack=kernel      The receiver's kernel has acknowledged every byte. Lost if its process dies before reading them.
      ack=none        Our kernel has taken the bytes: what most forwarders do. Much is lost whenever the receiver restarts.
      udp             Best effort. A port that refuses is noticed and the batch is kept; a datagram that is dropped on its
                      way, or by a receiver that does not keep up, is gone, and nobody is told.

    What is not delivered stays in the journal and is sent again, from the batch in doubt on: with ack=eof or kernel at most
    that one batch comes twice after a broken connection, and event.id tells. A receiver that is down holds back only
    itself, until the journal is full; then fetching waits too. Exit status 75: down, sent again next time; 76: its
    certificate or its TLS is refused, and nothing was sent; 78: an option or a file is wrong.

    rsyslog

    \(indented(rsyslog))

    syslog-ng

    \(indented(syslogNG))

    """

  /// Takes TLS on port 6514 and writes one event a line.
  static let rsyslog = """
    global(defaultNetstreamDriverCAFile="/etc/ssl/siem/ca.pem"
      defaultNetstreamDriverCertFile="/etc/ssl/siem/server.pem" defaultNetstreamDriverKeyFile="/etc/ssl/siem/server.key")
    module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
    template(name="event" type="string" string="%msg%\\n")
    ruleset(name="message-trace") { action(type="omfile" file="/var/log/message-trace.ndjson" template="event") }
    input(type="imtcp" port="6514" ruleset="message-trace")
    """

  /// Likewise; the version line stands at the head of every configuration of syslog-ng.
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
