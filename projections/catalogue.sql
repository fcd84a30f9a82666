-- name: known -- which of these outlets ($2), products ($3) and categories ($4) the catalogue has
SELECT o.outlet_id, o.name, NULL::uuid AS product_id, NULL::integer AS category_id
  FROM outlets o WHERE o.tenant_id = $1 AND o.outlet_id = ANY ($2::uuid[])
 UNION ALL
SELECT NULL, NULL, p.product_id, NULL FROM products p WHERE p.tenant_id = $1 AND p.product_id = ANY ($3::uuid[])
 UNION ALL
SELECT NULL, NULL, NULL, c.category_id
  FROM categories c WHERE c.tenant_id = $1 AND c.category_id = ANY ($4::integer[])

-- name: save_outlets -- new, or newly named
INSERT INTO outlets (tenant_id, outlet_id, name)
SELECT $1, n.* FROM unnest($2::uuid[], $3::text[]) AS n
    ON CONFLICT (tenant_id, outlet_id) DO UPDATE SET name = excluded.name

-- name: add_categories -- seen for the first time
INSERT INTO categories (tenant_id, category_id, name)
SELECT $1, n.* FROM unnest($2::integer[], $3::text[]) AS n

-- name: add_products -- seen for the first time
INSERT INTO products (tenant_id, product_id, description, unit, category_id, category)
SELECT $1, n.* FROM unnest($2::uuid[], $3::text[], $4::integer[], $5::integer[], $6::text[]) AS n

-- name: outlets_by_name -- and the position they reflect
SELECT head.position, o.outlet_id, coalesce(o.name, o.outlet_id::text) COLLATE "C" AS name
  FROM (SELECT coalesce((SELECT c.position FROM ledger.checkpoints c
                          WHERE c.tenant_id = $1 AND c.projection = 'catalogue'), 0) AS position) AS head
  LEFT JOIN read_catalogue.outlets o ON o.tenant_id = $1
 ORDER BY 3, o.outlet_id
