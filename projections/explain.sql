-- A cell of the sales: outlet $2 or all (null), business days $3 to $4, and where given the hour $5 and the category $6.
-- What counted between two positions never changes again, so these need no snapshot in common.

-- name: total -- of the cell as it is, and the position it reflects
SELECT coalesce((SELECT c.position FROM ledger.checkpoints c WHERE c.tenant_id = $1 AND c.projection = 'sales'), 0)
           AS position,
       coalesce(sum(t.gross), 0) AS gross, coalesce(sum(t.net), 0) AS net
  FROM read_sales.sales_outlets o
  JOIN read_sales.sales_totals t
    ON t.tenant_id = $1 AND t.outlet_id = o.outlet_id AND t.day BETWEEN $3::date AND $4::date
 WHERE o.tenant_id = $1 AND ($2::uuid IS NULL OR o.outlet_id = $2)
   AND ($5::smallint IS NULL OR t.hour = $5) AND ($6::text IS NULL OR t.category = $6)

-- name: sheets -- the next orders that counted in the cell at position $7, from ($8, $9, $10, $11) on, at most $12. Each
-- half has its own limit, which lets it stop in its index. The category is looked for as bytes ($6, as it is encoded):
-- a quick look that may find too much, for the entries are read afterwards anyway
SELECT s.day, s.hour, s.outlet_id, s.order_id, s.entries, s.position, s.written
  FROM ((SELECT o.day, o.hour, o.outlet_id, o.order_id, o.entries, o.position, o.written
           FROM read_sales.sales_orders o
          WHERE o.tenant_id = $1 AND ($2::uuid IS NULL OR o.outlet_id = $2) AND o.day BETWEEN $3::date AND $4::date
            AND ($5::smallint IS NULL OR o.hour = $5) AND ($6::bytea IS NULL OR position($6 IN o.entries) > 0)
            AND (o.day, o.hour, o.outlet_id, o.order_id) >= ($8::date, $9::smallint, $10::uuid, $11::uuid)
            AND o.position <= $7
          ORDER BY o.day, o.hour, o.outlet_id, o.order_id LIMIT $12)
         UNION ALL
        (SELECT o.day, o.hour, o.outlet_id, o.order_id, o.entries, o.position, o.written
           FROM read_sales.sales_past o
          WHERE o.tenant_id = $1 AND ($2::uuid IS NULL OR o.outlet_id = $2) AND o.day BETWEEN $3::date AND $4::date
            AND ($5::smallint IS NULL OR o.hour = $5) AND ($6::bytea IS NULL OR position($6 IN o.entries) > 0)
            AND (o.day, o.hour, o.outlet_id, o.order_id) >= ($8::date, $9::smallint, $10::uuid, $11::uuid)
            AND o.position <= $7 AND o.until > $7
          ORDER BY o.day, o.hour, o.outlet_id, o.order_id LIMIT $12)) s
 ORDER BY s.day, s.hour, s.outlet_id, s.order_id
 LIMIT $12

-- name: changes -- what each event after position $7 and up to $8 added to the cell or took from it, and all of it
-- together; those after position $9, at most $10
WITH version AS (
    SELECT o.order_id, o.entries, o.position AS at, 1 AS sign
      FROM read_sales.sales_orders o
     WHERE o.tenant_id = $1 AND ($2::uuid IS NULL OR o.outlet_id = $2) AND o.day BETWEEN $3::date AND $4::date
       AND ($5::smallint IS NULL OR o.hour = $5) AND o.position > $7 AND o.position <= $8
     UNION ALL
    SELECT o.order_id, o.entries, e.at, e.sign
      FROM read_sales.sales_past o CROSS JOIN LATERAL (VALUES (o.position, 1), (o.until, -1)) AS e (at, sign)
     WHERE o.tenant_id = $1 AND ($2::uuid IS NULL OR o.outlet_id = $2) AND o.day BETWEEN $3::date AND $4::date
       AND ($5::smallint IS NULL OR o.hour = $5) AND e.at > $7 AND e.at <= $8
), change AS MATERIALIZED (
    SELECT v.at, v.order_id, sum(v.sign * (e.entry ->> 3)::numeric) AS gross,
           sum(v.sign * (e.entry ->> 4)::numeric) AS net
      FROM version v
     CROSS JOIN LATERAL jsonb_array_elements(convert_from(v.entries, 'UTF8')::jsonb) AS e (entry)
     WHERE $6::text IS NULL OR e.entry ->> 1 = $6
     GROUP BY v.at, v.order_id
    HAVING sum(v.sign * (e.entry ->> 3)::numeric) <> 0 OR sum(v.sign * (e.entry ->> 4)::numeric) <> 0
)
SELECT total.gross AS all_gross, total.net AS all_net, page.at, page.order_id, page.gross, page.net
  FROM (SELECT coalesce(sum(c.gross), 0) AS gross, coalesce(sum(c.net), 0) AS net FROM change c) AS total
  LEFT JOIN (SELECT * FROM change c WHERE c.at > $9 ORDER BY c.at LIMIT $10) AS page ON true
 ORDER BY page.at

-- name: papers -- what is printed on the papers of these orders
SELECT o.order_id, o.document FROM read_orders.orders o WHERE o.tenant_id = $1 AND o.order_id = ANY ($2::uuid[])

-- name: events -- what these events are
SELECT e.position, e.type, e.occurred_at, e.recorded_at
  FROM unnest($2::bigint[]) AS wanted (position)
 CROSS JOIN LATERAL (SELECT * FROM ledger.events
                      WHERE tenant_id = $1 AND position = wanted.position OFFSET 0) e
