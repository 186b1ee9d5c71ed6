// The help topic on the state: where it is, and which changes of the settings it allows.

enum StateHelp {
  static let text = """
    The state: what was collected, and what each sink has got

    One directory per tenant, used by one process at a time: --state, else $STATE_DIRECTORY/TENANT, else
    $XDG_STATE_HOME/message-trace/TENANT, else ~/.local/state/message-trace/TENANT. A directory of an earlier version
    without TENANT is used on by the tenant whose state is in it.

    Or the rows of the tenant in a PostgreSQL database, which any number of machines share: postgresql://USER@HOST/DATABASE,
    see below and `message-trace help fleet`.

    Two playbooks must not share a state: an event that one of them has delivered is left out of the other. `run` and
    `playbook validate` compare the directories themselves, not their names, and refuse (78). Several sinks of one tenant
    belong into one playbook.

    Sinks that change

      added       The new sink gets what is found from then on, and nothing that was delivered before; the log line
                  sink.added says so. `backfill` fills no gap of a new sink: what the state has delivered is left out.
                  To deliver the past again, collect into a state of its own: --state NEW --since SPAN.
      left out    A sink that the state knows and that is no longer configured ends the run with 78 (sink.removed), also
                  if it has got everything: what is collected without it would never reach it. Configure it again, or
                  give it up with --forget-sink, once; what waits for it is then discarded.
      renamed     A sink is known by its scheme and place: file:PATH as written, tcp://HOST:PORT. Another spelling is
                  another sink: the old one is left out, the new one added. Options behind ? may change at any time.

    Several sinks are delivered to side by side, each on a thread and from a position of its own. Reading waits 2 seconds
    for a batch; a sink that is slower follows from the journal (1 GiB; then fetching pauses). At the end of a pass, a sink
    that is behind may begin further batches until the next pass is due (`every`, at least 30 seconds) and finish the last
    one for as long as it takes bytes; after 30 seconds without one, or with batches left, it is left behind until the next
    pass: sink.behind, exit status 75. A sink alone is waited for without limit.

    The request quota

    Microsoft counts requests by tenant, so all states of a tenant that one user collects share one count: beside the
    state's own (`quota`), the file .quota/HOST_TENANT in the directory that holds TENANT above. Where that cannot be
    written, each state counts alone. Name the tenant in one form, its domain or its GUID: two forms are two counts.

    State in a database

      postgresql://[USER@][HOST[:PORT][,…]]/[DATABASE][?OPTION=VALUE&…]

    The tables are made once, by their owner: message-trace state init --state URI. It prints the rights that a collector
    needs: USAGE on the schema message_trace; SELECT, INSERT, UPDATE and DELETE on its tables. One database serves all
    tenants; each is known by its `tenant`. Where the server fails over, let it replicate synchronously: a commit that
    the new server has never seen is collected and delivered again.

    Connections, TLS and sign-in are those of the system's libpq (libpq5): its options in the URI, such as
    sslmode=verify-full, sslrootcert=PATH, service=NAME, connect_timeout=SECONDS, and its variables, such as PGPASSFILE.
    A password is never part of the URI: set MESSAGE_TRACE_STATE_PASSWORD, password-env=NAME or password-file=PATH, which
    is read with each connection. lease=DURATION, 2s to 1h, default 30s: how long a tenant stays with a process that has
    died. A server that is away is waited for that long; then the pass ends with 75 and the next one continues.

    """
}
