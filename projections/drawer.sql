-- name: waiting -- which of these orders an entry waits for, and the terminal they have (all its entries say the same)
SELECT DISTINCT waits_for, terminal_id FROM drawer_entries WHERE tenant_id = $1 AND waits_for = ANY ($2::text::uuid[])

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

-- name: entries_in_window -- happened or changed in ($2, $3], at terminal $4 where one is given, newest first; see
-- orders_reads.sql. Entries without a time stand last, at the start of the year 1: asyncpg sends that as -infinity
WITH odd AS (
    SELECT count(*) > 5000 AS are_many
      FROM (SELECT FROM read_drawer.drawer_entries e
             WHERE e.tenant_id = $1 AND e.lag = 9
               AND e.recorded_at > $2::timestamptz AND e.recorded_at <= coalesce($3::timestamptz, 'infinity')
             LIMIT 5001) e
), late AS (
    SELECT e.placed_at, e.entry_id
      FROM (VALUES (0, $2, $2 + interval '1 second'), (1, $2, $2 + interval '16 seconds'),
                   (2, $2, $2 + interval '256 seconds'), (3, $2, $2 + interval '4096 seconds'),
                   (4, $2, $2 + interval '65536 seconds'),
                   (9, CASE WHEN NOT (SELECT are_many FROM odd) THEN $2 END, 'infinity'),
                   (-3, $3 - interval '4096 seconds', $3), (-4, $3 - interval '65536 seconds', $3), (-9, '-infinity', $3),
                   (10, CASE WHEN $2 IS NOT NULL OR $3 IS NOT NULL THEN '-infinity'::timestamptz END, 'infinity')
           ) AS c (lag, after, until)
     CROSS JOIN LATERAL (
         SELECT e.placed_at, e.entry_id FROM read_drawer.drawer_entries e
          WHERE e.tenant_id = $1 AND e.lag = c.lag
            AND e.recorded_at > greatest(c.after, $2) AND e.recorded_at <= least(c.until, $3)
            AND (e.placed_at <= $2 OR e.placed_at > $3 OR e.lag = 10) AND ($4::uuid IS NULL OR e.terminal_id = $4)
            AND e.placed_at <= greatest($7::timestamptz, '0001-01-01Z') AND (e.placed_at < $7 OR e.entry_id > $8::uuid)
         OFFSET 0) e
     WHERE c.after IS NOT NULL
), listed AS (
    (SELECT e.placed_at, e.entry_id FROM read_drawer.drawer_entries e
      WHERE e.tenant_id = $1 AND ($4 IS NULL OR e.terminal_id = $4)
        AND e.placed_at > coalesce($2, CASE WHEN $3 IS NULL THEN '-infinity'::timestamptz ELSE '0001-01-02' END)
        AND e.placed_at <= coalesce($3, 'infinity')
        AND e.placed_at <= greatest($7::timestamptz, '0001-01-01Z') AND (e.placed_at < $7 OR e.entry_id > $8::uuid)
      ORDER BY e.placed_at DESC, e.entry_id LIMIT $5::bigint + $6::bigint)
     UNION ALL
    (SELECT e.placed_at, e.entry_id FROM read_drawer.drawer_entries e
      WHERE (SELECT are_many FROM odd) AND e.tenant_id = $1 AND ($4 IS NULL OR e.terminal_id = $4)
        AND e.placed_at <= $2 AND e.lag = 9 AND e.recorded_at > $2 AND e.recorded_at <= coalesce($3, 'infinity')
        AND e.placed_at <= greatest($7::timestamptz, '0001-01-01Z') AND (e.placed_at < $7 OR e.entry_id > $8::uuid)
      ORDER BY e.placed_at DESC, e.entry_id LIMIT $5 + $6)
     UNION ALL
    SELECT placed_at, entry_id FROM late
), page AS MATERIALIZED (
    SELECT l.placed_at, l.entry_id FROM listed l ORDER BY l.placed_at DESC, l.entry_id OFFSET $5 LIMIT $6
), last AS (
    SELECT p.placed_at, p.entry_id FROM page p ORDER BY p.placed_at, p.entry_id DESC LIMIT 1
)
SELECT at.position, last.placed_at AS last_time, last.entry_id AS last_id, ARRAY (
    SELECT CASE WHEN sum(octet_length(e.document)) OVER so_far - octet_length(e.document) < 64000000 THEN e.document END
      FROM page
     CROSS JOIN LATERAL (
         SELECT e.document FROM read_drawer.drawer_entries e
          WHERE e.tenant_id = $1 AND e.entry_id = page.entry_id OFFSET 0) e
    WINDOW so_far AS (ORDER BY page.placed_at DESC, page.entry_id ROWS UNBOUNDED PRECEDING)
     ORDER BY page.placed_at DESC, page.entry_id
) AS documents
  FROM (SELECT coalesce(max(position), 0) AS position
          FROM ledger.checkpoints WHERE tenant_id = $1 AND projection = 'drawer') AS at
  LEFT JOIN last ON true

-- name: renew_entries -- what they say after an erasure
UPDATE drawer_entries e SET document = n.document
  FROM unnest($2::uuid[], $3::bytea[]) AS n (entry_id, document)
 WHERE e.tenant_id = $1 AND e.entry_id = n.entry_id
