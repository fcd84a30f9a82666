-- What people are shown of drawers.

-- name: entries -- the newest $5 that happened in [$2, $3), at terminal $4 where one is given
SELECT e.terminal_id, (SELECT d.document FROM read_drawer.drawer_entries d
                        WHERE d.tenant_id = $1 AND d.entry_id = e.entry_id) AS document
  FROM (SELECT e.placed_at, e.entry_id, e.terminal_id FROM read_drawer.drawer_entries e
         WHERE e.tenant_id = $1 AND e.placed_at >= $2::timestamptz AND e.placed_at < $3::timestamptz
           AND ($4::uuid IS NULL OR e.terminal_id = $4)
         ORDER BY e.placed_at DESC, e.entry_id LIMIT $5) e
 ORDER BY e.placed_at DESC, e.entry_id
