-- name: tenants -- and the secret of each
SELECT tenant_id, name, secret FROM ledger.tenants ORDER BY tenant_id

-- name: rewrap_secret -- unless somebody else has
UPDATE ledger.tenants SET secret = $3 WHERE tenant_id = $1 AND secret = $2

-- name: count_keys -- that there are to look at
SELECT count(*) FROM ledger.personal_keys WHERE tenant_id = $1 AND wrapped IS NOT NULL

-- name: next_keys -- the next $3 after subject $2
SELECT subject, wrapped FROM ledger.personal_keys
 WHERE tenant_id = $1 AND wrapped IS NOT NULL AND subject > $2
 ORDER BY subject LIMIT $3

-- name: rewrap_keys -- unless one was erased since it was read
UPDATE ledger.personal_keys k SET wrapped = n.anew
  FROM unnest($2::text[], $3::bytea[], $4::bytea[]) AS n (subject, wrapped, anew)
 WHERE k.tenant_id = $1 AND k.subject = n.subject AND k.wrapped = n.wrapped
