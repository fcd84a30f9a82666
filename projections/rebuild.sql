-- name: try_lock -- one rebuild at a time; held by the connection, so that a killed one lets go
SELECT pg_try_advisory_lock($1, 0)

-- name: unlock -- the next one may
SELECT pg_advisory_unlock($1, 0)

-- name: forget_checkpoints -- of a generation that is thrown away
DELETE FROM ledger.checkpoints WHERE projection = $1

-- name: rename_checkpoints -- the new generation goes on under the projection's own name
UPDATE ledger.checkpoints SET projection = $2 WHERE projection = $1

-- name: hold_all_projections -- every runner's step ends before this is granted, and none begins until the commit: with
-- row locks alone one could still begin for a tenant that has no checkpoint yet. Reading goes on
LOCK TABLE ledger.checkpoints IN EXCLUSIVE MODE

-- name: wait_briefly -- for readers of the old tables, which would hold up all that come after
SET LOCAL lock_timeout = '2s'

-- name: standing -- how far the next generations (named with $2) of these projections have come for every tenant, and
-- those in use
SELECT t.tenant_id, p.name, coalesce(n.position, 0) AS next, coalesce(l.position, 0) AS live, n.error, t.head
  FROM ledger.heads() t
 CROSS JOIN unnest($1::text[]) AS p (name)
  LEFT JOIN ledger.checkpoints n ON n.tenant_id = t.tenant_id AND n.projection = p.name || $2
  LEFT JOIN ledger.checkpoints l ON l.tenant_id = t.tenant_id AND l.projection = p.name
 ORDER BY t.tenant_id
