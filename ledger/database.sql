-- name: role_exists -- before the first migration there is no role to act as
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AND EXISTS (SELECT FROM pg_namespace WHERE nspname = 'ledger')

-- name: act_as -- SET ROLE: from here on this connection cannot change the log
SELECT set_config('role', $1, false)

-- name: act_as_owner -- until the transaction ends: the application's role may make no table and no schema
SET LOCAL ROLE NONE

-- name: lock_transaction -- held until the transaction ends
SELECT pg_advisory_xact_lock($1, $2)

-- name: act_for -- the tenant whose rows this connection meets until it is told otherwise
SELECT set_config('ledger.tenant', $1, false)

-- name: applied_schema -- the digest of the schema.sql this database was made by; null for none, or without its role
SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace
 WHERE nspname = 'ledger' AND EXISTS (SELECT FROM pg_roles WHERE rolname = $1)

-- name: note_schema -- the statement that keeps the digest
SELECT format('COMMENT ON SCHEMA ledger IS %L', $1::text)

-- name: act_as_owner_from_here -- for what cannot run inside a transaction
SET ROLE NONE

-- name: others -- how many other processes of this ledger are connected, this one ($1) apart
SELECT count(DISTINCT left(application_name, length($1))) FROM pg_stat_activity
 WHERE datname = current_database() AND application_name LIKE 'order-ledger %'
   AND left(application_name, length($1)) <> $1

-- name: other_servers -- whether others than this one ($1) answer requests from this database
SELECT EXISTS (
    SELECT FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'order-ledger % serve' AND application_name <> $1)

-- name: vacuum_statement -- those that somebody vacuums already, or may not be vacuumed by us, are left out
SELECT format('VACUUM (SKIP_LOCKED) %s', array_to_string($1::text[], ', '))
