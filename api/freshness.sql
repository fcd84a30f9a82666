-- name: checkpoint -- how far a projection has come (0: it has not begun), why it stopped if it did, and the generation
-- of its tables: a rebuild makes others
SELECT coalesce(c.position, 0), c.error, to_regnamespace('read_' || $2)::oid::bigint
  FROM (VALUES (1)) AS one
  LEFT JOIN ledger.checkpoints c ON c.tenant_id = $1 AND c.projection = $2
