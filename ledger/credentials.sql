-- name: add_key -- only its hash
INSERT INTO ledger.api_keys (tenant_id, key_id, hash, label, role, terminal_id, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: find_key -- who it is, and how many seconds it has left by this clock. Acts for the tenant by itself: each till's
-- first request after a while waits for it
SELECT k.key_id, k.role, k.terminal_id,
       CASE WHEN k.revoked_at IS NOT NULL THEN 0
            WHEN k.expires_at IS NULL THEN 'infinity'::float8
            ELSE extract(epoch FROM k.expires_at - clock_timestamp())::float8 END AS seconds
  FROM (SELECT set_config('ledger.tenant', ($1::integer)::text, true)::integer AS tenant_id OFFSET 0) me
 CROSS JOIN LATERAL (
     SELECT * FROM ledger.api_keys WHERE tenant_id = me.tenant_id AND hash = $2 OFFSET 0) k

-- name: keys_of -- oldest first
SELECT key_id, label, role, terminal_id, created_at, expires_at, revoked_at
  FROM ledger.api_keys WHERE tenant_id = $1 ORDER BY created_at, key_id

-- name: revoke_key -- once revoked it stays so since then
UPDATE ledger.api_keys SET revoked_at = coalesce(revoked_at, clock_timestamp())
 WHERE tenant_id = $1 AND key_id = $2 RETURNING key_id
