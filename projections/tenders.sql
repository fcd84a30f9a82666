-- name: sheets -- orders as the tenders see them
SELECT o.order_id, o.sale, o.type, o.training, o.outlet_id, o.moment, o.payments, o.day
  FROM tender_orders o
 WHERE o.tenant_id = $1 AND o.order_id = ANY ($2::uuid[])

-- name: clocks -- of every outlet that was set, and (no id) the tenant's own
SELECT c.outlet_id, c.zone, c.day_starts FROM tender_clocks c WHERE c.tenant_id = $1
 UNION ALL
SELECT NULL, t.zone, NULL FROM ledger.tenants t WHERE t.tenant_id = $1

-- name: save_clocks -- as they are from here on
INSERT INTO tender_clocks (tenant_id, outlet_id, zone, day_starts)
SELECT $1, n.* FROM unnest($2::uuid[], $3::text[], $4::smallint[]) AS n
    ON CONFLICT (tenant_id, outlet_id) DO UPDATE SET zone = excluded.zone, day_starts = excluded.day_starts

-- name: add_sheets -- orders whose first event is in the batch
INSERT INTO tender_orders (tenant_id, order_id, sale, type, training, outlet_id, moment, payments, day)
SELECT $1, n.*
  FROM unnest($2::text::uuid[], $3::text::text[], $4::text::integer[], $5::text::boolean[], $6::text::uuid[],
              $7::text::timestamptz[], $8::bytea[], $9::text::date[]) AS n

-- name: save_sheets -- orders as they are from here on
INSERT INTO tender_orders (tenant_id, order_id, sale, type, training, outlet_id, moment, payments, day)
SELECT $1, n.*
  FROM unnest($2::text::uuid[], $3::text::text[], $4::text::integer[], $5::text::boolean[], $6::text::uuid[],
              $7::text::timestamptz[], $8::bytea[], $9::text::date[]) AS n
    ON CONFLICT (tenant_id, order_id) DO UPDATE
   SET sale = excluded.sale, type = excluded.type, training = excluded.training, outlet_id = excluded.outlet_id,
       moment = excluded.moment, payments = excluded.payments, day = excluded.day

-- name: move_totals -- by the difference
INSERT INTO tender_totals AS t (tenant_id, outlet_id, day, type, amount, payments)
SELECT $1, n.* FROM unnest($2::text::uuid[], $3::text::date[], $4::text::integer[], $5::text::numeric[],
                           $6::text::bigint[]) AS n
    ON CONFLICT (tenant_id, outlet_id, day, type) DO UPDATE
   SET amount = t.amount + excluded.amount, payments = t.payments + excluded.payments

-- name: drop_empty_totals -- a type without a payment is none
DELETE FROM tender_totals t
 USING unnest($2::text::uuid[], $3::text::date[], $4::text::integer[]) AS n (outlet_id, day, type)
 WHERE t.tenant_id = $1 AND t.outlet_id = n.outlet_id AND t.day = n.day AND t.type = n.type AND t.payments = 0
