-- name: checkpoints -- how far projections have come, and why they stopped
SELECT projection, position, error FROM ledger.checkpoints WHERE tenant_id = $1 AND projection = ANY ($2::text[])

-- name: hang_up -- every other connection of this database breaks
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()

-- name: generations -- the schemas of read models
SELECT nspname FROM pg_namespace WHERE nspname LIKE 'read%' ORDER BY nspname

-- name: read_slowly -- a report that takes a while
SELECT count(*), pg_sleep($1) FROM read_orders.orders

-- name: keys -- which subjects ever had a key, and whether they have one
SELECT subject, wrapped IS NOT NULL AS alive FROM ledger.personal_keys

-- name: give_a_key -- to one who may have none
UPDATE ledger.personal_keys SET wrapped = '\x00' WHERE subject = $1

-- name: delete_keys -- so that another could be made
DELETE FROM ledger.personal_keys WHERE subject = $1

-- name: everything_of_events -- their bytes
SELECT metadata, data FROM ledger.events

-- name: everything_of_orders -- their bytes, and the customers'
SELECT document, state FROM read_orders.orders UNION ALL SELECT document, '' FROM read_orders.customers

-- name: stop_projection -- as if an event could not be applied
UPDATE ledger.checkpoints SET error = 'something' WHERE tenant_id = $1 AND projection = $2

-- name: tables_of_read_models -- those in use
SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname LIKE 'read\_%' ORDER BY 1

-- name: add_level -- what a product's stock is at an outlet
INSERT INTO read_stock.stock (tenant_id, product_id, outlet_id, quantity, description) VALUES ($1, $2, $3, $4, $5)
