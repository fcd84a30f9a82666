-- name: checkpoints -- how far projections have come, and why they stopped
SELECT projection, position, error FROM ledger.checkpoints WHERE tenant_id = $1 AND projection = ANY ($2::text[])

-- name: hang_up -- every other connection of this database breaks
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()

-- name: generations -- the schemas of read models
SELECT nspname FROM pg_namespace WHERE nspname LIKE 'read%' ORDER BY nspname

-- name: read_slowly -- a report that takes a while
SELECT count(*), pg_sleep($1) FROM read_orders.orders
