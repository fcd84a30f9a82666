-- name: standing -- of these projections, for every tenant
SELECT tenant_id, tenant, head, projection, checkpoint, error, waiting FROM ledger.standing($1)
