// The statements of the steps. Each is one transaction: the fence first, and everything else only for the row that it gives.
//
// Parameters: $1 tenant, $2 mark of the lease, $3 its length in microseconds, $4 the revision that is expected and the name of
// the step.

extension StateDatabase {
  /// A step extends the lease. A server, database or role that does not wait for its disk is told to, for this transaction:
  /// what a step has written must survive a power cut.
  private static func fence(_ changes: String = "") -> String {
    """
    WITH fence AS (
      UPDATE message_trace.tenants SET revision = revision + 1, step = split_part($4, ' ', 2)\(changes),
        expires = greatest(expires, clock_timestamp() + $3::bigint * interval '1 microsecond')
      WHERE tenant = $1 AND \(TenantLease.isHeld("$2")) AND revision = split_part($4, ' ', 1)::bigint
      RETURNING tenant, CASE WHEN current_setting('synchronous_commit') = 'off'
        THEN set_config('synchronous_commit', 'on', true) END AS durable)
    """
  }

  /// $5 sequence, $6 the entry.
  static let journaling = DatabaseStatement(
    "journal",
    """
    \(fence()), written AS (
      INSERT INTO message_trace.journal (tenant, sequence, entry) SELECT tenant, $5::bigint, $6::bytea FROM fence)
    SELECT count(*), max(durable) FROM fence
    """)

  /// $5 sequence, $6 checkpoint, $7 the last entry that every sink has, $8 to $10 what the ledger gets: whether outside, hour,
  /// blocks. Short rows of an hour are appended to.
  static let committing = DatabaseStatement(
    "commit",
    """
    \(fence(", sequence = $5::bigint, checkpoint = $6::bytea")), recorded AS (
      INSERT INTO message_trace.ledger AS l (tenant, outside, hour, part, blocks)
      SELECT fence.tenant, new.outside = 1, new.hour, coalesce((
          SELECT old.part + CASE WHEN octet_length(old.blocks) < 8192 THEN 0 ELSE 1 END FROM message_trace.ledger old
          WHERE old.tenant = fence.tenant AND old.outside = (new.outside = 1) AND old.hour = new.hour
          ORDER BY old.part DESC LIMIT 1), 0), new.blocks
      FROM fence, unnest($8::bigint[], $9::bigint[], $10::bytea[]) AS new (outside, hour, blocks)
      ON CONFLICT (tenant, outside, hour, part) DO UPDATE SET blocks = l.blocks || EXCLUDED.blocks
    ), removed AS (
      DELETE FROM message_trace.journal j USING fence WHERE j.tenant = fence.tenant AND j.sequence <= $7::bigint)
    SELECT count(*), max(durable) FROM fence
    """)

  /// $5 sequence, $6 checkpoint, $7 to $10 rows of the ledger as they are to be: whether outside, hour, part, blocks (none: the
  /// row goes); $11 to $13 what the ledger gets. All rows outside of their windows are known from then on.
  static let repairing = DatabaseStatement(
    "repair",
    """
    \(fence(", sequence = $5::bigint, checkpoint = $6::bytea, horizon = 0")), changed AS (
      SELECT fence.tenant, new.outside = 1 AS outside, new.hour, new.part, new.blocks FROM fence,
        unnest($7::bigint[], $8::bigint[], $9::bigint[], $10::bytea[]) AS new (outside, hour, part, blocks)
    ), removed AS (
      DELETE FROM message_trace.ledger l USING changed c WHERE octet_length(c.blocks) = 0
        AND (l.tenant, l.outside, l.hour, l.part) = (c.tenant, c.outside, c.hour, c.part)
    ), rewritten AS (
      UPDATE message_trace.ledger l SET blocks = c.blocks FROM changed c WHERE octet_length(c.blocks) > 0
        AND (l.tenant, l.outside, l.hour, l.part) = (c.tenant, c.outside, c.hour, c.part)
    ), recorded AS (
      INSERT INTO message_trace.ledger (tenant, outside, hour, part, blocks)
      SELECT fence.tenant, new.outside = 1, new.hour, coalesce((
          SELECT max(old.part) + 1 FROM message_trace.ledger old
          WHERE old.tenant = fence.tenant AND old.outside = (new.outside = 1) AND old.hour = new.hour), 0), new.blocks
      FROM fence, unnest($11::bigint[], $12::bigint[], $13::bytea[]) AS new (outside, hour, blocks))
    SELECT count(*), max(durable) FROM fence
    """)

  /// $1 tenant, $2 sequence, $3 mark of the lease, $4 the name under which a damaged entry is kept.
  static let puttingAside = DatabaseStatement(
    "put aside",
    """
    UPDATE message_trace.journal j SET tenant = $4::text FROM message_trace.tenants t
    WHERE j.tenant = $1 AND j.sequence = $2 AND t.tenant = $1 AND \(TenantLease.isHeld("$3", in: "t"))
    """)

  /// $5 the horizon's hour, $6 the oldest hour that is kept.
  static let pruning = DatabaseStatement(
    "prune",
    """
    \(fence(", horizon = $5::bigint, pruned = $6::bigint")), removed AS (
      DELETE FROM message_trace.ledger l USING fence WHERE l.tenant = fence.tenant AND l.hour < $6::bigint)
    SELECT count(*), max(durable) FROM fence
    """)

  /// $1 tenant, $2 and $3 the first and the last hour, $4 and $5 the hours between which rows outside are wanted,
  /// $6 mark of the lease, $7 revision. A row without blocks says that the server is not behind.
  static let recalling = DatabaseStatement(
    "recall",
    """
    SELECT blocks FROM message_trace.ledger WHERE tenant = $1 AND NOT outside
      AND hour BETWEEN $2::bigint AND $3::bigint
    UNION ALL
    SELECT blocks FROM message_trace.ledger WHERE tenant = $1 AND outside
      AND hour >= $4::bigint AND hour < $5::bigint
    UNION ALL
    SELECT NULL FROM message_trace.tenants
    WHERE tenant = $1 AND \(TenantLease.isHeld("$6")) AND revision >= $7::bigint
    """)

  /// $1 tenant, $2 sequence, $3 mark of the lease: a process that has stood still must not deliver what another one has taken over.
  static let reading = DatabaseStatement(
    "read",
    """
    SELECT j.entry FROM message_trace.journal j JOIN message_trace.tenants t USING (tenant)
    WHERE tenant = $1 AND j.sequence = $2 AND \(TenantLease.isHeld("$3", in: "t"))
    """)
}
