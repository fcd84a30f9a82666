-- name: by_reference -- streams of orders that bear a number ($2) of these kinds ($3), $4 at most
SELECT c.stream, array_agg(c.kind ORDER BY c.kind) AS kinds
  FROM unnest($3::text[]) AS wanted (kind)
 CROSS JOIN LATERAL (SELECT * FROM ledger.claims
                      WHERE tenant_id = $1 AND kind = wanted.kind AND key >= $2 || '/' AND key < $2 || '0'
                        AND key = $2 || '/' || stream
                      ORDER BY key LIMIT $4 OFFSET 0) c
 GROUP BY c.stream ORDER BY c.stream LIMIT $4

-- name: by_receipt -- the order that a receipt ($3) of a terminal ($2) is of
SELECT $2::text AS terminal, stream FROM ledger.claims WHERE tenant_id = $1 AND kind = 'receipt' AND key = $2 || '/' || $3

-- name: by_receipt_anywhere -- the same at every terminal, $3 at most: keys are `terminal/number`, and '0' follows '/', so
-- that one look into the index leads from each terminal to the next, however many receipts they have printed. What is
-- looked for is made beforehand: see `position_at`.
WITH RECURSIVE terminals AS (
    (SELECT split_part(key, '/', 1) AS terminal FROM ledger.claims
      WHERE tenant_id = $1 AND kind = 'receipt' ORDER BY key LIMIT 1)
     UNION ALL
    SELECT (SELECT split_part(c.key, '/', 1) FROM ledger.claims c
             WHERE c.tenant_id = $1 AND c.kind = 'receipt' AND c.key >= t.past ORDER BY c.key LIMIT 1)
      FROM (SELECT terminal || '0' AS past FROM terminals WHERE terminal IS NOT NULL OFFSET 0) t
)
SELECT t.terminal, c.stream
  FROM (SELECT terminal, terminal || '/' || $2 AS key FROM terminals OFFSET 0) t
 CROSS JOIN LATERAL (SELECT stream FROM ledger.claims
                      WHERE tenant_id = $1 AND kind = 'receipt' AND key = t.key OFFSET 0) c
 ORDER BY t.terminal LIMIT $3
