-- What integrators have not fetched yet, for people: counts that end at a bound, and the oldest.

-- name: external -- for each of the queues $2: how many wait, counted to $3, and the oldest $4 of them
SELECT q.queue, c.waiting, o.order_id, o.number, o.business_time, o.outlet_id, o.status, o.total, o.customer_id
  FROM unnest($2::text[]) AS q (queue)
 CROSS JOIN LATERAL (
     SELECT count(*) AS waiting
       FROM (SELECT FROM read_orders.orders w WHERE w.tenant_id = $1 AND w.queue = q.queue
              ORDER BY w.business_time, w.order_id LIMIT $3) w) c
  LEFT JOIN LATERAL (
     SELECT o.*
       FROM (SELECT f.order_id FROM read_orders.orders f WHERE f.tenant_id = $1 AND f.queue = q.queue
              ORDER BY f.business_time, f.order_id LIMIT $4) n
      CROSS JOIN LATERAL (SELECT * FROM read_orders.orders WHERE tenant_id = $1 AND order_id = n.order_id OFFSET 0) o
  ) o ON true
 ORDER BY o.business_time, o.order_id

-- name: invoiced -- the same of invoiced orders that the bookkeeping has not taken
SELECT c.waiting, o.order_id, o.number, o.business_time, o.outlet_id, o.status, o.total, o.customer_id
  FROM (SELECT count(*) AS waiting
          FROM (SELECT FROM read_orders.orders w WHERE w.tenant_id = $1 AND w.invoice_queue
                 ORDER BY w.business_time, w.order_id LIMIT $2) w) c
  LEFT JOIN (
     SELECT o.*
       FROM (SELECT f.order_id FROM read_orders.orders f WHERE f.tenant_id = $1 AND f.invoice_queue
              ORDER BY f.business_time, f.order_id LIMIT $3) n
      CROSS JOIN LATERAL (SELECT * FROM read_orders.orders WHERE tenant_id = $1 AND order_id = n.order_id OFFSET 0) o
  ) o ON true
 ORDER BY o.business_time, o.order_id
