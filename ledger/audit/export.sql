-- name: lines -- events after a position as an export has them, times in microseconds since 1970, in order: at most $3 of
-- them, and no more once they have passed 8 MB
SELECT position, event_id::text, stream, version, type, schema_version,
       (extract(epoch FROM occurred_at) * 1000000)::bigint AS occurred_at,
       (extract(epoch FROM recorded_at) * 1000000)::bigint AS recorded_at, metadata, data
  FROM (SELECT e.*, sum(octet_length(data)) OVER (ORDER BY position) - octet_length(data) AS bytes_before
          FROM (SELECT * FROM ledger.events
                 WHERE tenant_id = $1 AND position > $2 ORDER BY position LIMIT $3) e) e
 WHERE bytes_before < 8000000
 ORDER BY position
