-- name: leaf_hashes -- the leaf hashes of the events after position $2, in order and in one piece: at most $3 of them, and
-- no more once their data has passed 16 MB. `ledger/audit/leaf.py` says what is hashed; the database does it, for then
-- an event is 32 bytes to move. The offset into the numeric epoch is exact.
SELECT count(*) AS events, min(position) AS first, max(position) AS last,
       string_agg(sha256('\x006f726465722d6c65646765722f6576656e742f76310a'::bytea
           || uuid_send(event_id)
           || int4send(octet_length(stream)) || convert_to(stream, 'UTF8')
           || int8send(version)
           || int4send(octet_length(type)) || convert_to(type, 'UTF8')
           || int4send(schema_version)
           || int8send((extract(epoch FROM occurred_at) * 1000000)::bigint)
           || int8send((extract(epoch FROM recorded_at) * 1000000)::bigint)
           || int4send(octet_length(metadata)) || metadata
           || int4send(octet_length(data)) || data), ''::bytea ORDER BY position) AS hashes
  FROM (SELECT e.*, sum(octet_length(data)) OVER (ORDER BY position) - octet_length(data) AS bytes_before
          FROM (SELECT * FROM ledger.events
                 WHERE tenant_id = $1 AND position > $2 ORDER BY position LIMIT $3) e) e
 WHERE bytes_before < 16000000

-- name: hole_after -- the last position before the first one that is missing after $2
SELECT position FROM ledger.events e
 WHERE tenant_id = $1 AND position > $2
   AND NOT EXISTS (SELECT FROM ledger.events WHERE tenant_id = $1 AND position = e.position + 1)
 ORDER BY position LIMIT 1

-- name: seals -- how far each tenant's log has come, and how far it is sealed
SELECT tenant_id, name, head, generation, vkey, size, stopped FROM ledger.seals() WHERE NOT $1 OR stopped IS NOT NULL

-- name: seal_ages -- seconds since each tenant's newest checkpoint was signed, and since its oldest unsealed event came
SELECT tenant_id, signed, waiting FROM ledger.seal_ages()

-- name: try_lock -- whether this connection is the one that seals for the tenant, from here on and until it ends
SELECT pg_try_advisory_lock($1, $2)

-- name: add_key -- registered once, for ever; who remembers the same generation registers the same key
INSERT INTO ledger.seal_keys (tenant_id, generation, vkey, reason) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING

-- name: add_tiles -- full ones; one that stands is not written again
INSERT INTO ledger.tiles (tenant_id, generation, level, number, hashes, root)
SELECT $1, $2, n.level, n.number, n.hashes, n.root
  FROM unnest($3::smallint[], $4::bigint[], $5::bytea[], $6::bytea[]) AS n (level, number, hashes, root)
    ON CONFLICT DO NOTHING

-- name: add_checkpoints -- signed notes; one that stands is not written again
INSERT INTO ledger.signed_checkpoints (tenant_id, generation, size, note)
SELECT $1, $2, n.size, n.note FROM unnest($3::bigint[], $4::text[]) AS n (size, note)
    ON CONFLICT DO NOTHING

-- name: other_checkpoint -- the size of a note that stands where another should; null: all are as they should be
SELECT n.size FROM unnest($3::bigint[], $4::text[]) AS n (size, note)
  LEFT JOIN ledger.signed_checkpoints c ON c.tenant_id = $1 AND c.generation = $2 AND c.size = n.size
 WHERE c.note IS DISTINCT FROM n.note ORDER BY n.size LIMIT 1

-- name: add_stop -- never to be signed again
INSERT INTO ledger.seal_stops (tenant_id, generation, reason) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING

-- name: tiles -- some full tiles
SELECT t.level, t.number, t.hashes, t.root FROM unnest($3::smallint[], $4::bigint[]) AS n (level, number)
  JOIN ledger.tiles t ON t.tenant_id = $1 AND t.generation = $2 AND t.level = n.level AND t.number = n.number

-- name: checkpoint -- a signed note by its size
SELECT note FROM ledger.signed_checkpoints WHERE tenant_id = $1 AND generation = $2 AND size = $3

-- name: sealed -- the newest generation of a tenant's log: its key, its newest checkpoint, and why it stopped if it did
SELECT k.generation, k.vkey, c.size, c.note, s.reason
  FROM (SELECT generation, vkey FROM ledger.seal_keys WHERE tenant_id = $1 ORDER BY generation DESC LIMIT 1) k
  LEFT JOIN LATERAL (SELECT size, note FROM ledger.signed_checkpoints
                      WHERE tenant_id = $1 AND generation = k.generation ORDER BY size DESC LIMIT 1) c ON true
  LEFT JOIN ledger.seal_stops s ON s.tenant_id = $1 AND s.generation = k.generation

-- name: checkpoints_after -- signed notes of larger trees, smallest first
SELECT size, note FROM ledger.signed_checkpoints
 WHERE tenant_id = $1 AND generation = $2 AND size > $3 ORDER BY size LIMIT $4

-- name: parts_of_tiles -- of full tiles of level 0, from each so many hashes after the first so many
SELECT (SELECT substr(hashes, n.first * 32 + 1, n.count * 32) FROM ledger.tiles
         WHERE tenant_id = $1 AND generation = $2 AND level = 0 AND number = n.number)
  FROM unnest($3::bigint[], $4::integer[], $5::integer[]) WITH ORDINALITY AS n (number, first, count, ordinal)
 ORDER BY n.ordinal

-- name: roots_of_tiles -- runs of entries of a level above 0: the roots of the tiles below them; `below` is made beforehand,
-- see `position_at`
SELECT (SELECT string_agg(root, ''::bytea ORDER BY number) FROM ledger.tiles
         WHERE tenant_id = $1 AND generation = $2 AND level = n.below AND number >= n.first AND number < n.after)
  FROM (SELECT level - 1 AS below, first, after, ordinal
          FROM unnest($3::integer[], $4::bigint[], $5::bigint[]) WITH ORDINALITY AS u (level, first, after, ordinal)
        OFFSET 0) n
 ORDER BY n.ordinal

-- name: position_of -- where an event lies
SELECT position FROM ledger.events WHERE tenant_id = $1 AND event_id = $2
