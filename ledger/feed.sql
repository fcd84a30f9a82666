-- name: all -- events after $2 in order, at most $3, none past the head $4, and no more once they have passed 8 MB
SELECT position, event_id, stream, version, type, schema_version, occurred_at, recorded_at, metadata, data
  FROM (SELECT e.*, sum(octet_length(data)) OVER (ORDER BY position) - octet_length(data) AS bytes_before
          FROM (SELECT * FROM ledger.events
                 WHERE tenant_id = $1 AND position > $2 AND position <= $4 ORDER BY position LIMIT $3) e) e
 WHERE bytes_before < 8000000
 ORDER BY position

-- name: of_types -- the same, of these types ($5) only; the caller bounds $4, for nothing is indexed by type
SELECT position, event_id, stream, version, type, schema_version, occurred_at, recorded_at, metadata, data
  FROM (SELECT e.*, sum(octet_length(data)) OVER (ORDER BY position) - octet_length(data) AS bytes_before
          FROM (SELECT * FROM ledger.events
                 WHERE tenant_id = $1 AND position > $2 AND position <= $4 AND type = ANY ($5::text[])
                 ORDER BY position LIMIT $3) e) e
 WHERE bytes_before < 8000000
 ORDER BY position

-- name: of_stream -- the same, of one stream ($5), whose versions rise with its positions
SELECT position, event_id, stream, version, type, schema_version, occurred_at, recorded_at, metadata, data
  FROM (SELECT e.*, sum(octet_length(data)) OVER (ORDER BY version) - octet_length(data) AS bytes_before
          FROM (SELECT * FROM ledger.events
                 WHERE tenant_id = $1 AND stream = $5 AND position > $2 AND position <= $4 ORDER BY version LIMIT $3) e
       ) e
 WHERE bytes_before < 8000000
 ORDER BY version
