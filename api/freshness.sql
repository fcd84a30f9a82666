-- name: checkpoint -- how far a projection has come, and why it stopped if it did; no row: it has not begun
SELECT position, error FROM ledger.checkpoints WHERE tenant_id = $1 AND projection = $2
