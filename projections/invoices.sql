-- name: save_invoices -- the newest content of each
INSERT INTO invoices (tenant_id, invoice_id, terminal_id, created_at, recorded_at, document)
SELECT $1, n.* FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::bytea[]) AS n
    ON CONFLICT (tenant_id, invoice_id) DO UPDATE
   SET terminal_id = excluded.terminal_id, created_at = excluded.created_at, recorded_at = excluded.recorded_at,
       document = excluded.document

-- name: invoices_in_window -- created or changed in ($2, $3], at terminal $4 where one is given; see orders_reads.sql
WITH odd AS (
    SELECT count(*) > 5000 AS are_many
      FROM (SELECT FROM read_invoices.invoices i
             WHERE i.tenant_id = $1 AND i.lag = 9
               AND i.recorded_at > $2::timestamptz AND i.recorded_at <= coalesce($3::timestamptz, 'infinity')
             LIMIT 5001) i
), late AS (
    SELECT i.placed_at, i.invoice_id
      FROM (VALUES (0, $2, $2 + interval '1 second'), (1, $2, $2 + interval '16 seconds'),
                   (2, $2, $2 + interval '256 seconds'), (3, $2, $2 + interval '4096 seconds'),
                   (4, $2, $2 + interval '65536 seconds'),
                   (9, CASE WHEN NOT (SELECT are_many FROM odd) THEN $2 END, 'infinity'),
                   (-3, $3 - interval '4096 seconds', $3), (-4, $3 - interval '65536 seconds', $3), (-9, '-infinity', $3),
                   (10, CASE WHEN $2 IS NOT NULL OR $3 IS NOT NULL THEN '-infinity'::timestamptz END, 'infinity')
           ) AS c (lag, after, until)
     CROSS JOIN LATERAL (
         SELECT i.placed_at, i.invoice_id FROM read_invoices.invoices i
          WHERE i.tenant_id = $1 AND i.lag = c.lag
            AND i.recorded_at > greatest(c.after, $2) AND i.recorded_at <= least(c.until, $3)
            AND (i.placed_at <= $2 OR i.placed_at > $3 OR i.lag = 10) AND ($4::uuid IS NULL OR i.terminal_id = $4)
            AND (i.placed_at, i.invoice_id) > ($7::timestamptz, $8::uuid)
         OFFSET 0) i
     WHERE c.after IS NOT NULL
), listed AS (
    (SELECT i.placed_at, i.invoice_id FROM read_invoices.invoices i
      WHERE i.tenant_id = $1 AND ($4 IS NULL OR i.terminal_id = $4)
        AND i.placed_at > coalesce($2, '-infinity')
        AND i.placed_at <= coalesce($3, CASE WHEN $2 IS NULL THEN 'infinity'::timestamptz ELSE '9999-12-30' END)
        AND (i.placed_at, i.invoice_id) > ($7::timestamptz, $8::uuid)
      ORDER BY i.placed_at, i.invoice_id LIMIT $5::bigint + $6::bigint)
     UNION ALL
    (SELECT i.placed_at, i.invoice_id FROM read_invoices.invoices i
      WHERE (SELECT are_many FROM odd) AND i.tenant_id = $1 AND ($4 IS NULL OR i.terminal_id = $4)
        AND i.placed_at <= $2 AND i.lag = 9 AND i.recorded_at > $2 AND i.recorded_at <= coalesce($3, 'infinity')
        AND (i.placed_at, i.invoice_id) > ($7::timestamptz, $8::uuid)
      ORDER BY i.placed_at, i.invoice_id LIMIT $5 + $6)
     UNION ALL
    SELECT placed_at, invoice_id FROM late
), page AS MATERIALIZED (
    SELECT l.placed_at, l.invoice_id FROM listed l ORDER BY l.placed_at, l.invoice_id OFFSET $5 LIMIT $6
), last AS (
    SELECT p.placed_at, p.invoice_id FROM page p ORDER BY p.placed_at DESC, p.invoice_id DESC LIMIT 1
)
SELECT at.position, last.placed_at AS last_time, last.invoice_id AS last_id, ARRAY (
    SELECT CASE WHEN sum(octet_length(i.document)) OVER so_far - octet_length(i.document) < 64000000 THEN i.document END
      FROM page
     CROSS JOIN LATERAL (
         SELECT i.document FROM read_invoices.invoices i
          WHERE i.tenant_id = $1 AND i.invoice_id = page.invoice_id OFFSET 0) i
    WINDOW so_far AS (ORDER BY page.placed_at, page.invoice_id ROWS UNBOUNDED PRECEDING)
     ORDER BY page.placed_at, page.invoice_id
) AS documents
  FROM (SELECT coalesce(max(position), 0) AS position
          FROM ledger.checkpoints WHERE tenant_id = $1 AND projection = 'invoices') AS at
  LEFT JOIN last ON true
