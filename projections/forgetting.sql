-- name: behind -- the read models ($3), and those in the making (named with $4), that have not come to position $2
SELECT coalesce(c.projection, n.projection) AS projection, coalesce(c.position, 0) AS position,
       c.error IS NOT NULL AS stopped
  FROM unnest($3::text[]) AS n (projection)
  FULL JOIN (SELECT * FROM ledger.checkpoints
              WHERE tenant_id = $1 AND (projection = ANY ($3::text[]) OR projection = ANY (
                    SELECT p || $4::text FROM unnest($3::text[]) AS p))) c USING (projection)
 WHERE coalesce(c.position, 0) < $2

-- name: personal_tables -- what may hold old versions of rows with personal data, and of keys
SELECT array_agg(format('%I.%I', schemaname, tablename))
  FROM pg_tables
 WHERE schemaname IN ('read_orders', 'read_invoices', 'read_swish', 'read_drawer')
    OR schemaname = 'ledger' AND tablename = 'personal_keys'
