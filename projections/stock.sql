-- name: sheets -- orders as the stock sees them
SELECT o.order_id, o.sale, o.type, o.training, o.outlet_id, o.movements, o.position
  FROM stock_orders o
 WHERE o.tenant_id = $1 AND o.order_id = ANY ($2::uuid[])

-- name: add_sheets -- orders whose first event is in the batch
INSERT INTO stock_orders (tenant_id, order_id, sale, type, training, outlet_id, movements, position)
SELECT $1, n.*
  FROM unnest($2::text::uuid[], $3::text::text[], $4::text::integer[], $5::text::boolean[], $6::text::uuid[],
              $7::bytea[], $8::text::bigint[]) AS n

-- name: save_sheets -- orders as they are from here on
INSERT INTO stock_orders (tenant_id, order_id, sale, type, training, outlet_id, movements, position)
SELECT $1, n.*
  FROM unnest($2::text::uuid[], $3::text::text[], $4::text::integer[], $5::text::boolean[], $6::text::uuid[],
              $7::bytea[], $8::text::bigint[]) AS n
    ON CONFLICT (tenant_id, order_id) DO UPDATE
   SET sale = excluded.sale, type = excluded.type, training = excluded.training, outlet_id = excluded.outlet_id,
       movements = excluded.movements, position = excluded.position

-- name: move_stock -- by the difference; a line without a description leaves the last one
INSERT INTO stock AS s (tenant_id, product_id, outlet_id, quantity, description)
SELECT $1, n.* FROM unnest($2::text::uuid[], $3::text::uuid[], $4::text::numeric[], $5::text::text[]) AS n
    ON CONFLICT (tenant_id, product_id, outlet_id) DO UPDATE
   SET quantity = s.quantity + excluded.quantity, description = coalesce(excluded.description, s.description)

-- name: levels -- of one product or all ($2), at one outlet or all ($3): each as JSON (`stock_reads.Level`), and the position
-- they reflect. What comes after more than 64 MB is null, and all is refused
SELECT coalesce((SELECT c.position FROM ledger.checkpoints c
                  WHERE c.tenant_id = $1 AND c.projection = 'stock'), 0) AS position, ARRAY (
    SELECT CASE WHEN sum(octet_length(l.document)) OVER so_far - octet_length(l.document) < 64000000 THEN l.document END
      FROM (SELECT s.product_id, s.outlet_id, convert_to(concat(
                       '{"ProductId":"', s.product_id, '","OutletId":"', s.outlet_id,
                       '","Description":', coalesce(to_json(s.description)::text, 'null'),
                       ',"Unit":0,"Quantity":', trim_scale(s.quantity), '}'), 'UTF8') AS document
              FROM read_stock.stock s
             WHERE s.tenant_id = $1 AND ($2::uuid IS NULL OR s.product_id = $2) AND ($3::uuid IS NULL OR s.outlet_id = $3)
             ORDER BY s.product_id, s.outlet_id OFFSET 0) l
    WINDOW so_far AS (ORDER BY l.product_id, l.outlet_id ROWS UNBOUNDED PRECEDING)
     ORDER BY l.product_id, l.outlet_id
) AS documents
