-- name: lock_tenant -- who holds it hands out the next positions; a statement of its own, see schema.sql. From here on
-- the transaction acts for the tenant
SELECT pg_advisory_xact_lock($1, $2), set_config('ledger.tenant', ($2::integer)::text, true)

-- name: wait_for_writers -- answers once every write in flight has committed or failed; by itself, in no transaction
SELECT pg_advisory_xact_lock_shared($1, $2)

-- name: head -- the newest position, 0 for an empty log
SELECT coalesce((SELECT position FROM ledger.events WHERE tenant_id = $1 ORDER BY position DESC LIMIT 1), 0)

-- name: position_at -- the newest event recorded by the instant $2: recorded_at never decreases, so halving finds it.
-- `middle` is made beforehand, for behind the wall between tenants PostgreSQL 15 looks up in an index only what is there:
-- it does not trust a division with rows that may be another tenant's. 16 knows that the division does not see them.
WITH RECURSIVE half AS (
    SELECT 0::bigint AS low, coalesce((SELECT position FROM ledger.events
                                        WHERE tenant_id = $1 ORDER BY position DESC LIMIT 1), 0) AS high
     UNION ALL
    SELECT CASE WHEN e.recorded_at <= $2 THEN e.position ELSE h.low END,
           CASE WHEN e.recorded_at <= $2 THEN h.high ELSE e.position - 1 END
      FROM (SELECT low, high, (low + high + 1) / 2 AS middle FROM half WHERE low < high OFFSET 0) h
     CROSS JOIN LATERAL (SELECT position, recorded_at FROM ledger.events
                          WHERE tenant_id = $1 AND position = h.middle OFFSET 0) e
)
SELECT low FROM half WHERE low = high

-- name: read_log -- events after a position, in order: at most $3 of them, and no more once they have passed 2 MB
SELECT position, event_id, stream, version, type, schema_version, occurred_at, recorded_at, metadata, data
  FROM (SELECT e.*, sum(octet_length(data)) OVER (ORDER BY position) - octet_length(data) AS bytes_before
          FROM (SELECT * FROM ledger.events
                 WHERE tenant_id = $1 AND position > $2 ORDER BY position LIMIT $3) e) e
 WHERE bytes_before < 2000000
 ORDER BY position

-- name: read_stream -- what happened to a stream after its version $3, up to position $4: at most $5 events, and no more
-- once they have passed 2 MB
SELECT position, event_id, stream, version, type, schema_version, occurred_at, recorded_at, metadata, data
  FROM (SELECT e.*, sum(octet_length(data)) OVER (ORDER BY version) - octet_length(data) AS bytes_before
          FROM (SELECT * FROM ledger.events
                 WHERE tenant_id = $1 AND stream = $2 AND version > $3 ORDER BY version LIMIT $5) e) e
 WHERE bytes_before < 2000000 AND position <= $4
 ORDER BY version

-- name: read_streams -- what happened to some streams before position $3
SELECT e.position, e.event_id, e.stream, e.version, e.type, e.schema_version, e.occurred_at, e.recorded_at, e.metadata,
       e.data
  FROM unnest($2::text[]) AS wanted (stream)
 CROSS JOIN LATERAL (SELECT * FROM ledger.events
                      WHERE tenant_id = $1 AND stream = wanted.stream AND position < $3 OFFSET 0) e
 ORDER BY e.position

-- name: read_batch -- all that a batch of commands wants to see, in one answer: the head, what is newer than the versions
-- known of its streams ($2, $3; of each no more once it has passed $9 bytes), exclusive claims ($4, $5), every stream that shares a claim ($6, $7; keys are
-- `value/stream`, and '0' follows '/'; for `first` and `past` see `position_at`), and counters ($8). Orphans are asked for
-- with every order, and there are hardly ever any: one look spares the others. LATERAL with OFFSET 0 leaves the planner
-- one way, an index range for each: planned while the tables are small, a join would go on to scan all of the tenant's
-- log when it has grown. Of orders that go by the same number 17 will do (`reactions`). The arrays stand in queries of their own for the planner not to see them: it would plan anew for
-- each batch of one or two orders, which takes four times as long as the rest.
SELECT coalesce((SELECT position FROM ledger.events
                  WHERE tenant_id = $1 ORDER BY position DESC LIMIT 1), 0) AS position,
       NULL::uuid AS event_id, NULL AS stream, NULL::bigint AS version, NULL AS type, NULL::integer AS schema_version,
       NULL::timestamptz AS occurred_at, NULL::timestamptz AS recorded_at, NULL::bytea AS metadata,
       NULL::bytea AS data, 'head' AS what, NULL AS key
 UNION ALL
SELECT e.position, e.event_id, e.stream, e.version, e.type, e.schema_version, e.occurred_at, e.recorded_at,
       e.metadata, e.data, 'event', NULL
  FROM unnest((SELECT $2::text::text[]), (SELECT $3::text::bigint[])) AS known (stream, version)
 CROSS JOIN LATERAL (SELECT *, sum(octet_length(data)) OVER (ORDER BY version) - octet_length(data) AS bytes_before
                       FROM ledger.events
                      WHERE tenant_id = $1 AND stream = known.stream AND version > known.version OFFSET 0) e
 WHERE e.bytes_before < $9
 UNION ALL
SELECT NULL, NULL, c.stream, NULL, c.kind, NULL, NULL, NULL, NULL, NULL, 'claim', c.key
  FROM unnest((SELECT $4::text::text[]), (SELECT $5::text::text[])) AS wanted (kind, key)
 CROSS JOIN LATERAL (SELECT * FROM ledger.claims
                      WHERE tenant_id = $1 AND kind = wanted.kind AND key = wanted.key OFFSET 0) c
 UNION ALL
SELECT NULL, NULL, c.stream, NULL, c.kind, NULL, NULL, NULL, NULL, NULL, 'shared', wanted.value
  FROM (SELECT n.kind, n.value, n.value || '/' AS first, n.value || '0' AS past
          FROM unnest((SELECT $6::text::text[]), (SELECT $7::text::text[])) AS n (kind, value) OFFSET 0) wanted
 CROSS JOIN LATERAL (SELECT * FROM ledger.claims
                      WHERE tenant_id = $1 AND kind = wanted.kind AND key >= wanted.first AND key < wanted.past
                        AND key = wanted.first || stream OFFSET 0) c
 WHERE wanted.kind <> ALL ('{orphan,invoice-number,order-no-of-day,order-int-id}')
    OR (wanted.kind = 'orphan' AND (SELECT EXISTS (SELECT FROM ledger.claims WHERE tenant_id = $1 AND kind = 'orphan')))
 UNION ALL
SELECT NULL, NULL, c.stream, NULL, c.kind, NULL, NULL, NULL, NULL, NULL, 'shared', wanted.value
  FROM (SELECT n.kind, n.value, n.value || '/' AS first, n.value || '0' AS past
          FROM unnest((SELECT $6::text::text[]), (SELECT $7::text::text[])) AS n (kind, value)
         WHERE n.kind = ANY ('{invoice-number,order-no-of-day,order-int-id}') OFFSET 0) wanted
 CROSS JOIN LATERAL (SELECT * FROM ledger.claims
                      WHERE tenant_id = $1 AND kind = wanted.kind AND key >= wanted.first AND key < wanted.past
                        AND key = wanted.first || stream LIMIT 17) c
 UNION ALL
SELECT value, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'counter', name
  FROM ledger.counters WHERE tenant_id = $1 AND name = ANY ((SELECT $8::text::text[])::text[])

-- name: read_outlets -- every outlet setting there ever was, oldest first (few: a person makes them)
SELECT position, event_id, stream, version, type, schema_version, occurred_at, recorded_at, metadata, data
  FROM ledger.events
 WHERE tenant_id = $1 AND stream >= 'outlet-' AND stream < 'outlet.'
 ORDER BY position

-- name: append -- the only way in, which acts for the tenant $1 until its transaction ends; $13 is the head that all of it
-- was decided upon, null where the caller has the lock; $14 to $21 what was read or presumed for it and is to be looked at
-- instead, null where nothing but that head will do; from $22 on what few appends bring, null where there is none
SELECT first_position
  FROM (SELECT set_config('ledger.tenant', ($1::integer)::text, true)::integer AS tenant_id OFFSET 0) me
 CROSS JOIN LATERAL ledger.append(
        me.tenant_id, $2::text::uuid[], $3::text::text[], $4::text::bigint[], $5::text::text[], $6::text::integer[],
        $7::text::timestamptz[], $8, $9, $10::text::text[], $11::text::text[], $12::text::text[], $13, $14::text::text[],
        $15::text::bigint[], $16::text::text[], $17::text::text[], $18::text::text[], $19::text::text[],
        $20::text::text[], $21, $22::text::text[], $23, $24::text::text[], $25::text::text[], $26::text::text[],
        $27::text::text[], $28::text::bigint[], $29::text::text[], $30::text::text[], $31::text::text[],
        $32::text::bigint[])

-- name: find_event -- whether an append whose answer was lost has happened
SELECT position FROM ledger.events WHERE tenant_id = $1 AND event_id = $2

-- name: act_as_owner_for_now -- as the connecting user until the transaction ends: it may end backends of its own
SELECT set_config('role', 'none', true)

-- name: end_backend -- a backend of this process ($2) that was sent something and does not answer; waits $3 ms for its end
SELECT pg_terminate_backend(pid, $3) FROM pg_stat_activity WHERE pid = $1 AND application_name = $2

-- name: backend_lives -- whether there still is such a backend
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND application_name = $2)

-- name: read_idempotency_keys -- what these keys stood for
SELECT k.path, k.key, k.fingerprint, k.position
  FROM unnest($2::text[], $3::text[]) AS wanted (path, key)
 CROSS JOIN LATERAL (SELECT * FROM ledger.idempotency_keys
                      WHERE tenant_id = $1 AND path = wanted.path AND key = wanted.key OFFSET 0) k

-- name: read_personal_keys -- wrapped by a master key; null for an erased subject
SELECT subject, wrapped FROM ledger.personal_keys WHERE tenant_id = $1 AND subject = ANY ($2::text[])

-- name: tenants -- all of them
SELECT tenant_id, name, zone, secret FROM ledger.tenants ORDER BY tenant_id

-- name: books -- one of them, with the zones it had before, and how many settings of its outlets there ever were. Acts for
-- it by itself
SELECT t.tenant_id, t.name, t.zone, t.secret, t.zones_before, o.settings
  FROM (SELECT set_config('ledger.tenant', ($1::integer)::text, true)::integer AS tenant_id OFFSET 0) me
 CROSS JOIN LATERAL (SELECT * FROM ledger.tenants WHERE tenant_id = me.tenant_id OFFSET 0) t
 CROSS JOIN LATERAL (
     SELECT count(*) AS settings FROM ledger.events
      WHERE tenant_id = me.tenant_id AND stream >= 'outlet-' AND stream < 'outlet.' OFFSET 0) o

-- name: tenant_by_name -- one of them
SELECT tenant_id, name, zone, secret FROM ledger.tenants WHERE name = $1

-- name: add_tenant -- under the next number; none where the name is taken
INSERT INTO ledger.tenants (tenant_id, name, zone, secret)
SELECT coalesce(max(tenant_id), 0) + 1, $1, $2, $3 FROM ledger.tenants
    ON CONFLICT (name) DO NOTHING
RETURNING tenant_id

-- name: set_tenant_zone -- where an outlet has none of its own
UPDATE ledger.tenants SET zone = $2, zones_before = array_append(array_remove(zones_before, zone), zone)
 WHERE tenant_id = $1 AND zone <> $2

-- name: has_zone -- PostgreSQL has a list of its own
SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)

-- name: tenant_facts -- for people
SELECT t.name, t.zone, t.callback_key, t.callback_identifier IS NOT NULL,
       coalesce((SELECT position FROM ledger.events WHERE tenant_id = $1 ORDER BY position DESC LIMIT 1), 0)
  FROM ledger.tenants t WHERE t.tenant_id = $1

-- name: notify -- tells projectors in other processes of these tenants; never inside an append, where it would serialise
-- commits
SELECT pg_notify('ledger', n.tenant_id::text) FROM unnest($1::integer[]) AS n (tenant_id)
