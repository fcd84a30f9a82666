-- name: read_orders -- the rows that a batch of events changes
SELECT order_id, version, state, document FROM orders WHERE tenant_id = $1 AND order_id = ANY ($2::uuid[])

-- name: write_orders -- each order of a batch once, as it stands after it
INSERT INTO orders (
    tenant_id, order_id, version, customer_id, terminal_id, is_open, is_online, is_basket, external_queue,
    invoice_queue, is_nameless, outlet_id, status, total, number, created_at, business_time, recorded_at, document, state
)
SELECT $1, n.*
  FROM unnest(
    $2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::boolean[], $7::boolean[], $8::boolean[], $9::text[],
    $10::boolean[], $11::boolean[], $12::uuid[], $13::integer[], $14::numeric[], $15::text[], $16::timestamptz[],
    $17::timestamptz[], $18::timestamptz[], $19::bytea[], $20::bytea[]
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

-- name: open_orders -- in the making, not carts, by business time; window: $2 after, $3 until, $4 terminal
SELECT at.position, ARRAY (
    SELECT o.document
      FROM read_orders.orders o
     WHERE o.tenant_id = $1 AND o.is_open
       AND (o.business_time > coalesce($2::timestamptz, '-infinity')
            AND o.business_time <= coalesce($3::timestamptz, 'infinity')
            OR o.recorded_at > coalesce($2, '-infinity') AND o.recorded_at <= coalesce($3, 'infinity'))
       AND ($4::uuid IS NULL OR o.terminal_id = $4)
     ORDER BY o.business_time, o.order_id
    OFFSET $5 LIMIT $6
) AS documents
  FROM (SELECT coalesce(max(position), 0) AS position
          FROM ledger.checkpoints WHERE tenant_id = $1 AND projection = 'orders') AS at

-- name: external_queue -- sales or returns ($7) whose external id is missing, perhaps ($8) only those without customer
SELECT at.position, ARRAY (
    SELECT o.document
      FROM read_orders.orders o
     WHERE o.tenant_id = $1 AND o.external_queue = $7
       AND (o.business_time > coalesce($2::timestamptz, '-infinity')
            AND o.business_time <= coalesce($3::timestamptz, 'infinity')
            OR o.recorded_at > coalesce($2, '-infinity') AND o.recorded_at <= coalesce($3, 'infinity'))
       AND ($4::uuid IS NULL OR o.terminal_id = $4)
       AND (NOT $8 OR o.customer_id = '00000000-0000-0000-0000-000000000000')
     ORDER BY o.business_time, o.order_id
    OFFSET $5 LIMIT $6
) AS documents
  FROM (SELECT coalesce(max(position), 0) AS position
          FROM ledger.checkpoints WHERE tenant_id = $1 AND projection = 'orders') AS at

-- name: invoice_queue -- invoiced orders the bookkeeping has not taken, and their customers where they lack them
SELECT at.position, listed.document, listed.is_nameless, listed.customer
  FROM (SELECT coalesce(max(position), 0) AS position
          FROM ledger.checkpoints WHERE tenant_id = $1 AND projection = 'orders') AS at
  LEFT JOIN LATERAL (
    SELECT o.document, o.is_nameless, c.document AS customer, o.business_time, o.order_id
      FROM read_orders.orders o
      LEFT JOIN read_orders.customers c
        ON o.is_nameless AND c.tenant_id = o.tenant_id AND c.customer_id = o.customer_id
     WHERE o.tenant_id = $1 AND o.invoice_queue
       AND (o.business_time > coalesce($2::timestamptz, '-infinity')
            AND o.business_time <= coalesce($3::timestamptz, 'infinity')
            OR o.recorded_at > coalesce($2, '-infinity') AND o.recorded_at <= coalesce($3, 'infinity'))
       AND ($4::uuid IS NULL OR o.terminal_id = $4)
     ORDER BY o.business_time, o.order_id
    OFFSET $5 LIMIT $6
  ) AS listed ON true
 ORDER BY listed.business_time, listed.order_id

-- name: history -- a customer's online orders by creation, carts among them; $3 with the till's too
SELECT at.position, ARRAY (
    SELECT o.document
      FROM read_orders.orders o
     WHERE o.tenant_id = $1 AND o.customer_id = $2 AND o.customer_id <> '00000000-0000-0000-0000-000000000000'
       AND (o.is_online OR $3)
     ORDER BY o.created_at, o.order_id
) AS documents
  FROM (SELECT coalesce(max(position), 0) AS position
          FROM ledger.checkpoints WHERE tenant_id = $1 AND projection = 'orders') AS at

-- name: cart -- the newest order the customer can go on shopping with
SELECT at.position, ARRAY (
    SELECT o.document
      FROM read_orders.orders o
     WHERE o.tenant_id = $1 AND o.customer_id = $2 AND o.customer_id <> '00000000-0000-0000-0000-000000000000'
       AND o.is_basket
     ORDER BY o.created_at DESC, o.order_id DESC
     LIMIT 1
) AS documents
  FROM (SELECT coalesce(max(position), 0) AS position
          FROM ledger.checkpoints WHERE tenant_id = $1 AND projection = 'orders') AS at

-- name: order -- one order as it stands
SELECT at.position, ARRAY (
    SELECT o.document FROM read_orders.orders o WHERE o.tenant_id = $1 AND o.order_id = $2
) AS documents
  FROM (SELECT coalesce(max(position), 0) AS position
          FROM ledger.checkpoints WHERE tenant_id = $1 AND projection = 'orders') AS at

-- name: search -- the newest first, before ($9, $10): of those, the next $11 of states $2, outlet $3, totals $4 to $5 and
-- times ($6, $7], where these are given. It looks at $8 of them; the last it has looked at comes along with any found
WITH looked_at AS MATERIALIZED (
    SELECT o.business_time, o.order_id, o.status, o.outlet_id, o.total
      FROM read_orders.orders o
     WHERE o.tenant_id = $1 AND o.business_time > coalesce($6::timestamptz, '-infinity')
       AND o.business_time <= coalesce($7::timestamptz, 'infinity')
       AND (o.business_time, o.order_id)
           < (coalesce($9::timestamptz, 'infinity'), coalesce($10::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
     ORDER BY o.business_time DESC, o.order_id DESC LIMIT $8
), found AS MATERIALIZED (
    SELECT l.business_time, l.order_id
      FROM looked_at l
     WHERE ($2::integer[] IS NULL OR l.status = ANY ($2)) AND ($3::uuid IS NULL OR l.outlet_id = $3)
       AND l.total BETWEEN coalesce($4::numeric, '-infinity') AND coalesce($5::numeric, 'infinity')
     ORDER BY l.business_time DESC, l.order_id DESC LIMIT $11
), seen AS (
    SELECT (SELECT count(*) FROM looked_at) AS looked_at, l.business_time AS last_time, l.order_id AS last_id
      FROM looked_at l ORDER BY l.business_time, l.order_id LIMIT 1
)
SELECT seen.*, o.order_id, o.number, o.business_time, o.outlet_id, o.status, o.total, o.customer_id
  FROM seen
  LEFT JOIN (found f CROSS JOIN LATERAL (
      SELECT * FROM read_orders.orders WHERE tenant_id = $1 AND order_id = f.order_id OFFSET 0) o) ON true
 ORDER BY o.business_time DESC, o.order_id DESC

-- name: by_number -- the newest first: orders that bear the number $2 as their own (kinds $3 of claims), or on a receipt
-- of one of the first $4 tills; at most $5. Receipt numbers are claimed by till, and so the tills are leapt from one to
-- the next
WITH RECURSIVE till AS (
    (SELECT split_part(c.key, '/', 1) AS id FROM ledger.claims c
      WHERE c.tenant_id = $1 AND c.kind = 'receipt' ORDER BY c.key LIMIT 1)
     UNION ALL
    SELECT (SELECT split_part(c.key, '/', 1) FROM ledger.claims c
             WHERE c.tenant_id = $1 AND c.kind = 'receipt' AND c.key > t.id || '0' ORDER BY c.key LIMIT 1)
      FROM till t WHERE t.id IS NOT NULL
), claimed AS (
    SELECT c.stream
      FROM (SELECT id FROM till LIMIT $4) t
     CROSS JOIN LATERAL (SELECT stream FROM ledger.claims
                          WHERE tenant_id = $1 AND kind = 'receipt' AND key = t.id || '/' || $2 OFFSET 0) c
     UNION
    SELECT c.stream
      FROM unnest($3::text[]) AS k (kind)
     CROSS JOIN LATERAL (SELECT stream FROM ledger.claims
                          WHERE tenant_id = $1 AND kind = k.kind AND key >= $2 || '/' AND key < $2 || '0' LIMIT $5) c
)
SELECT o.order_id, o.number, o.business_time, o.outlet_id, o.status, o.total, o.customer_id
  FROM claimed c
 CROSS JOIN LATERAL (SELECT * FROM read_orders.orders
                      WHERE tenant_id = $1 AND order_id = substr(c.stream, 7)::uuid OFFSET 0) o
 ORDER BY o.business_time DESC, o.order_id DESC LIMIT $5
