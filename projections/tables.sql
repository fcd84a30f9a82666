-- The tables of the read models, one section per projection, each in a schema of its own (`read_<name>`; a rebuild fills
-- `read_<name>_next` beside it). Names are unqualified here and unique over all projections; every key starts with the
-- tenant. Everything in them follows from the log and can be thrown away. A section that changes takes a rebuild.

-- projection: orders

-- Orders as they stand. `document` is the answer's JSON; `state` is what else `ledger.order.evolve` needs to go on.
CREATE TABLE IF NOT EXISTS orders (
    tenant_id           integer NOT NULL,
    order_id            uuid NOT NULL,
    version             bigint NOT NULL,
    customer_id         uuid NOT NULL,
    terminal_id         uuid NOT NULL,
    -- Open to drafts, and no cart.
    is_open             boolean NOT NULL,
    -- 'sale' or 'return' while the order counts and is no training and has no external id: the integrator's queues.
    external_queue      text COLLATE "C",
    -- Has a customer and an invoice that the bookkeeping has not taken yet.
    invoice_queue       boolean NOT NULL,
    -- An order of the web that is no cart; a cart that can be gone on with.
    is_online           boolean NOT NULL,
    is_cart             boolean NOT NULL,
    created             timestamptz NOT NULL,
    business_time       timestamptz NOT NULL,
    recorded_at         timestamptz NOT NULL,
    document            bytea NOT NULL,
    state               bytea NOT NULL,
    PRIMARY KEY (tenant_id, order_id)
);
CREATE INDEX IF NOT EXISTS orders_open ON orders (tenant_id, business_time, order_id) WHERE is_open;
CREATE INDEX IF NOT EXISTS orders_open_recorded ON orders (tenant_id, recorded_at) WHERE is_open;
CREATE INDEX IF NOT EXISTS orders_external ON orders (tenant_id, external_queue, business_time, order_id)
    WHERE external_queue IS NOT NULL;
CREATE INDEX IF NOT EXISTS orders_external_recorded ON orders (tenant_id, external_queue, recorded_at)
    WHERE external_queue IS NOT NULL;
CREATE INDEX IF NOT EXISTS orders_invoiced ON orders (tenant_id, business_time, order_id) WHERE invoice_queue;
CREATE INDEX IF NOT EXISTS orders_invoiced_recorded ON orders (tenant_id, recorded_at) WHERE invoice_queue;
-- Most sales at a till have no customer.
CREATE INDEX IF NOT EXISTS orders_customer ON orders (tenant_id, customer_id, created, order_id)
    WHERE customer_id <> '00000000-0000-0000-0000-000000000000';

-- Customers as orders and invoices name them; an order's word stands above an invoice's, which knows less.
CREATE TABLE IF NOT EXISTS customers (
    tenant_id    integer NOT NULL,
    customer_id  uuid NOT NULL,
    from_invoice boolean NOT NULL,
    document     bytea NOT NULL,
    PRIMARY KEY (tenant_id, customer_id)
);
