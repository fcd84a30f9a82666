-- name: waiting -- which of these orders an entry waits for, and the terminal they have (all its entries say the same)
SELECT DISTINCT waits_for, terminal_id FROM drawer_entries WHERE tenant_id = $1 AND waits_for = ANY ($2::uuid[])

-- name: order_documents -- the newest document of each order before this batch
SELECT n.stream, e.type, e.schema_version, e.data
  FROM unnest($2::text[]) AS n (stream)
       CROSS JOIN LATERAL (
           SELECT e.type, e.schema_version, e.data FROM ledger.events e
            WHERE e.tenant_id = $1 AND e.stream = n.stream AND e.position < $3 AND e.type = ANY ($4::text[])
            ORDER BY e.version DESC LIMIT 1) e

-- name: move_entries -- those that wait for an order follow it
UPDATE drawer_entries e
   SET terminal_id = nullif(n.terminal_id, '00000000-0000-0000-0000-000000000000'),
       recorded_at = greatest(e.recorded_at, n.learnt_at)
  FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) AS n (order_id, terminal_id, learnt_at)
 WHERE e.tenant_id = $1 AND e.waits_for = n.order_id

-- name: save_entries -- the newest content of each
INSERT INTO drawer_entries (tenant_id, entry_id, terminal_id, waits_for, active_at, recorded_at, document)
SELECT $1, n.*
  FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::bytea[]) AS n
    ON CONFLICT (tenant_id, entry_id) DO UPDATE
   SET terminal_id = excluded.terminal_id, waits_for = excluded.waits_for, active_at = excluded.active_at,
       recorded_at = excluded.recorded_at, document = excluded.document

-- name: entries_in_window -- happened or changed in ($2, $3], at terminal $4 where one is given, newest first
SELECT coalesce((
           SELECT array_agg(p.document ORDER BY p.active_at DESC NULLS LAST, p.entry_id)
             FROM (SELECT e.document, e.active_at, e.entry_id
                     FROM read_drawer.drawer_entries e,
                          (SELECT coalesce($2, '-infinity'::timestamptz) AS after,
                                  coalesce($3, 'infinity'::timestamptz) AS until) w
                    WHERE e.tenant_id = $1
                      AND (e.active_at > w.after AND e.active_at <= w.until
                           OR e.recorded_at > w.after AND e.recorded_at <= w.until)
                      AND ($4::uuid IS NULL OR e.terminal_id = $4)
                    ORDER BY e.active_at DESC NULLS LAST, e.entry_id OFFSET $5 LIMIT $6) p), '{}') AS documents,
       coalesce((SELECT c.position FROM ledger.checkpoints c
                  WHERE c.tenant_id = $1 AND c.projection = 'drawer'), 0) AS position

-- name: renew_entries -- what they say after an erasure
UPDATE drawer_entries e SET document = n.document
  FROM unnest($2::uuid[], $3::bytea[]) AS n (entry_id, document)
 WHERE e.tenant_id = $1 AND e.entry_id = n.entry_id
