-- The tables of the read models, one section per projection, each in a schema of its own (`read_<name>`; a rebuild fills
-- `read_<name>_next` beside it). Names are unqualified here and unique over all projections; every key starts with the
-- tenant. Everything in them follows from the log and can be thrown away. A section that changes takes a rebuild.

-- projection: orders

-- Orders as they stand. `document` is the answer's JSON; `state` is what else `ledger.order.evolve` needs to go on.
CREATE TABLE IF NOT EXISTS orders (
    tenant_id      integer NOT NULL,
    order_id       uuid NOT NULL,
    version        bigint NOT NULL,
    -- All zero for none, as in the document.
    customer_id    uuid NOT NULL,
    terminal_id    uuid NOT NULL,
    -- Open to drafts, and no cart.
    is_open        boolean NOT NULL,
    is_online      boolean NOT NULL,
    -- What a customer may be given back to go on shopping with.
    is_basket      boolean NOT NULL,
    -- 'sale' or 'return' while the order counts, is no training, and waits for its external id.
    external_queue text COLLATE "C",
    -- Has a customer and an invoice, which the bookkeeping has not taken yet.
    invoice_queue  boolean NOT NULL,
    -- The document lacks its Customer.
    is_nameless    boolean NOT NULL,
    -- What a list of orders shows, and is narrowed by. `number` is what people call the order by, '' for nothing.
    outlet_id      uuid NOT NULL,
    status         integer NOT NULL,
    total          numeric NOT NULL,
    number         text COLLATE "C" NOT NULL,
    created_at     timestamptz NOT NULL,
    -- InvoiceDate, else CreationDate, else when the ledger first saw it.
    business_time  timestamptz NOT NULL,
    -- Of the newest change.
    recorded_at    timestamptz NOT NULL,
    document       bytea NOT NULL,
    state          bytea NOT NULL,
    -- The one list it stands in: 'open', or where it waits for its external id.
    queue          text COLLATE "C" GENERATED ALWAYS AS (CASE
        WHEN is_open THEN 'open'
        WHEN external_queue = 'sale' AND customer_id = '00000000-0000-0000-0000-000000000000' THEN 'sale of nobody'
        ELSE external_queue END) STORED,
    -- How late its newest change was recorded: 0 to 4 for up to 1, 16, 256, 4096, 65536 seconds after its business time,
    -- 9 for later, negative for before; see orders_reads.sql.
    lag            smallint NOT NULL GENERATED ALWAYS AS (CASE
        WHEN recorded_at - business_time < '-65536 seconds' THEN -9
        WHEN recorded_at - business_time < '-4096 seconds' THEN -4 WHEN recorded_at < business_time THEN -3
        WHEN recorded_at - business_time <= '1 second' THEN 0 WHEN recorded_at - business_time <= '16 seconds' THEN 1
        WHEN recorded_at - business_time <= '256 seconds' THEN 2 WHEN recorded_at - business_time <= '4096 seconds' THEN 3
        WHEN recorded_at - business_time <= '65536 seconds' THEN 4 ELSE 9 END) STORED,
    PRIMARY KEY (tenant_id, order_id)
-- A document is about 5 kB, and compressing it took a third of all the time the database spends on the read models.
) WITH (toast_tuple_target = 8160);
-- All orders by time, and what they are narrowed by, so that it is seen without reading them.
CREATE INDEX IF NOT EXISTS orders_by_time ON orders (tenant_id, business_time, order_id)
    INCLUDE (status, outlet_id, total);
CREATE INDEX IF NOT EXISTS orders_queue ON orders (tenant_id, queue, business_time, order_id)
    INCLUDE (lag, recorded_at) WHERE queue IS NOT NULL;
CREATE INDEX IF NOT EXISTS orders_queue_terminal ON orders (tenant_id, queue, terminal_id, business_time, order_id)
    WHERE queue IS NOT NULL;
CREATE INDEX IF NOT EXISTS orders_queue_late ON orders (tenant_id, queue, lag, recorded_at)
    INCLUDE (business_time, order_id) WHERE queue IS NOT NULL;
CREATE INDEX IF NOT EXISTS orders_invoiced ON orders (tenant_id, business_time, order_id)
    INCLUDE (lag, recorded_at) WHERE invoice_queue;
CREATE INDEX IF NOT EXISTS orders_invoiced_terminal ON orders (tenant_id, terminal_id, business_time, order_id)
    WHERE invoice_queue;
CREATE INDEX IF NOT EXISTS orders_invoiced_late ON orders (tenant_id, lag, recorded_at)
    INCLUDE (business_time, order_id) WHERE invoice_queue;
-- Most sales at a till have no customer.
CREATE INDEX IF NOT EXISTS orders_customer ON orders (tenant_id, customer_id, is_online, created_at, order_id)
    WHERE customer_id <> '00000000-0000-0000-0000-000000000000';
CREATE INDEX IF NOT EXISTS orders_basket ON orders (tenant_id, customer_id, created_at, order_id) WHERE is_basket;

-- Samples of documents in the planner's statistics would outlive an erasure, and serve nobody.
ALTER TABLE orders ALTER COLUMN document SET STATISTICS 0, ALTER COLUMN state SET STATISTICS 0;

-- Customers as orders and invoices name them; an order's word stands above an invoice's, which knows less.
CREATE TABLE IF NOT EXISTS customers (
    tenant_id    integer NOT NULL,
    customer_id  uuid NOT NULL,
    from_invoice boolean NOT NULL,
    document     bytea NOT NULL,
    PRIMARY KEY (tenant_id, customer_id)
);
ALTER TABLE customers ALTER COLUMN document SET STATISTICS 0;

-- projection: invoices

-- Customer invoices as they stand; `created_at` is null where the till sent no CreationDate.
CREATE TABLE IF NOT EXISTS invoices (
    tenant_id   integer NOT NULL,
    invoice_id  uuid NOT NULL,
    terminal_id uuid NOT NULL,
    created_at  timestamptz,
    recorded_at timestamptz NOT NULL,
    document    bytea NOT NULL,
    -- When it was made; the last of all where that is not known.
    placed_at   timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(created_at, '9999-12-31 00:00:00+00')) STORED,
    -- As that of orders; 10 where it has no time of its own.
    lag         smallint NOT NULL GENERATED ALWAYS AS (CASE
        WHEN created_at IS NULL THEN 10
        WHEN recorded_at - created_at < '-65536 seconds' THEN -9
        WHEN recorded_at - created_at < '-4096 seconds' THEN -4 WHEN recorded_at < created_at THEN -3
        WHEN recorded_at - created_at <= '1 second' THEN 0 WHEN recorded_at - created_at <= '16 seconds' THEN 1
        WHEN recorded_at - created_at <= '256 seconds' THEN 2 WHEN recorded_at - created_at <= '4096 seconds' THEN 3
        WHEN recorded_at - created_at <= '65536 seconds' THEN 4 ELSE 9 END) STORED,
    PRIMARY KEY (tenant_id, invoice_id)
);
ALTER TABLE invoices ALTER COLUMN document SET STATISTICS 0;
CREATE INDEX IF NOT EXISTS invoices_placed ON invoices (tenant_id, placed_at, invoice_id) INCLUDE (lag, recorded_at);
CREATE INDEX IF NOT EXISTS invoices_terminal ON invoices (tenant_id, terminal_id, placed_at, invoice_id);
CREATE INDEX IF NOT EXISTS invoices_late ON invoices (tenant_id, lag, recorded_at) INCLUDE (placed_at, invoice_id);

-- projection: drawer

-- Drawer events in their newest content. `terminal_id` is null while none is known; `waits_for` is the order whose
-- terminal an entry takes because its drawer names none. `recorded_at` moves when the terminal becomes known, so that
-- a poller of that terminal does not miss the entry.
CREATE TABLE IF NOT EXISTS drawer_entries (
    tenant_id   integer NOT NULL,
    entry_id    uuid NOT NULL,
    terminal_id uuid,
    waits_for   uuid,
    active_at   timestamptz,
    recorded_at timestamptz NOT NULL,
    document    bytea NOT NULL,
    -- When it happened; the last of all where that is not known.
    placed_at   timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(active_at, '0001-01-01 00:00:00+00')) STORED,
    -- As that of orders; 10 where it has no time of its own.
    lag         smallint NOT NULL GENERATED ALWAYS AS (CASE
        WHEN active_at IS NULL THEN 10
        WHEN recorded_at - active_at < '-65536 seconds' THEN -9
        WHEN recorded_at - active_at < '-4096 seconds' THEN -4 WHEN recorded_at < active_at THEN -3
        WHEN recorded_at - active_at <= '1 second' THEN 0 WHEN recorded_at - active_at <= '16 seconds' THEN 1
        WHEN recorded_at - active_at <= '256 seconds' THEN 2 WHEN recorded_at - active_at <= '4096 seconds' THEN 3
        WHEN recorded_at - active_at <= '65536 seconds' THEN 4 ELSE 9 END) STORED,
    PRIMARY KEY (tenant_id, entry_id)
);
ALTER TABLE drawer_entries ALTER COLUMN document SET STATISTICS 0;
CREATE INDEX IF NOT EXISTS drawer_entries_placed ON drawer_entries (tenant_id, placed_at DESC, entry_id)
    INCLUDE (lag, recorded_at);
CREATE INDEX IF NOT EXISTS drawer_entries_terminal ON drawer_entries (tenant_id, terminal_id, placed_at DESC, entry_id);
CREATE INDEX IF NOT EXISTS drawer_entries_late ON drawer_entries (tenant_id, lag, recorded_at)
    INCLUDE (placed_at, entry_id);
CREATE INDEX IF NOT EXISTS drawer_entries_waiting ON drawer_entries (tenant_id, waits_for)
    WHERE waits_for IS NOT NULL;

-- projection: terminals

-- Every terminal that ever reported; `seen_at` is when the ledger last heard from it.
CREATE TABLE IF NOT EXISTS terminals (
    tenant_id   integer NOT NULL,
    terminal_id uuid NOT NULL,
    seen_at     timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, terminal_id)
);

-- Health by log entry: a correction may make another entry the terminal's last.
CREATE TABLE IF NOT EXISTS terminal_health (
    tenant_id   integer NOT NULL,
    log_id      uuid NOT NULL,
    terminal_id uuid NOT NULL,
    active_at   timestamptz,
    position    bigint NOT NULL,
    document    bytea NOT NULL,
    PRIMARY KEY (tenant_id, log_id)
);
CREATE INDEX IF NOT EXISTS terminal_health_last
    ON terminal_health (tenant_id, terminal_id, active_at DESC NULLS LAST, position DESC);

-- X (0) and Z (1) reports with their rows.
CREATE TABLE IF NOT EXISTS terminal_reports (
    tenant_id   integer NOT NULL,
    report_id   uuid NOT NULL,
    terminal_id uuid NOT NULL,
    report_type integer NOT NULL,
    created_at  timestamptz,
    position    bigint NOT NULL,
    document    bytea NOT NULL,
    PRIMARY KEY (tenant_id, report_id)
);
CREATE INDEX IF NOT EXISTS terminal_reports_last
    ON terminal_reports (tenant_id, terminal_id, report_type, created_at DESC NULLS LAST, position DESC);
CREATE INDEX IF NOT EXISTS terminal_reports_terminal
    ON terminal_reports (tenant_id, terminal_id, created_at DESC NULLS LAST, position DESC);
CREATE INDEX IF NOT EXISTS terminal_reports_newest
    ON terminal_reports (tenant_id, created_at DESC NULLS LAST, position DESC);

-- projection: swish

-- Payments, refunds and payouts by Swish id, in the order they were first heard of. `state` is what `ledger.swish.evolve`
-- needs to go on, without personal data.
CREATE TABLE IF NOT EXISTS swish_payments (
    tenant_id      integer NOT NULL,
    swish_id       text COLLATE "C" NOT NULL,
    first_position bigint NOT NULL,
    order_id       uuid,
    -- What a person should look at, with commas between; '' for nothing.
    flags          text COLLATE "C" NOT NULL,
    state          bytea NOT NULL,
    document       bytea NOT NULL,
    PRIMARY KEY (tenant_id, swish_id)
);
ALTER TABLE swish_payments ALTER COLUMN document SET STATISTICS 0, ALTER COLUMN state SET STATISTICS 0;
CREATE INDEX IF NOT EXISTS swish_payments_newest ON swish_payments (tenant_id, first_position DESC);
CREATE INDEX IF NOT EXISTS swish_payments_flagged ON swish_payments (tenant_id, first_position DESC) INCLUDE (flags)
    WHERE flags <> '';
CREATE INDEX IF NOT EXISTS swish_payments_order ON swish_payments (tenant_id, order_id, first_position DESC);

-- projection: stock

-- Orders as the stock sees them: what decides whether they count, and a movement per line that would (JSON array of
-- [line, product, pieces, description]), so that a status alone can count what a draft holds.
CREATE TABLE IF NOT EXISTS stock_orders (
    tenant_id integer NOT NULL,
    order_id  uuid NOT NULL,
    sale      text COLLATE "C" NOT NULL,
    type      integer NOT NULL,
    training  boolean NOT NULL,
    outlet_id uuid NOT NULL,
    movements bytea NOT NULL,
    position  bigint NOT NULL,
    PRIMARY KEY (tenant_id, order_id)
);

-- The sum of all movements, in pieces: sales negative. A product whose every movement was taken back stays, at 0.
CREATE TABLE IF NOT EXISTS stock (
    tenant_id   integer NOT NULL,
    product_id  uuid NOT NULL,
    outlet_id   uuid NOT NULL,
    quantity    numeric NOT NULL,
    description text COLLATE "C",
    PRIMARY KEY (tenant_id, product_id, outlet_id)
) WITH (fillfactor = 70);

-- Where each number of the stock comes from, for people and checks.
CREATE OR REPLACE VIEW stock_movements WITH (security_invoker = true) AS
    SELECT o.tenant_id, o.order_id, m.ordinal, (m.movement ->> 0)::uuid AS line_id,
           (m.movement ->> 1)::uuid AS product_id, o.outlet_id, (m.movement ->> 2)::numeric AS quantity,
           m.movement ->> 3 AS description, o.position
      FROM stock_orders o
     CROSS JOIN LATERAL jsonb_array_elements(convert_from(o.movements, 'UTF8')::jsonb)
           WITH ORDINALITY AS m (movement, ordinal)
     WHERE o.sale <> '' AND NOT o.training;

-- projection: sales

-- Orders as the sales see them: what decides whether they count, and an entry per line that would (JSON array of
-- [line, category, what the category is learnt from, gross, net]). `day` and `hour` are null while an order does not count.
CREATE TABLE IF NOT EXISTS sales_orders (
    tenant_id integer NOT NULL,
    order_id  uuid NOT NULL,
    sale      text COLLATE "C" NOT NULL,
    type      integer NOT NULL,
    training  boolean NOT NULL,
    outlet_id uuid NOT NULL,
    moment    timestamptz NOT NULL,
    entries   bytea NOT NULL,
    -- Of the event that made it so, and of the document the entries come from.
    position  bigint NOT NULL,
    written   bigint NOT NULL,
    day       date,
    hour      smallint,
    PRIMARY KEY (tenant_id, order_id)
);
-- What adds up to a total. Drafts are not in it, and stay cheap to replace.
CREATE INDEX IF NOT EXISTS sales_orders_day ON sales_orders (tenant_id, day, hour, outlet_id, order_id)
    WHERE day IS NOT NULL;

-- What counted from `position` on until the event at `until`: an amendment, a cancellation, an order that moved to
-- another day. With the orders as they stand it says what every total was at any position. Few orders ever get here.
CREATE TABLE IF NOT EXISTS sales_past (
    tenant_id integer NOT NULL,
    order_id  uuid NOT NULL,
    outlet_id uuid NOT NULL,
    day       date NOT NULL,
    hour      smallint NOT NULL,
    entries   bytea NOT NULL,
    position  bigint NOT NULL,
    written   bigint NOT NULL,
    until     bigint NOT NULL,
    PRIMARY KEY (tenant_id, day, hour, outlet_id, order_id, position)
);

-- The sums of the entries, kronor with six decimals. A day or a month of one outlet is one short range of the key.
CREATE TABLE IF NOT EXISTS sales_totals (
    tenant_id integer NOT NULL,
    outlet_id uuid NOT NULL,
    day       date NOT NULL,
    hour      smallint NOT NULL,
    category  text COLLATE "C" NOT NULL,
    gross     numeric NOT NULL,
    net       numeric NOT NULL,
    entries   bigint NOT NULL,
    PRIMARY KEY (tenant_id, outlet_id, day, hour, category)
) WITH (fillfactor = 70);

-- The same without the category, and without the hour: what a month asks for is a tenth as many rows, and as many in a
-- busy shop as in a quiet one.
CREATE TABLE IF NOT EXISTS sales_hours (
    tenant_id integer NOT NULL,
    outlet_id uuid NOT NULL,
    day       date NOT NULL,
    hour      smallint NOT NULL,
    gross     numeric NOT NULL,
    net       numeric NOT NULL,
    entries   bigint NOT NULL,
    PRIMARY KEY (tenant_id, outlet_id, day, hour)
) WITH (fillfactor = 70);
CREATE TABLE IF NOT EXISTS sales_days (
    tenant_id integer NOT NULL,
    outlet_id uuid NOT NULL,
    day       date NOT NULL,
    category  text COLLATE "C" NOT NULL,
    gross     numeric NOT NULL,
    net       numeric NOT NULL,
    entries   bigint NOT NULL,
    PRIMARY KEY (tenant_id, outlet_id, day, category)
) WITH (fillfactor = 70);

-- Where each number of the sales comes from, for people and checks.
CREATE OR REPLACE VIEW sales_entries WITH (security_invoker = true) AS
    SELECT o.tenant_id, o.order_id, e.ordinal, (e.entry ->> 0)::uuid AS line_id, o.outlet_id, o.day, o.hour,
           e.entry ->> 1 AS category, (e.entry ->> 3)::numeric AS gross, (e.entry ->> 4)::numeric AS net, o.position,
           o.written
      FROM sales_orders o
     CROSS JOIN LATERAL jsonb_array_elements(convert_from(o.entries, 'UTF8')::jsonb)
           WITH ORDINALITY AS e (entry, ordinal)
     WHERE o.day IS NOT NULL;

-- Outlets with sales or settings, the nameless one of all zeros too; no `zone` of its own: the tenant's.
CREATE TABLE IF NOT EXISTS sales_outlets (
    tenant_id  integer NOT NULL,
    outlet_id  uuid NOT NULL,
    name       text COLLATE "C",
    zone       text COLLATE "C",
    day_starts smallint NOT NULL,
    PRIMARY KEY (tenant_id, outlet_id)
);

-- Names learnt for lines that bring only the id of a category.
CREATE TABLE IF NOT EXISTS sales_categories (
    tenant_id   integer NOT NULL,
    category_id integer NOT NULL,
    name        text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, category_id)
);

-- projection: tenders

-- Orders as the tenders see them: what decides whether they count, and their payments (JSON array of
-- [payment, TypeId, kronor, whether Swish brought it]). `day` is null while an order does not count.
CREATE TABLE IF NOT EXISTS tender_orders (
    tenant_id integer NOT NULL,
    order_id  uuid NOT NULL,
    sale      text COLLATE "C" NOT NULL,
    type      integer NOT NULL,
    training  boolean NOT NULL,
    outlet_id uuid NOT NULL,
    moment    timestamptz NOT NULL,
    payments  bytea NOT NULL,
    day       date,
    PRIMARY KEY (tenant_id, order_id)
);
-- What a sum of payments is made of.
CREATE INDEX IF NOT EXISTS tender_orders_day ON tender_orders (tenant_id, day, order_id) WHERE day IS NOT NULL;

-- The sums of the payments by TypeId.
CREATE TABLE IF NOT EXISTS tender_totals (
    tenant_id integer NOT NULL,
    outlet_id uuid NOT NULL,
    day       date NOT NULL,
    type      integer NOT NULL,
    amount    numeric NOT NULL,
    payments  bigint NOT NULL,
    PRIMARY KEY (tenant_id, outlet_id, day, type)
) WITH (fillfactor = 70);

-- Outlets that were set: where a business day begins and ends.
CREATE TABLE IF NOT EXISTS tender_clocks (
    tenant_id  integer NOT NULL,
    outlet_id  uuid NOT NULL,
    zone       text COLLATE "C" NOT NULL,
    day_starts smallint NOT NULL,
    PRIMARY KEY (tenant_id, outlet_id)
);

-- projection: catalogue

-- Outlets as orders or a person named them; null until one did.
CREATE TABLE IF NOT EXISTS outlets (
    tenant_id integer NOT NULL,
    outlet_id uuid NOT NULL,
    name      text COLLATE "C",
    PRIMARY KEY (tenant_id, outlet_id)
);

-- Products as a line first described them; unit 0 is a piece.
CREATE TABLE IF NOT EXISTS products (
    tenant_id   integer NOT NULL,
    product_id  uuid NOT NULL,
    description text COLLATE "C" NOT NULL,
    unit        integer NOT NULL,
    category_id integer NOT NULL,
    category    text COLLATE "C",
    PRIMARY KEY (tenant_id, product_id)
);

-- Categories under the name first seen.
CREATE TABLE IF NOT EXISTS categories (
    tenant_id   integer NOT NULL,
    category_id integer NOT NULL,
    name        text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, category_id)
);
