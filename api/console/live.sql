-- name: checkpoints -- how far each read model has come
SELECT c.projection, c.position FROM ledger.checkpoints c WHERE c.tenant_id = $1

-- name: log -- what moves when anything of a log does: its head, its seal, what has stopped, and its read models
SELECT (SELECT position FROM ledger.events WHERE tenant_id = $1 ORDER BY position DESC LIMIT 1) AS head,
       (SELECT size FROM ledger.signed_checkpoints
         WHERE tenant_id = $1 ORDER BY generation DESC, size DESC LIMIT 1) AS sealed,
       (SELECT count(*) FROM ledger.seal_stops WHERE tenant_id = $1) AS stops,
       (SELECT sum(position) + count(error) FROM ledger.checkpoints WHERE tenant_id = $1) AS applied
