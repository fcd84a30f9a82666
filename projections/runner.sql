-- name: begin_step -- whose tables unqualified names mean, and whose rows there are
SELECT set_config('search_path', $1, true), set_config('ledger.tenant', ($2::integer)::text, true)

-- name: add_checkpoints -- every projection starts before the first event
INSERT INTO ledger.checkpoints (tenant_id, projection)
SELECT $1, n.projection FROM unnest($2::text[]) AS n (projection)
    ON CONFLICT DO NOTHING

-- name: take_checkpoints -- those that nobody holds and that have not stopped; who holds the row owns the projection
SELECT projection, position FROM ledger.checkpoints
 WHERE tenant_id = $1 AND projection = ANY ($2::text[]) AND error IS NULL
 ORDER BY projection
   FOR UPDATE SKIP LOCKED

-- name: move_checkpoints -- with the rows the events changed
UPDATE ledger.checkpoints c
   SET position = n.position, error = n.error
  FROM unnest($2::text[], $3::bigint[], $4::text[]) AS n (projection, position, error)
 WHERE c.tenant_id = $1 AND c.projection = n.projection

-- name: tenants_behind -- of $2, or of all where that is null: with events that a projection which has not stopped has
-- not seen
SELECT t.tenant_id, t.head, last.position
  FROM ledger.heads_of($2::integer[]) t
 CROSS JOIN LATERAL (
     SELECT min(CASE WHEN c.projection IS NULL THEN 0 WHEN c.error IS NULL THEN c.position END) AS position
       FROM unnest($1::text[]) AS n (projection)
       LEFT JOIN ledger.checkpoints c ON c.tenant_id = t.tenant_id AND c.projection = n.projection) last
 WHERE t.head > last.position
 ORDER BY t.tenant_id

-- name: start_again -- what stopped a projection may have been mended since
UPDATE ledger.checkpoints SET error = NULL WHERE projection = ANY ($1::text[]) AND error IS NOT NULL
