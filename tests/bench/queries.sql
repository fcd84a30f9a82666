-- What only the bench asks of PostgreSQL.

-- name: create_database -- a statement that makes one, as a copy of another that nobody is connected to
SELECT format('CREATE DATABASE %I TEMPLATE %I', $1::text, $2::text)

-- name: drop_database -- a statement that takes one away, whoever is connected
SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', $1::text)

-- name: rename_database -- a statement that gives one that nobody is connected to another name
SELECT format('ALTER DATABASE %I RENAME TO %I', $1::text, $2::text)

-- name: bare_tables -- what the bare loop and plain inserts write to: the columns and keys of the log, nothing else
CREATE TABLE IF NOT EXISTS bare (
    tenant_id integer, position bigint, id uuid, data bytea,
    PRIMARY KEY (tenant_id, position)
);
CREATE TABLE IF NOT EXISTS plain (LIKE ledger.events INCLUDING ALL)

-- name: bare_lock -- as the ledger does
SELECT pg_advisory_xact_lock(7, 1)

-- name: bare_tail -- the newest position
SELECT coalesce((SELECT position FROM bare WHERE tenant_id = 1 ORDER BY position DESC LIMIT 1), 0)

-- name: bare_insert -- a batch
INSERT INTO bare
SELECT 1, $1 + n.ordinal, n.id, n.data FROM unnest($2::uuid[], $3::bytea[]) WITH ORDINALITY AS n (id, data, ordinal)

-- name: plain_tail -- the newest position
SELECT coalesce((SELECT position FROM plain WHERE tenant_id = 1 ORDER BY position DESC LIMIT 1), 0)

-- name: plain_insert -- a batch of events, with no check but those of the table
INSERT INTO plain
SELECT 1, $1 + n.ordinal, gen_random_uuid(), n.stream, 1, n.type, 1, now(), now(), n.metadata, n.data
  FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[])
       WITH ORDINALITY AS n (stream, type, metadata, data, ordinal)

-- name: clear -- the next round begins with none of the last one's rows
TRUNCATE bare, plain

-- name: an_order -- the events of one finalised order, as they lie in the log
SELECT e.type, e.metadata, e.data
  FROM ledger.events e
 WHERE e.tenant_id = $1 AND e.stream = (SELECT stream FROM ledger.events
                                         WHERE tenant_id = $1 AND type = 'order.finalised' ORDER BY position LIMIT 1)
 ORDER BY e.version

-- name: behind -- how many events the slowest read model of a tenant has still to come
SELECT coalesce((SELECT position FROM ledger.events WHERE tenant_id = $1 ORDER BY position DESC LIMIT 1), 0)
       - coalesce((SELECT min(position) FROM ledger.checkpoints WHERE tenant_id = $1), 0)

-- name: vacuum -- what the server does by itself a minute later
VACUUM ANALYZE

-- name: page -- a page of the log by key
SELECT position, event_id, stream, version, type, schema_version, occurred_at, recorded_at, metadata, data
  FROM ledger.events WHERE tenant_id = $1 AND position > $2 ORDER BY position LIMIT $3
