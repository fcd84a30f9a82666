-- name: log -- every event, and the request that caused it
SELECT position, recorded_at, coalesce(metadata ->> 'correlation', '') AS correlation
  FROM ledger.events_as_json ORDER BY position
