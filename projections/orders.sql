-- name: read_orders -- the rows that a batch of events changes
SELECT order_id, version, state, document FROM orders WHERE tenant_id = $1 AND order_id = ANY ($2::uuid[])

-- name: add_orders -- those whose first event is in the batch
INSERT INTO orders (
    tenant_id, order_id, version, customer_id, terminal_id, is_open, is_online, is_basket, external_queue,
    invoice_queue, is_nameless, outlet_id, status, total, number, created_at, business_time, recorded_at, document, state
)
SELECT $1, n.*
  FROM unnest(
    $2::text::uuid[], $3::text::bigint[], $4::text::uuid[], $5::text::uuid[], $6::text::boolean[], $7::text::boolean[],
    $8::text::boolean[], $9::text::text[], $10::text::boolean[], $11::text::boolean[], $12::text::uuid[],
    $13::text::integer[], $14::text::numeric[], $15::text::text[], $16::text::timestamptz[], $17::text::timestamptz[],
    $18::text::timestamptz[], $19::bytea[], $20::bytea[]
  ) AS n

-- name: write_orders -- each order of a batch once, as it stands after it
INSERT INTO orders (
    tenant_id, order_id, version, customer_id, terminal_id, is_open, is_online, is_basket, external_queue,
    invoice_queue, is_nameless, outlet_id, status, total, number, created_at, business_time, recorded_at, document, state
)
SELECT $1, n.*
  FROM unnest(
    $2::text::uuid[], $3::text::bigint[], $4::text::uuid[], $5::text::uuid[], $6::text::boolean[], $7::text::boolean[],
    $8::text::boolean[], $9::text::text[], $10::text::boolean[], $11::text::boolean[], $12::text::uuid[],
    $13::text::integer[], $14::text::numeric[], $15::text::text[], $16::text::timestamptz[], $17::text::timestamptz[],
    $18::text::timestamptz[], $19::bytea[], $20::bytea[]
  ) AS n
    ON CONFLICT (tenant_id, order_id) DO UPDATE SET
    version = excluded.version, customer_id = excluded.customer_id, terminal_id = excluded.terminal_id,
    is_open = excluded.is_open, is_online = excluded.is_online, is_basket = excluded.is_basket,
    external_queue = excluded.external_queue, invoice_queue = excluded.invoice_queue,
    is_nameless = excluded.is_nameless, outlet_id = excluded.outlet_id, status = excluded.status,
    total = excluded.total, number = excluded.number, created_at = excluded.created_at, business_time = excluded.business_time,
    recorded_at = excluded.recorded_at, document = excluded.document, state = excluded.state

-- name: write_customers -- what an invoice knows of a customer never replaces what an order knew
INSERT INTO customers AS known (tenant_id, customer_id, from_invoice, document)
SELECT $1, n.* FROM unnest($2::uuid[], $3::boolean[], $4::bytea[]) AS n
    ON CONFLICT (tenant_id, customer_id) DO UPDATE
   SET from_invoice = excluded.from_invoice, document = excluded.document
 WHERE known.from_invoice OR NOT excluded.from_invoice

-- name: forget_customers -- who was erased
DELETE FROM customers WHERE tenant_id = $1 AND customer_id = ANY ($2::uuid[])
