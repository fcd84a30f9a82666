-- name: lock_creation -- one process at a time makes schemas; until the transaction ends
SELECT pg_advisory_xact_lock($1, 0)

-- name: create_schema -- the statement, for a name that cannot be a parameter
SELECT format('CREATE SCHEMA IF NOT EXISTS %1$I; SET LOCAL search_path = %1$I', $1::text)

-- name: grant_schema -- the statement: the application changes read models, and makes none
SELECT format(
    'GRANT USAGE ON SCHEMA %1$I TO %2$I; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %1$I TO %2$I',
    $1::text, rolname) FROM pg_roles WHERE rolname = $2

-- name: drop_schema -- the statement, for a generation that is no longer wanted
SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', $1::text)

-- name: rename_schema -- the statement
SELECT format('ALTER SCHEMA %I RENAME TO %I', $1::text, $2::text)

-- name: raise_wall -- whatever a query asks for, it meets rows of its own tenant only (see schema.sql)
SELECT ledger.raise_wall($1)

-- name: made_by -- the digest of the statements that made a schema; null for none
SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = $1

-- name: note_maker -- the statement that keeps the digest
SELECT format('COMMENT ON SCHEMA %I IS %L', $1::text, $2::text)
