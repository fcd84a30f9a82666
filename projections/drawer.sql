-- name: terminals_of_orders -- what is known of a batch's orders; learnt_at in microseconds, as events have it
SELECT order_id, terminal_id, (extract(epoch FROM learnt_at) * 1000000)::bigint AS learnt_at
  FROM drawer_orders WHERE tenant_id = $1 AND order_id = ANY ($2::uuid[])

-- name: save_terminals_of_orders -- only what is news, and the entries that waited for it
WITH news AS (
    SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) AS n (order_id, terminal_id, learnt_at)
), kept AS (
    INSERT INTO drawer_orders (tenant_id, order_id, terminal_id, learnt_at)
    SELECT $1, n.order_id, n.terminal_id, n.learnt_at FROM news n
        ON CONFLICT (tenant_id, order_id) DO UPDATE
       SET terminal_id = excluded.terminal_id, learnt_at = excluded.learnt_at
)
UPDATE drawer_entries e
   SET terminal_id = nullif(n.terminal_id, '00000000-0000-0000-0000-000000000000'),
       recorded_at = greatest(e.recorded_at, n.learnt_at)
  FROM news n
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
