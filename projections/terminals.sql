-- name: save_terminals -- when the ledger last heard from each
INSERT INTO terminals (tenant_id, terminal_id, seen_at)
SELECT $1, n.* FROM unnest($2::uuid[], $3::timestamptz[]) AS n
    ON CONFLICT (tenant_id, terminal_id) DO UPDATE SET seen_at = excluded.seen_at

-- name: save_health -- the newest content of each log entry
INSERT INTO terminal_health (tenant_id, log_id, terminal_id, active_at, position, document)
SELECT $1, n.* FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::bigint[], $6::bytea[]) AS n
    ON CONFLICT (tenant_id, log_id) DO UPDATE
   SET terminal_id = excluded.terminal_id, active_at = excluded.active_at, position = excluded.position,
       document = excluded.document

-- name: save_reports -- the newest content of each
INSERT INTO terminal_reports (tenant_id, report_id, terminal_id, report_type, created_at, position, document)
SELECT $1, n.*
  FROM unnest($2::uuid[], $3::uuid[], $4::integer[], $5::timestamptz[], $6::bigint[], $7::bytea[]) AS n
    ON CONFLICT (tenant_id, report_id) DO UPDATE
   SET terminal_id = excluded.terminal_id, report_type = excluded.report_type, created_at = excluded.created_at,
       position = excluded.position, document = excluded.document

-- name: terminals -- one look into the index per terminal, however many reports it has sent. What comes after more than
-- 64 MB is null, and all is refused
WITH terminal AS (
    SELECT t.terminal_id, t.seen_at, h.document AS health, x.document AS x_report, z.document AS z_report,
           octet_length(h.document) + coalesce(octet_length(x.document), 0) + coalesce(octet_length(z.document), 0)
               AS size
      FROM read_terminals.terminals t
           -- A terminal whose only entry turned out to be another's has no health, and is none.
           CROSS JOIN LATERAL (
               SELECT h.document FROM read_terminals.terminal_health h
                WHERE h.tenant_id = t.tenant_id AND h.terminal_id = t.terminal_id
                ORDER BY h.active_at DESC NULLS LAST, h.position DESC LIMIT 1) h
           LEFT JOIN LATERAL (
               SELECT r.document FROM read_terminals.terminal_reports r
                WHERE r.tenant_id = t.tenant_id AND r.terminal_id = t.terminal_id AND r.report_type = 0
                ORDER BY r.created_at DESC NULLS LAST, r.position DESC LIMIT 1) x ON true
           LEFT JOIN LATERAL (
               SELECT r.document FROM read_terminals.terminal_reports r
                WHERE r.tenant_id = t.tenant_id AND r.terminal_id = t.terminal_id AND r.report_type = 1
                ORDER BY r.created_at DESC NULLS LAST, r.position DESC LIMIT 1) z ON true
     WHERE t.tenant_id = $1
), shown AS (
    SELECT t.*, sum(size) OVER (ORDER BY terminal_id ROWS UNBOUNDED PRECEDING) - size < 64000000 AS fits
      FROM terminal t
)
SELECT coalesce(array_agg(terminal_id ORDER BY terminal_id), '{}') AS terminal_ids,
       coalesce(array_agg(seen_at ORDER BY terminal_id), '{}') AS seen,
       coalesce(array_agg(CASE WHEN fits THEN health END ORDER BY terminal_id), '{}') AS health,
       coalesce(array_agg(CASE WHEN fits THEN x_report END ORDER BY terminal_id), '{}') AS x_reports,
       coalesce(array_agg(CASE WHEN fits THEN z_report END ORDER BY terminal_id), '{}') AS z_reports,
       coalesce((SELECT c.position FROM ledger.checkpoints c
                  WHERE c.tenant_id = $1 AND c.projection = 'terminals'), 0) AS position
  FROM shown

-- name: reports -- newest first, of terminal $2 where one is given; $3 at most, and no more once they have passed 64 MB
SELECT coalesce((
           SELECT array_agg(p.document ORDER BY p.created_at DESC NULLS LAST, p.position DESC)
             FROM (SELECT r.*, sum(octet_length(document)) OVER (
                                  ORDER BY created_at DESC NULLS LAST, position DESC ROWS UNBOUNDED PRECEDING)
                              - octet_length(document) AS before
                     FROM (SELECT r.document, r.created_at, r.position
                             FROM read_terminals.terminal_reports r
                            WHERE r.tenant_id = $1 AND ($2::uuid IS NULL OR r.terminal_id = $2)
                            ORDER BY r.created_at DESC NULLS LAST, r.position DESC LIMIT $3) r) p
            WHERE p.before < 64000000), '{}') AS documents,
       coalesce((SELECT c.position FROM ledger.checkpoints c
                  WHERE c.tenant_id = $1 AND c.projection = 'terminals'), 0) AS position
