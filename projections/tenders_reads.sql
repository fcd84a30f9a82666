-- The outlets are those of the sales: where nothing was sold nothing was paid, and by them the totals lie in ranges.

-- name: of_today -- by type, on the day that runs at $2, at outlet $3 or at all. The day is made before it is looked for:
-- behind the wall between tenants an index is searched for what is known, and not for what has yet to be worked out
WITH shop AS MATERIALIZED (
    SELECT o.outlet_id,
           (($2::timestamptz AT TIME ZONE coalesce(o.zone, t.zone)) - make_interval(hours => o.day_starts))::date AS today
      FROM ledger.tenants t
      JOIN read_sales.sales_outlets o USING (tenant_id)
     WHERE t.tenant_id = $1 AND ($3::uuid IS NULL OR o.outlet_id = $3)
)
SELECT p.type, sum(p.amount) AS amount, sum(p.payments)::bigint AS payments
  FROM shop s
 CROSS JOIN LATERAL (SELECT * FROM read_tenders.tender_totals
                      WHERE tenant_id = $1 AND outlet_id = s.outlet_id AND day = s.today OFFSET 0) p
 GROUP BY p.type
 ORDER BY amount DESC, p.type

-- name: of_days -- by type, at outlet $2 or at all, on the days $3 to $4
SELECT p.type, sum(p.amount) AS amount, sum(p.payments)::bigint AS payments
  FROM read_sales.sales_outlets o
  JOIN read_tenders.tender_totals p
    ON p.tenant_id = $1 AND p.outlet_id = o.outlet_id AND p.day BETWEEN $3::date AND $4::date
 WHERE o.tenant_id = $1 AND ($2::uuid IS NULL OR o.outlet_id = $2)
 GROUP BY p.type
 ORDER BY amount DESC, p.type

-- name: paid_by -- of the next $8 orders after ($6, $7) that count on the days $3 to $4, at outlet $2 or at all, which were
-- paid with TypeId $5
SELECT o.day, o.order_id,
       EXISTS (SELECT FROM jsonb_array_elements(convert_from(o.payments, 'UTF8')::jsonb) AS p
                WHERE (p ->> 1)::integer = $5) AS is_paid
  FROM read_tenders.tender_orders o
 WHERE o.tenant_id = $1 AND o.day BETWEEN $3::date AND $4::date AND (o.day, o.order_id) > ($6::date, $7::uuid)
   AND ($2::uuid IS NULL OR o.outlet_id = $2)
 ORDER BY o.day, o.order_id
 LIMIT $8
