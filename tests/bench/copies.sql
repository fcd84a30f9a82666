-- name: prepare -- what copies are made of, and the function that makes one: the same rows of a table, $3 times earlier by
-- as many days as the first rows cover, under ids and positions of their own
CREATE SCHEMA bench;
CREATE FUNCTION bench.id(a uuid, k integer) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN a = '00000000-0000-0000-0000-000000000000' THEN a ELSE md5(a::text || k)::uuid END;
CREATE FUNCTION bench.stream(a text, k integer) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN a LIKE 'swish-%' THEN 'swish-' || upper(md5(substr(a, 7) || k))
                ELSE split_part(a, '-', 1) || '-' || bench.id(substr(a, strpos(a, '-') + 1)::uuid, k) END;
CREATE FUNCTION bench.renamed(a bytea, old text, new text) RETURNS bytea LANGUAGE sql IMMUTABLE
    RETURN convert_to(replace(convert_from(a, 'UTF8'), old, new), 'UTF8');
CREATE FUNCTION bench.copy(a_table text, a_times integer, a_days integer, a_events bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    named text; renamed text; columns text; made text;
BEGIN
    -- What the row is called in its own document.
    SELECT CASE WHEN a_table = 'ledger.events' THEN 'substr(b.stream, strpos(b.stream, ''-'') + 1)' ELSE 'b.' || attname || '::text' END
      INTO named
      FROM pg_attribute WHERE attrelid = a_table::regclass
       AND attname IN ('order_id', 'invoice_id', 'entry_id', 'log_id', 'report_id', 'swish_id', 'stream') ORDER BY attname = 'swish_id' DESC LIMIT 1;
    renamed := CASE WHEN a_table = 'ledger.events'
                    THEN format('substr(bench.stream(b.stream, %s), strpos(b.stream, ''-'') + 1)', a_times)
                    WHEN a_table LIKE '%swish%' THEN format('upper(md5(b.swish_id || %s))', a_times)
                    ELSE format('bench.id((%s)::uuid, %s)::text', named, a_times) END;
    SELECT string_agg(quote_ident(attname), ', '), string_agg(CASE
            WHEN attname IN ('order_id', 'event_id', 'invoice_id', 'entry_id', 'log_id', 'report_id', 'waits_for')
                THEN format('bench.id(b.%I, %s)', attname, a_times)
            WHEN attname = 'stream' THEN format('bench.stream(b.stream, %s)', a_times)
            WHEN attname = 'swish_id' THEN format('upper(md5(b.swish_id || %s))', a_times)
            WHEN attname = 'key' THEN format('b.key || ''-'' || %s', a_times)
            WHEN attname IN ('position', 'written', 'until', 'first_position')
                THEN format('b.%I + %s', attname, a_times * a_events)
            WHEN attname = 'recorded_at' THEN format('b.recorded_at + interval ''10 minutes'' * %s', a_times)
            WHEN atttypid IN ('timestamptz'::regtype, 'date'::regtype)
                THEN format('(b.%I - interval ''1 day'' * %s)::%s', attname, a_times * a_days, format_type(atttypid, NULL))
            -- What is sealed under a customer's key can be opened in its own event only: as if he had been erased.
            WHEN attname = 'data'
                THEN format('bench.renamed(bench.renamed(b.data, %s, %s), ''customer-'', ''erased-'')', named, renamed)
            WHEN attname IN ('document', 'state') THEN format('bench.renamed(b.%I, %s, %s)', attname, named, renamed)
            ELSE format('b.%I', attname) END, ', ')
      INTO columns, made
      FROM pg_attribute WHERE attrelid = a_table::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM bench.%I b', a_table, columns, made, a_table);
END $$;

-- name: tables -- those whose rows come from orders or with them
SELECT n.nspname || '.' || c.relname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND (c.relname IN ('events', 'claims') AND n.nspname = 'ledger'
    OR n.nspname LIKE 'read\_%' AND c.relname IN (
        'orders', 'invoices', 'drawer_entries', 'terminal_health', 'terminal_reports', 'swish_payments', 'stock_orders',
        'sales_orders', 'sales_past', 'sales_totals', 'sales_hours', 'sales_days', 'tender_orders', 'tender_totals'))
 ORDER BY 1

-- name: keep -- the statement that keeps what copies of a table are made of
SELECT format('CREATE TABLE bench.%I AS SELECT * FROM %s', $1::text, $1::text)

-- name: copy -- one more of a table
SELECT bench.copy($1, $2, $3, $4)

-- name: unlogged -- the statement: what is read is the same, and a disk is spared what nobody recovers
SELECT format('ALTER TABLE %s SET UNLOGGED', $1::text)

-- name: forget_outlets -- the log begins with them, and each is set once
DELETE FROM bench."ledger.events" WHERE stream LIKE 'outlet-%'

-- name: count -- of the events that each copy adds
SELECT count(*) FROM bench."ledger.events"

-- name: stand_there -- read models have seen it all
UPDATE ledger.checkpoints SET position = (SELECT max(e.position) FROM ledger.events e WHERE e.tenant_id = checkpoints.tenant_id)
 WHERE EXISTS (SELECT FROM ledger.events e WHERE e.tenant_id = checkpoints.tenant_id)

-- name: products -- each copy sold as much
UPDATE read_stock.stock SET quantity = quantity * $1
