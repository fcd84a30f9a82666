-- What endpoints read of orders. Whatever is passed over on the way to a page is seen in an index only; the documents of
-- a page are looked up one by one at the end. Those that come after more than 64 MB of the same page are null, and the
-- page is refused (`window.page_of`): the first is always there.

-- name: queue -- of queue $9, and of $10 where one is given: what is in the window ($2, $3] by its business time, or was
-- recorded in it, at terminal $4; by business time, from after ($7, $8) on, the first $5 passed over, $6 at most.
--
-- What came late is looked for by its `lag`: up to so many seconds, and so recorded no later than that after $2 if its
-- own time lies before (or so soon before $3, where a till's clock is ahead). Only the odd ones, a day late, can
-- be anywhere in the window; where these are many, whatever is older than $2 is gone through in order instead.
WITH odd AS (
    SELECT count(*) > 5000 AS are_many
      FROM (SELECT FROM read_orders.orders o
             WHERE o.tenant_id = $1 AND o.queue = ANY (ARRAY[$9, $10]::text[]) AND o.lag = 9
               AND o.recorded_at > $2::timestamptz AND o.recorded_at <= coalesce($3::timestamptz, 'infinity')
             LIMIT 5001) o
), late AS (
    SELECT o.business_time, o.order_id
      FROM (VALUES (0, $2, $2 + interval '1 second'), (1, $2, $2 + interval '16 seconds'),
                   (2, $2, $2 + interval '256 seconds'), (3, $2, $2 + interval '4096 seconds'),
                   (4, $2, $2 + interval '65536 seconds'),
                   (9, CASE WHEN NOT (SELECT are_many FROM odd) THEN $2 END, 'infinity'),
                   (-3, $3 - interval '4096 seconds', $3), (-4, $3 - interval '65536 seconds', $3), (-9, '-infinity', $3)
           ) AS c (lag, after, until)
     CROSS JOIN LATERAL (
         SELECT o.business_time, o.order_id FROM read_orders.orders o
          WHERE o.tenant_id = $1 AND o.queue = ANY (ARRAY[$9, $10]::text[]) AND o.lag = c.lag
            AND o.recorded_at > greatest(c.after, $2) AND o.recorded_at <= least(c.until, $3)
            AND (o.business_time <= $2 OR o.business_time > $3) AND ($4::uuid IS NULL OR o.terminal_id = $4)
            AND (o.business_time, o.order_id) > ($7::timestamptz, $8::uuid)
         OFFSET 0) o
     WHERE c.after IS NOT NULL
), listed AS (
    (SELECT o.business_time, o.order_id FROM read_orders.orders o
      WHERE o.tenant_id = $1 AND o.queue = $9 AND ($4 IS NULL OR o.terminal_id = $4)
        AND o.business_time > coalesce($2, '-infinity') AND o.business_time <= coalesce($3, 'infinity')
        AND (o.business_time, o.order_id) > ($7::timestamptz, $8::uuid)
      ORDER BY o.business_time, o.order_id LIMIT $5::bigint + $6::bigint)
     UNION ALL
    (SELECT o.business_time, o.order_id FROM read_orders.orders o
      WHERE o.tenant_id = $1 AND o.queue = $10 AND ($4 IS NULL OR o.terminal_id = $4)
        AND o.business_time > coalesce($2, '-infinity') AND o.business_time <= coalesce($3, 'infinity')
        AND (o.business_time, o.order_id) > ($7::timestamptz, $8::uuid)
      ORDER BY o.business_time, o.order_id LIMIT $5 + $6)
     UNION ALL
    (SELECT o.business_time, o.order_id FROM read_orders.orders o
      WHERE (SELECT are_many FROM odd) AND o.tenant_id = $1 AND o.queue = $9 AND ($4 IS NULL OR o.terminal_id = $4)
        AND o.business_time <= $2 AND o.lag = 9 AND o.recorded_at > $2 AND o.recorded_at <= coalesce($3, 'infinity')
        AND (o.business_time, o.order_id) > ($7::timestamptz, $8::uuid)
      ORDER BY o.business_time, o.order_id LIMIT $5 + $6)
     UNION ALL
    (SELECT o.business_time, o.order_id FROM read_orders.orders o
      WHERE (SELECT are_many FROM odd) AND o.tenant_id = $1 AND o.queue = $10 AND ($4 IS NULL OR o.terminal_id = $4)
        AND o.business_time <= $2 AND o.lag = 9 AND o.recorded_at > $2 AND o.recorded_at <= coalesce($3, 'infinity')
        AND (o.business_time, o.order_id) > ($7::timestamptz, $8::uuid)
      ORDER BY o.business_time, o.order_id LIMIT $5 + $6)
     UNION ALL
    SELECT business_time, order_id FROM late
), page AS MATERIALIZED (
    SELECT l.business_time, l.order_id FROM listed l ORDER BY l.business_time, l.order_id OFFSET $5 LIMIT $6
), last AS (
    SELECT p.business_time, p.order_id FROM page p ORDER BY p.business_time DESC, p.order_id DESC LIMIT 1
)
SELECT at.position, last.business_time AS last_time, last.order_id AS last_id, ARRAY (
    SELECT CASE WHEN sum(octet_length(o.document)) OVER so_far - octet_length(o.document) < 64000000 THEN o.document END
      FROM page
     CROSS JOIN LATERAL (
         SELECT o.document FROM read_orders.orders o
          WHERE o.tenant_id = $1 AND o.order_id = page.order_id OFFSET 0) o
    WINDOW so_far AS (ORDER BY page.business_time, page.order_id ROWS UNBOUNDED PRECEDING)
     ORDER BY page.business_time, page.order_id
) AS documents
  FROM (SELECT coalesce(max(position), 0) AS position
          FROM ledger.checkpoints WHERE tenant_id = $1 AND projection = 'orders') AS at
  LEFT JOIN last ON true

-- name: invoice_queue -- the same of invoiced orders that the bookkeeping has not taken, and their customers where they
-- lack them
WITH odd AS (
    SELECT count(*) > 5000 AS are_many
      FROM (SELECT FROM read_orders.orders o
             WHERE o.tenant_id = $1 AND o.invoice_queue AND o.lag = 9
               AND o.recorded_at > $2::timestamptz AND o.recorded_at <= coalesce($3::timestamptz, 'infinity')
             LIMIT 5001) o
), late AS (
    SELECT o.business_time, o.order_id
      FROM (VALUES (0, $2, $2 + interval '1 second'), (1, $2, $2 + interval '16 seconds'),
                   (2, $2, $2 + interval '256 seconds'), (3, $2, $2 + interval '4096 seconds'),
                   (4, $2, $2 + interval '65536 seconds'),
                   (9, CASE WHEN NOT (SELECT are_many FROM odd) THEN $2 END, 'infinity'),
                   (-3, $3 - interval '4096 seconds', $3), (-4, $3 - interval '65536 seconds', $3), (-9, '-infinity', $3)
           ) AS c (lag, after, until)
     CROSS JOIN LATERAL (
         SELECT o.business_time, o.order_id FROM read_orders.orders o
          WHERE o.tenant_id = $1 AND o.invoice_queue AND o.lag = c.lag
            AND o.recorded_at > greatest(c.after, $2) AND o.recorded_at <= least(c.until, $3)
            AND (o.business_time <= $2 OR o.business_time > $3) AND ($4::uuid IS NULL OR o.terminal_id = $4)
            AND (o.business_time, o.order_id) > ($7::timestamptz, $8::uuid)
         OFFSET 0) o
     WHERE c.after IS NOT NULL
), listed AS (
    (SELECT o.business_time, o.order_id FROM read_orders.orders o
      WHERE o.tenant_id = $1 AND o.invoice_queue AND ($4 IS NULL OR o.terminal_id = $4)
        AND o.business_time > coalesce($2, '-infinity') AND o.business_time <= coalesce($3, 'infinity')
        AND (o.business_time, o.order_id) > ($7::timestamptz, $8::uuid)
      ORDER BY o.business_time, o.order_id LIMIT $5::bigint + $6::bigint)
     UNION ALL
    (SELECT o.business_time, o.order_id FROM read_orders.orders o
      WHERE (SELECT are_many FROM odd) AND o.tenant_id = $1 AND o.invoice_queue AND ($4 IS NULL OR o.terminal_id = $4)
        AND o.business_time <= $2 AND o.lag = 9 AND o.recorded_at > $2 AND o.recorded_at <= coalesce($3, 'infinity')
        AND (o.business_time, o.order_id) > ($7::timestamptz, $8::uuid)
      ORDER BY o.business_time, o.order_id LIMIT $5 + $6)
     UNION ALL
    SELECT business_time, order_id FROM late
)
SELECT at.position, listed.business_time AS last_time, listed.order_id AS last_id, listed.is_nameless,
       CASE WHEN listed.before < 64000000 THEN listed.document END AS document,
       CASE WHEN listed.before < 64000000 THEN listed.customer END AS customer
  FROM (SELECT coalesce(max(position), 0) AS position
          FROM ledger.checkpoints WHERE tenant_id = $1 AND projection = 'orders') AS at
  LEFT JOIN (
      SELECT page.*, o.*, sum(o.size) OVER so_far - o.size AS before
        FROM (SELECT l.business_time, l.order_id
                FROM listed l ORDER BY l.business_time, l.order_id OFFSET $5 LIMIT $6) page
       CROSS JOIN LATERAL (
           SELECT o.document, o.is_nameless, c.document AS customer,
                  octet_length(o.document) + coalesce(octet_length(c.document), 0) AS size
             FROM read_orders.orders o
             LEFT JOIN read_orders.customers c
               ON o.is_nameless AND c.tenant_id = $1 AND c.customer_id = o.customer_id
            WHERE o.tenant_id = $1 AND o.order_id = page.order_id OFFSET 0) o
      WINDOW so_far AS (ORDER BY page.business_time, page.order_id ROWS UNBOUNDED PRECEDING)
  ) AS listed ON true
 ORDER BY listed.business_time, listed.order_id

-- name: history -- a customer's online orders by creation, carts among them; $3 with the till's too
SELECT at.position, ARRAY (
    SELECT CASE WHEN sum(octet_length(o.document)) OVER so_far - octet_length(o.document) < 64000000 THEN o.document END
      FROM (SELECT o.created_at, o.order_id
              FROM read_orders.orders o
             WHERE o.tenant_id = $1 AND o.customer_id = $2 AND o.customer_id <> '00000000-0000-0000-0000-000000000000'
               AND (o.is_online OR $3)
             ORDER BY o.created_at, o.order_id) found
     CROSS JOIN LATERAL (
         SELECT o.document FROM read_orders.orders o
          WHERE o.tenant_id = $1 AND o.order_id = found.order_id OFFSET 0) o
    WINDOW so_far AS (ORDER BY found.created_at, found.order_id ROWS UNBOUNDED PRECEDING)
     ORDER BY found.created_at, found.order_id
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

-- name: lights -- the newest first: what a list shows of these orders
SELECT o.order_id, o.number, o.business_time, o.outlet_id, o.status, o.total, o.customer_id
  FROM unnest($2::uuid[]) AS n (order_id)
 CROSS JOIN LATERAL (SELECT * FROM read_orders.orders WHERE tenant_id = $1 AND order_id = n.order_id OFFSET 0) o
 ORDER BY o.business_time DESC, o.order_id DESC

-- name: of_customer -- the newest by creation first, before ($3, $4): orders of customer $2, $5 at most
SELECT n.created_at, o.order_id, o.number, o.business_time, o.outlet_id, o.status, o.total, o.customer_id
  FROM (SELECT f.created_at, f.order_id
          FROM unnest('{true, false}'::boolean[]) AS kinds (is_online)
         CROSS JOIN LATERAL (
             SELECT c.created_at, c.order_id FROM read_orders.orders c
              WHERE c.tenant_id = $1 AND c.customer_id = $2 AND c.customer_id <> '00000000-0000-0000-0000-000000000000'
                AND c.is_online = kinds.is_online
                AND (c.created_at, c.order_id)
                    < (coalesce($3::timestamptz, 'infinity'), coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
              ORDER BY c.created_at DESC, c.order_id DESC LIMIT $5 OFFSET 0) f
         ORDER BY f.created_at DESC, f.order_id DESC LIMIT $5) n
 CROSS JOIN LATERAL (SELECT * FROM read_orders.orders WHERE tenant_id = $1 AND order_id = n.order_id OFFSET 0) o
 ORDER BY n.created_at DESC, n.order_id DESC
