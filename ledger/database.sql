-- name: role_exists -- before the first migration there is no role to act as
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AND EXISTS (SELECT FROM pg_namespace WHERE nspname = 'ledger')

-- name: act_as_application -- from here on this connection cannot change the log
SET ROLE order_ledger

-- name: act_as_owner -- for the migration
SET LOCAL ROLE NONE

-- name: lock_transaction -- held until the transaction ends
SELECT pg_advisory_xact_lock($1, $2)
