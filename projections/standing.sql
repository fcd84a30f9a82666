-- name: standing -- of these projections, for every tenant; with $2 only those that are behind or have stopped
SELECT tenant_id, tenant, head, projection, checkpoint, error, waiting FROM ledger.standing($1)
 WHERE NOT $2 OR checkpoint < head OR error IS NOT NULL
