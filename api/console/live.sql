-- name: checkpoints -- how far each read model has come
SELECT c.projection, c.position FROM ledger.checkpoints c WHERE c.tenant_id = $1
