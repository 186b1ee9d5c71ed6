// The help topic on several machines that collect the same tenants.

enum FleetHelp {
  static let text = """
    Several machines: one database, one set of playbooks

    Which state to use

      a directory    One machine. Nothing to install, the least work a pass, and the only one for --sink stdout and file:.
      a database     Many tenants, or a machine that must not be the only one: PostgreSQL (tested: 15), libpq5 on each
                     machine. A machine's death costs the tenants it held the rest of its lease, 30 seconds by default,
                     and the interval of a look, 10 seconds. Sinks are network receivers.

    Make the tables once (message-trace state init --state postgresql://USER@HOST/DATABASE), set "state" to the same URI in
    every playbook, and start `message-trace run PLAYBOOK...` with the same playbooks on as many machines as you like. Every
    machine needs the playbooks, their secrets, and access to the database; nothing else connects them.

    What happens

      holding        Each tenant is held by one process: its lease ends LEASE seconds after it was last extended, by the
                     database's clock, and is extended every third of that. Clocks of the machines do not count.
      spreading      Processes with the same playbooks hold as many tenants each, to one more or less. One that joins gets
                     its share: the others give tenants up, each after the pass that runs. Those with other playbooks
                     only take what nobody holds.
      taking over    When a lease has ended, another process takes the tenant, delivers what the journal still holds, and
                     goes on. It raises the tenant's epoch: whatever the process before still tries to write is refused
                     (state.fenced), and its pass stops. At sinks that recognise repeats nothing comes twice; at others
                     the one batch that was in doubt may.
      handing over   A pass that hangs (10 minutes without a page, fleet.silent), or that fails three times in a row for a
                     reason of its machine (settings, files, names, routes; fleet.refused), leaves its tenant to another
                     process, where there is one. This machine tries again after 10 minutes, or when nobody takes it.
      stopping       SIGTERM gives all leases back; others take the tenants at their next look.
      the database   While it cannot be reached, nothing is read or delivered beyond what is durable; one line says so
                     (fleet.reached follows), and collection goes on by itself.

    `collect` from cron on several machines is safe in the same way: while one holds the tenant, the others end with 75
    (state.leased). A tenant that a `run` holds is not free between its passes, but for a `backfill`, which gets its turns.

    message-trace status --state postgresql://HOST/DATABASE     every tenant: last pass, lag, epoch, lease, holder

    Options of the URI: lease=DURATION (2s to 1h; the same on every machine; where it differs, fleet.lease_differs says so,
    each process is judged by its own). Those of libpq: message-trace help state.
    Kubernetes: message-trace schedule --kubernetes; with --container a Containerfile. Both need USER@ in the URI. A changed
    Secret reaches the pods of a Deployment with: kubectl rollout restart deployment/message-trace

    """
}
