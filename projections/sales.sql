-- name: sheets -- orders as the sales see them
SELECT o.order_id, o.sale, o.type, o.training, o.outlet_id, o.moment, o.entries, o.position, o.written,
       o.day, o.hour
  FROM sales_orders o
 WHERE o.tenant_id = $1 AND o.order_id = ANY ($2::uuid[])

-- name: known -- outlets with their clocks, names of categories, and (no id) the tenant's own clock
SELECT o.outlet_id, NULL::integer AS category_id, o.name, o.zone, o.day_starts
  FROM sales_outlets o WHERE o.tenant_id = $1 AND o.outlet_id = ANY ($2::uuid[])
 UNION ALL
SELECT NULL, c.category_id, c.name, NULL, NULL
  FROM sales_categories c WHERE c.tenant_id = $1 AND c.category_id = ANY ($3::integer[])
 UNION ALL
SELECT NULL, NULL, NULL, t.zone, NULL FROM ledger.tenants t WHERE t.tenant_id = $1

-- name: save_shops -- as they are from here on
INSERT INTO sales_outlets (tenant_id, outlet_id, name, zone, day_starts)
SELECT $1, n.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::smallint[]) AS n
    ON CONFLICT (tenant_id, outlet_id) DO UPDATE
   SET name = excluded.name, zone = excluded.zone, day_starts = excluded.day_starts

-- name: save_categories -- names seen for the first time
INSERT INTO sales_categories (tenant_id, category_id, name)
SELECT $1, n.* FROM unnest($2::integer[], $3::text[]) AS n

-- name: add_sheets -- orders whose first event is in the batch
INSERT INTO sales_orders (
    tenant_id, order_id, sale, type, training, outlet_id, moment, entries, position, written, day, hour)
SELECT $1, n.*
  FROM unnest($2::text::uuid[], $3::text::text[], $4::text::integer[], $5::text::boolean[], $6::text::uuid[],
              $7::text::timestamptz[], $8::bytea[], $9::text::bigint[], $10::text::bigint[], $11::text::date[],
              $12::text::smallint[]) AS n

-- name: save_sheets -- orders as they are from here on
INSERT INTO sales_orders (
    tenant_id, order_id, sale, type, training, outlet_id, moment, entries, position, written, day, hour)
SELECT $1, n.*
  FROM unnest($2::text::uuid[], $3::text::text[], $4::text::integer[], $5::text::boolean[], $6::text::uuid[],
              $7::text::timestamptz[], $8::bytea[], $9::text::bigint[], $10::text::bigint[], $11::text::date[],
              $12::text::smallint[]) AS n
    ON CONFLICT (tenant_id, order_id) DO UPDATE
   SET sale = excluded.sale, type = excluded.type, training = excluded.training, outlet_id = excluded.outlet_id,
       moment = excluded.moment, entries = excluded.entries, position = excluded.position, written = excluded.written,
       day = excluded.day, hour = excluded.hour

-- name: add_past -- what counted, and no longer does
INSERT INTO sales_past (tenant_id, order_id, outlet_id, day, hour, entries, position, written, until)
SELECT $1, n.*
  FROM unnest($2::text::uuid[], $3::text::uuid[], $4::text::date[], $5::text::smallint[], $6::bytea[],
              $7::text::bigint[], $8::text::bigint[], $9::text::bigint[]) AS n

-- name: move_totals -- by the difference, in each of the groupings that are kept
WITH moved AS (
    SELECT n.*
      FROM unnest($2::text::uuid[], $3::text::date[], $4::text::smallint[], $5::text::text[],
                  $6::text::numeric[], $7::text::numeric[], $8::text::bigint[])
           AS n (outlet_id, day, hour, category, gross, net, entries)
), by_hour AS (
    INSERT INTO sales_hours AS t (tenant_id, outlet_id, day, hour, gross, net, entries)
    SELECT $1, outlet_id, day, hour, sum(gross), sum(net), sum(entries) FROM moved GROUP BY outlet_id, day, hour
        ON CONFLICT (tenant_id, outlet_id, day, hour) DO UPDATE
       SET gross = t.gross + excluded.gross, net = t.net + excluded.net, entries = t.entries + excluded.entries
), by_category AS (
    INSERT INTO sales_days AS t (tenant_id, outlet_id, day, category, gross, net, entries)
    SELECT $1, outlet_id, day, category, sum(gross), sum(net), sum(entries) FROM moved
     GROUP BY outlet_id, day, category
        ON CONFLICT (tenant_id, outlet_id, day, category) DO UPDATE
       SET gross = t.gross + excluded.gross, net = t.net + excluded.net, entries = t.entries + excluded.entries
)
INSERT INTO sales_totals AS t (tenant_id, outlet_id, day, hour, category, gross, net, entries)
SELECT $1, moved.* FROM moved
    ON CONFLICT (tenant_id, outlet_id, day, hour, category) DO UPDATE
   SET gross = t.gross + excluded.gross, net = t.net + excluded.net, entries = t.entries + excluded.entries

-- name: drop_empty_totals -- a group without a sale is no group
WITH touched AS (
    SELECT n.*
      FROM unnest($2::text::uuid[], $3::text::date[], $4::text::smallint[], $5::text::text[])
           AS n (outlet_id, day, hour, category)
), by_hour AS (
    DELETE FROM sales_hours t USING touched n
     WHERE t.tenant_id = $1 AND t.outlet_id = n.outlet_id AND t.day = n.day AND t.hour = n.hour AND t.entries = 0
), by_category AS (
    DELETE FROM sales_days t USING touched n
     WHERE t.tenant_id = $1 AND t.outlet_id = n.outlet_id AND t.day = n.day AND t.category = n.category
       AND t.entries = 0
)
DELETE FROM sales_totals t USING touched n
 WHERE t.tenant_id = $1 AND t.outlet_id = n.outlet_id AND t.day = n.day AND t.hour = n.hour
   AND t.category = n.category AND t.entries = 0
