-- name: lock_tenant -- the one who holds it hands out the next positions; a statement of its own, see schema.sql
SELECT pg_advisory_xact_lock($1, $2)

-- name: lock_tenant_shared -- granted once every write in flight has committed
SELECT pg_advisory_xact_lock_shared($1, $2)

-- name: head -- the newest position, 0 for an empty log
SELECT coalesce((SELECT position FROM ledger.events WHERE tenant_id = $1 ORDER BY position DESC LIMIT 1), 0)

-- name: now -- the database's clock
SELECT clock_timestamp()

-- name: read_log -- events after a position, in order
SELECT position, event_id, stream, version, type, schema_version, occurred_at, recorded_at, metadata, data
  FROM ledger.events
 WHERE tenant_id = $1 AND position > $2
 ORDER BY position
 LIMIT $3

-- name: read_streams -- what is newer than the versions known of these streams
SELECT e.position, e.event_id, e.stream, e.version, e.type, e.schema_version, e.occurred_at, e.recorded_at,
       e.metadata, e.data
  FROM unnest($2::text[], $3::bigint[]) AS known (stream, version)
  JOIN ledger.events e ON e.tenant_id = $1 AND e.stream = known.stream AND e.version > known.version
 ORDER BY e.position

-- name: read_outlets -- every outlet setting there ever was, oldest first (few: a person makes them)
SELECT position, event_id, stream, version, type, schema_version, occurred_at, recorded_at, metadata, data
  FROM ledger.events
 WHERE tenant_id = $1 AND stream >= 'outlet-' AND stream < 'outlet.'
 ORDER BY position

-- name: append -- the only way in
SELECT first_position, recorded_at FROM ledger.append($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: find_event -- whether an append whose answer was lost has happened
SELECT position FROM ledger.events WHERE tenant_id = $1 AND event_id = $2

-- name: read_claims -- exclusive claims by kind and key
SELECT c.kind, c.key, c.stream
  FROM unnest($2::text[], $3::text[]) AS wanted (kind, key)
  JOIN ledger.claims c ON c.tenant_id = $1 AND c.kind = wanted.kind AND c.key = wanted.key

-- name: read_shared_claims -- every stream that shares a claim: keys `value/stream` ('0' follows '/')
SELECT c.kind, wanted.value, c.stream
  FROM unnest($2::text[], $3::text[]) AS wanted (kind, value)
  JOIN ledger.claims c ON c.tenant_id = $1 AND c.kind = wanted.kind
   AND c.key >= wanted.value || '/' AND c.key < wanted.value || '0' AND c.key = wanted.value || '/' || c.stream

-- name: has_claims -- whether there is any claim of a kind: the usual answer for orphans is no
SELECT EXISTS (SELECT FROM ledger.claims WHERE tenant_id = $1 AND kind = $2)

-- name: add_claims -- with the events that make them; one that stands already is the same stream's
INSERT INTO ledger.claims
SELECT $1, n.kind, n.key, n.stream FROM unnest($2::text[], $3::text[], $4::text[]) AS n (kind, key, stream)
    ON CONFLICT DO NOTHING

-- name: drop_claims -- promises that were kept
DELETE FROM ledger.claims c
 USING unnest($2::text[], $3::text[]) AS gone (kind, key)
 WHERE c.tenant_id = $1 AND c.kind = gone.kind AND c.key = gone.key

-- name: read_counters -- numbers drawn so far
SELECT name, value FROM ledger.counters WHERE tenant_id = $1 AND name = ANY ($2::text[])

-- name: move_counters -- with the events that carry the numbers
INSERT INTO ledger.counters
SELECT $1, n.name, n.value FROM unnest($2::text[], $3::bigint[]) AS n (name, value)
    ON CONFLICT (tenant_id, name) DO UPDATE SET value = excluded.value

-- name: read_idempotency_keys -- what these keys stood for
SELECT k.path, k.key, k.fingerprint, k.position
  FROM unnest($2::text[], $3::text[]) AS wanted (path, key)
  JOIN ledger.idempotency_keys k ON k.tenant_id = $1 AND k.path = wanted.path AND k.key = wanted.key

-- name: add_idempotency_keys -- also where nothing was appended
INSERT INTO ledger.idempotency_keys
SELECT $1, n.path, n.key, n.fingerprint, n.position
  FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) AS n (path, key, fingerprint, position)
    ON CONFLICT DO NOTHING

-- name: read_personal_keys -- wrapped by the master key
SELECT subject, wrapped FROM ledger.personal_keys WHERE tenant_id = $1 AND subject = ANY ($2::text[])

-- name: add_personal_keys -- made with the first event that needs them
INSERT INTO ledger.personal_keys
SELECT $1, n.subject, n.wrapped FROM unnest($2::text[], $3::bytea[]) AS n (subject, wrapped)

-- name: tenants -- all of them
SELECT tenant_id, name, zone, secret FROM ledger.tenants ORDER BY tenant_id

-- name: add_tenant -- under the next number
INSERT INTO ledger.tenants (tenant_id, name, zone, secret)
SELECT coalesce(max(tenant_id), 0) + 1, $1, $2, $3 FROM ledger.tenants
    ON CONFLICT (name) DO NOTHING

-- name: notify -- wakes projectors in other processes; never inside an append, where it would serialise commits
SELECT pg_notify('ledger', $1)
