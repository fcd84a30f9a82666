-- name: fill_orders -- $2 orders of a tenant, one a second; a tenth hours late, some before their time, some in no queue
INSERT INTO read_orders.orders (
    tenant_id, order_id, version, customer_id, terminal_id, is_open, is_online, is_basket, external_queue,
    invoice_queue, is_nameless, outlet_id, status, total, number, created_at, business_time, recorded_at, document, state
)
SELECT $1, id, 1, CASE WHEN i % 5 = 0 THEN md5('customer' || chance % 500)::uuid
                       ELSE '00000000-0000-0000-0000-000000000000' END,
       md5('till' || CASE WHEN i % 3000 = 0 THEN 99 ELSE chance % 8 END)::uuid, i % 40 = 0, i % 5 = 0, i % 900 = 0,
       CASE WHEN i % 40 = 0 OR chance % 19 = 0 THEN NULL WHEN i % 25 = 1 THEN 'return' ELSE 'sale' END,
       i % 6 = 0, i % 12 = 0, md5('outlet' || i % 3)::uuid, 13, i % 400, i::text, at, at,
       at + CASE chance % 10 WHEN 0 THEN interval '50 hours' * (chance % 7) WHEN 1 THEN interval '-40 seconds'
                             WHEN 2 THEN interval '-3 hours' WHEN 3 THEN interval '40 minutes'
                             ELSE make_interval(secs => (chance % 200) / 10.0) END,
       convert_to(id::text, 'UTF8'), ''
  FROM (SELECT i, md5('order' || $1::integer || '/' || i)::uuid AS id, hashint4(i) & 2147483647 AS chance,
               '2026-01-01T00:00Z'::timestamptz + make_interval(secs => i / 3 * 3) AS at
          FROM generate_series(1, $2::integer) AS i) n

-- name: fill_customers -- those of the orders
INSERT INTO read_orders.customers (tenant_id, customer_id, from_invoice, document)
SELECT $1, md5('customer' || i)::uuid, false, 'x' FROM generate_series(0, 499) AS i

-- name: fill_invoices -- one for every order, a few without a date
INSERT INTO read_invoices.invoices (tenant_id, invoice_id, terminal_id, created_at, recorded_at, document)
SELECT tenant_id, order_id, terminal_id, CASE WHEN total <> 7 THEN business_time END, recorded_at, document
  FROM read_orders.orders WHERE tenant_id = $1

-- name: fill_drawer -- an entry for every order, a few without a date
INSERT INTO read_drawer.drawer_entries (tenant_id, entry_id, terminal_id, waits_for, active_at, recorded_at, document)
SELECT tenant_id, order_id, terminal_id, NULL, CASE WHEN total <> 7 THEN business_time END, recorded_at, document
  FROM read_orders.orders WHERE tenant_id = $1

-- name: orders_by_hand -- what a list of a window must show: of queues $7, or of the invoiced ($8)
SELECT document FROM read_orders.orders
 WHERE tenant_id = $1 AND CASE WHEN $8 THEN invoice_queue ELSE queue = ANY ($7::text[]) END
   AND (business_time > coalesce($2::timestamptz, '-infinity') AND business_time <= coalesce($3::timestamptz, 'infinity')
        OR recorded_at > coalesce($2, '-infinity') AND recorded_at <= coalesce($3, 'infinity'))
   AND ($4::uuid IS NULL OR terminal_id = $4)
 ORDER BY business_time, order_id OFFSET $5 LIMIT $6

-- name: invoices_by_hand -- what a list of a window must show
SELECT document FROM read_invoices.invoices
 WHERE tenant_id = $1
   AND (created_at > coalesce($2::timestamptz, '-infinity') AND created_at <= coalesce($3::timestamptz, 'infinity')
        OR recorded_at > coalesce($2, '-infinity') AND recorded_at <= coalesce($3, 'infinity'))
   AND ($4::uuid IS NULL OR terminal_id = $4)
 ORDER BY created_at, invoice_id OFFSET $5 LIMIT $6

-- name: drawer_by_hand -- what a list of a window must show
SELECT document FROM read_drawer.drawer_entries
 WHERE tenant_id = $1
   AND (active_at > coalesce($2::timestamptz, '-infinity') AND active_at <= coalesce($3::timestamptz, 'infinity')
        OR recorded_at > coalesce($2, '-infinity') AND recorded_at <= coalesce($3, 'infinity'))
   AND ($4::uuid IS NULL OR terminal_id = $4)
 ORDER BY active_at DESC NULLS LAST, entry_id OFFSET $5 LIMIT $6

-- name: bring_orders_late -- as if all had come within an hour, afterwards
UPDATE read_orders.orders SET recorded_at = '2026-01-01T04:00Z'::timestamptz + (business_time - '2026-01-01T00:00Z') / 2

-- name: bring_invoices_late -- the same
UPDATE read_invoices.invoices i SET recorded_at = o.recorded_at
  FROM read_orders.orders o WHERE o.tenant_id = i.tenant_id AND o.order_id = i.invoice_id

-- name: bring_drawer_late -- the same
UPDATE read_drawer.drawer_entries e SET recorded_at = o.recorded_at
  FROM read_orders.orders o WHERE o.tenant_id = e.tenant_id AND o.order_id = e.entry_id

-- name: fill_swish -- a payment for every fifth order
INSERT INTO read_swish.swish_payments (tenant_id, swish_id, first_position, order_id, flags, state, document)
SELECT $1, upper(md5('swish' || i)), i, md5('order' || $1::integer || '/' || i * 5)::uuid,
       CASE WHEN i % 3 = 0 THEN 'orphan' WHEN i % 500 = 0 THEN 'amount_mismatch' ELSE '' END, '', 'x'
  FROM generate_series(1, $2::integer / 5) AS i

-- name: fill_terminals -- twenty, with many reports each
INSERT INTO read_terminals.terminals (tenant_id, terminal_id, seen_at)
SELECT $1, md5('till' || i)::uuid, now() FROM generate_series(0, 19) AS i

-- name: fill_health -- for every order one
INSERT INTO read_terminals.terminal_health (tenant_id, log_id, terminal_id, active_at, position, document)
SELECT $1, md5('health' || i)::uuid, md5('till' || i % 20)::uuid,
       '2026-01-01T00:00Z'::timestamptz + make_interval(mins => i), i, 'x'
  FROM generate_series(1, $2::integer) AS i

-- name: fill_reports -- for every order one
INSERT INTO read_terminals.terminal_reports (
    tenant_id, report_id, terminal_id, report_type, created_at, position, document)
SELECT $1, md5('report' || i)::uuid, md5('till' || i % 20)::uuid, i / 20 % 2,
       '2026-01-01T00:00Z'::timestamptz + make_interval(mins => i), i, 'x'
  FROM generate_series(1, $2::integer) AS i

-- name: fill_stock -- as many products
INSERT INTO read_stock.stock (tenant_id, product_id, outlet_id, quantity, description)
SELECT $1, md5('product' || i / 3)::uuid, md5('outlet' || i % 3)::uuid, -i, 'Bulle' FROM generate_series(1, $2::integer) AS i

-- name: fill_sales_outlets -- three
INSERT INTO read_sales.sales_outlets (tenant_id, outlet_id, name, zone, day_starts)
SELECT $1, md5('outlet' || i)::uuid, 'Outlet ' || i, NULL, i FROM generate_series(0, 2) AS i

-- name: fill_sales_totals -- of three outlets' years, ten hours a day and six categories
INSERT INTO read_sales.sales_totals (tenant_id, outlet_id, day, hour, category, gross, net, entries)
SELECT $1, md5('outlet' || o)::uuid, '2026-01-01'::date + d, h, 'Category ' || c, 112, 100, 7
  FROM generate_series(0, 2) AS o, generate_series(0, 364) AS d, generate_series(9, 18) AS h, generate_series(1, 6) AS c

-- name: fill_sales_hours -- those by the hour
INSERT INTO read_sales.sales_hours (tenant_id, outlet_id, day, hour, gross, net, entries)
SELECT tenant_id, outlet_id, day, hour, sum(gross), sum(net), sum(entries) FROM read_sales.sales_totals
 WHERE tenant_id = $1 GROUP BY 1, 2, 3, 4

-- name: fill_sales_days -- those by category
INSERT INTO read_sales.sales_days (tenant_id, outlet_id, day, category, gross, net, entries)
SELECT tenant_id, outlet_id, day, category, sum(gross), sum(net), sum(entries) FROM read_sales.sales_totals
 WHERE tenant_id = $1 GROUP BY 1, 2, 3, 4

-- name: fill_tenders -- of the same days, of four types
INSERT INTO read_tenders.tender_totals (tenant_id, outlet_id, day, type, amount, payments)
SELECT $1, md5('outlet' || o)::uuid, '2026-01-01'::date + d, t, 100, 5
  FROM generate_series(0, 2) AS o, generate_series(0, 364) AS d, generate_series(1, 4) AS t

-- name: fill_tender_orders -- a payment each
INSERT INTO read_tenders.tender_orders (tenant_id, order_id, sale, type, training, outlet_id, moment, payments, day)
SELECT $1, md5('order' || $1::integer || '/' || i)::uuid, 'sale', 0, false, md5('outlet' || i % 3)::uuid, now(),
       convert_to('[["00000000-0000-0000-0000-000000000001", 4, 112, false]]', 'UTF8'), '2026-01-01'::date + i / 400
  FROM generate_series(1, $2::integer) AS i

-- name: fill_sales_orders -- a line each
INSERT INTO read_sales.sales_orders (
    tenant_id, order_id, sale, type, training, outlet_id, moment, entries, position, written, day, hour)
SELECT $1, md5('order' || $1::integer || '/' || i)::uuid, 'sale', 0, false, md5('outlet' || i % 3)::uuid, now(),
       convert_to('[["00000000-0000-0000-0000-000000000001", "Mat", [], 112, 100]]', 'UTF8'), i, i,
       '2026-01-01'::date + i / 400, 9 + i % 10
  FROM generate_series(1, $2::integer) AS i

-- name: fill_sales_past -- one in a hundred was something else before
INSERT INTO read_sales.sales_past (tenant_id, order_id, outlet_id, day, hour, entries, position, written, until)
SELECT tenant_id, order_id, outlet_id, day, hour, entries, position - 5, written - 5, position
  FROM read_sales.sales_orders WHERE tenant_id = $1 AND position % 100 = 0

-- name: fill_events -- two for every order
INSERT INTO ledger.events (
    tenant_id, position, event_id, stream, version, type, schema_version, occurred_at, recorded_at, metadata, data)
SELECT $1, i, md5('event' || $1::integer || '/' || i)::uuid,
       'order-' || md5('order' || $1::integer || '/' || (i + 1) / 2)::uuid, (i + 1) % 2 + 1,
       CASE i % 2 WHEN 1 THEN 'order.finalised' ELSE 'payment.captured' END, 1, at, at, '{}', '{}'
  FROM (SELECT i, '2026-01-01T00:00Z'::timestamptz + make_interval(secs => i / 3) AS at
          FROM generate_series(1, $2::integer * 2) AS i) n

-- name: fill_claims -- every order has a receipt and a number
INSERT INTO ledger.claims (tenant_id, kind, key, stream)
SELECT $1, n.kind, n.key, 'order-' || md5('order' || $1::integer || '/' || i)::uuid
  FROM generate_series(1, $2::integer) AS i
 CROSS JOIN LATERAL (VALUES ('receipt', md5('till' || i % 8)::uuid || '/' || i),
                            ('invoice-number', i || '/order-' || md5('order' || $1::integer || '/' || i)::uuid)
                    ) AS n (kind, key)

-- name: fill_checkpoints -- of every projection
INSERT INTO ledger.checkpoints (tenant_id, projection, position)
SELECT $1, n.name, $2::integer * 2 FROM unnest($3::text[]) AS n (name)

-- name: fill_tenants -- two, the second of which has as much
INSERT INTO ledger.tenants (tenant_id, name, secret) VALUES (1, 'cafe', ''), (2, 'bar', '')

-- name: fill_seals -- a key, and a checkpoint for every hundred events
WITH key AS (INSERT INTO ledger.seal_keys (tenant_id, generation, vkey) VALUES ($1, 1, 'v') RETURNING tenant_id)
INSERT INTO ledger.signed_checkpoints (tenant_id, generation, size, note)
SELECT tenant_id, 1, i * 2, 'note' FROM key, generate_series(1, $2::integer) AS i

-- name: fill_tiles -- more than the log has
INSERT INTO ledger.tiles (tenant_id, generation, level, number, hashes, root)
SELECT $1, 1, n.level, i, zeros.hashes, decode(repeat('00', 32), 'hex')
  FROM (SELECT decode(repeat('00', 8192), 'hex') AS hashes) zeros,
       (VALUES (0, 300), (1, 1)) AS n (level, count), generate_series(0, n.count - 1) AS i

-- name: settle -- as autovacuum leaves it
VACUUM (ANALYZE) ledger.events, ledger.claims, ledger.signed_checkpoints, ledger.tiles, read_orders.orders,
    read_orders.customers, read_invoices.invoices, read_drawer.drawer_entries, read_swish.swish_payments,
    read_terminals.terminal_health, read_terminals.terminal_reports, read_stock.stock, read_sales.sales_orders,
    read_sales.sales_past, read_sales.sales_totals, read_sales.sales_hours, read_sales.sales_days,
    read_tenders.tender_totals, read_tenders.tender_orders

-- name: large_tables -- with more rows than $1
SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > $1
