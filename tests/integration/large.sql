-- Four of everything a list shows, 22 MB each: three are what an answer holds, and the fourth is too much.

-- name: large_orders -- each of them open, in a queue, invoiced, or all that can be together
INSERT INTO read_orders.orders (
    tenant_id, order_id, version, customer_id, terminal_id, is_open, is_online, is_basket, external_queue,
    invoice_queue, is_nameless, outlet_id, status, total, number, created_at, business_time, recorded_at, document, state
)
SELECT 1, gen_random_uuid(), 1, $2, $2, queue = 'open', true, false, nullif(queue, 'open'), queue = 'sale', false, $2, 13,
       0, '', now(), now(), now(), $1, ''
  FROM unnest('{open, sale, return}'::text[]) AS q (queue), generate_series(1, 4)

-- name: large_invoices
INSERT INTO read_invoices.invoices (tenant_id, invoice_id, terminal_id, created_at, recorded_at, document)
SELECT 1, gen_random_uuid(), $2, now(), now(), $1 FROM generate_series(1, 4)

-- name: large_entries
INSERT INTO read_drawer.drawer_entries (tenant_id, entry_id, terminal_id, waits_for, active_at, recorded_at, document)
SELECT 1, gen_random_uuid(), $2, NULL, now(), now(), $1 FROM generate_series(1, 4)

-- name: large_payments
INSERT INTO read_swish.swish_payments (tenant_id, swish_id, first_position, order_id, flags, state, document)
SELECT 1, n::text, n, $2, '', '', $1 FROM generate_series(1, 4) AS n

-- name: large_health -- of a terminal each
WITH terminal AS (
    INSERT INTO read_terminals.terminals (tenant_id, terminal_id, seen_at)
    SELECT 1, gen_random_uuid(), now() FROM generate_series(1, 4) RETURNING terminal_id
)
INSERT INTO read_terminals.terminal_health (tenant_id, log_id, terminal_id, active_at, position, document)
SELECT 1, gen_random_uuid(), terminal_id, now(), 1, $1 FROM terminal WHERE $2::uuid IS NOT NULL

-- name: large_reports
INSERT INTO read_terminals.terminal_reports (tenant_id, report_id, terminal_id, report_type, created_at, position, document)
SELECT 1, gen_random_uuid(), $2, 0, now(), n, $1 FROM generate_series(1, 4) AS n

-- name: large_stock -- three products at one outlet, one at another
INSERT INTO read_stock.stock (tenant_id, product_id, outlet_id, quantity, description)
SELECT 1, gen_random_uuid(), CASE n WHEN 4 THEN gen_random_uuid() ELSE $2 END, -n, convert_from($1, 'UTF8')
  FROM generate_series(1, 4) AS n
