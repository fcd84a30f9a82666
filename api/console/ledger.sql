-- name: seal -- the newest generation of the log: its key, what it was signed last and when, and why it stopped if it did
SELECT k.generation, k.vkey, k.since, k.reason, c.size, c.note, c.signed_at, s.reason AS stopped, s.stopped_at,
       (SELECT recorded_at FROM ledger.events WHERE tenant_id = $1 AND position = coalesce(c.size, 0) + 1) AS waits_since
  FROM (SELECT * FROM ledger.seal_keys WHERE tenant_id = $1 ORDER BY generation DESC LIMIT 1) k
  LEFT JOIN LATERAL (SELECT * FROM ledger.signed_checkpoints
                      WHERE tenant_id = $1 AND generation = k.generation ORDER BY size DESC LIMIT 1) c ON true
  LEFT JOIN ledger.seal_stops s ON s.tenant_id = $1 AND s.generation = k.generation

-- name: checkpoints -- the newest that were signed of generation $2, largest first
SELECT size, signed_at, note FROM ledger.signed_checkpoints
 WHERE tenant_id = $1 AND generation = $2 ORDER BY size DESC LIMIT $3

-- name: standing -- of these read models: how far each is, and since when the first event waits that it has not applied
SELECT n.name, coalesce(c.position, 0) AS checkpoint, c.error, e.recorded_at AS waits_since
  FROM unnest($2::text[]) WITH ORDINALITY AS n (name, ordinal)
  LEFT JOIN ledger.checkpoints c ON c.tenant_id = $1 AND c.projection = n.name
  LEFT JOIN ledger.events e ON e.tenant_id = $1 AND e.position = coalesce(c.position, 0) + 1
 ORDER BY n.ordinal

-- name: tail -- the newest events; of large ones, which would take a while to read, without what is in them
SELECT position, stream, type, schema_version, occurred_at, recorded_at, metadata,
       CASE WHEN octet_length(data) < 65536 THEN data END AS data
  FROM ledger.events WHERE tenant_id = $1 ORDER BY position DESC LIMIT $2
