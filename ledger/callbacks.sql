-- name: called -- whom a callback is for; where it names nobody, the one tenant there is
SELECT tenant_id, callback_identifier FROM ledger.tenants
 WHERE callback_key = $1 OR ($1 = '' AND (SELECT count(*) FROM ledger.tenants) = 1)

-- name: set_callback_identifier -- null takes it away
UPDATE ledger.tenants SET callback_identifier = $2 WHERE tenant_id = $1
