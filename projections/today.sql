-- name: today -- sales of the day that runs at $2, at outlet $3 or at all, and of the same weekday a week before: until
-- the same time of day, and (`week_gross`) whole. Until then are the hours before the one that runs, from the totals, and
-- of that hour the orders up to this minute. A day's hours are counted from the one it starts at. A category that only
-- sold later that day is not told. LATERAL with OFFSET 0 leaves the planner one way, an index range for each outlet
WITH shop AS MATERIALIZED (
    SELECT o.outlet_id, coalesce(o.name, CASE WHEN o.outlet_id = $4 THEN '' ELSE o.outlet_id::text END) AS name,
           o.day_starts, c.zone, c.local, (c.local - make_interval(hours => o.day_starts))::date AS today,
           (c.local - make_interval(days => 7, hours => o.day_starts))::date AS week_before,
           (c.local - interval '7 days') AT TIME ZONE c.zone AS minute, extract(hour FROM c.local)::smallint AS hour
      FROM ledger.tenants t
      JOIN read_sales.sales_outlets o USING (tenant_id)
     CROSS JOIN LATERAL (SELECT coalesce(o.zone, t.zone) AS zone,
                                $2::timestamptz AT TIME ZONE coalesce(o.zone, t.zone) AS local) AS c
     WHERE t.tenant_id = $1 AND ($3::uuid IS NULL OR o.outlet_id = $3)
), part AS (
    SELECT s.outlet_id, t.hour, t.category, t.gross, t.net, 0 AS gross_before, 0 AS net_before, 0 AS week_gross
      FROM shop s
     CROSS JOIN LATERAL (SELECT * FROM read_sales.sales_totals
                          WHERE tenant_id = $1 AND outlet_id = s.outlet_id AND day = s.today OFFSET 0) t
     UNION ALL
    SELECT s.outlet_id, t.hour, t.category, 0, 0, CASE WHEN past.so THEN t.gross ELSE 0 END,
           CASE WHEN past.so THEN t.net ELSE 0 END, t.gross
      FROM shop s
     CROSS JOIN LATERAL (SELECT * FROM read_sales.sales_totals
                          WHERE tenant_id = $1 AND outlet_id = s.outlet_id AND day = s.week_before OFFSET 0) t
     CROSS JOIN LATERAL (SELECT (t.hour - s.day_starts + 24) % 24 < (s.hour - s.day_starts + 24) % 24 AS so) AS past
     UNION ALL
    SELECT s.outlet_id, o.hour, e.entry ->> 1, 0, 0, (e.entry ->> 3)::numeric, (e.entry ->> 4)::numeric, 0
      FROM shop s
     CROSS JOIN LATERAL (SELECT * FROM read_sales.sales_orders
                          WHERE tenant_id = $1 AND day = s.week_before AND hour = s.hour
                            AND outlet_id = s.outlet_id AND moment <= s.minute OFFSET 0) o
     CROSS JOIN LATERAL jsonb_array_elements(convert_from(o.entries, 'UTF8')::jsonb) AS e (entry)
), total AS (
    SELECT CASE grouping(p.category, p.hour, p.outlet_id)
               WHEN 3 THEN 'category' WHEN 5 THEN 'hour' WHEN 6 THEN 'outlet' ELSE 'total' END AS kind,
           p.category, p.hour, p.outlet_id, coalesce(sum(p.gross), 0) AS gross, coalesce(sum(p.net), 0) AS net,
           coalesce(sum(p.gross_before), 0) AS gross_before, coalesce(sum(p.net_before), 0) AS net_before,
           coalesce(sum(p.week_gross), 0) AS week_gross
      FROM part p
     GROUP BY GROUPING SETS ((p.category), (p.hour), (p.outlet_id), ())
), head AS (
    SELECT coalesce((SELECT c.position FROM ledger.checkpoints c WHERE c.tenant_id = $1 AND c.projection = 'sales'), 0)
               AS position,
           coalesce((SELECT max(s.today) FROM shop s), ($2::timestamptz AT TIME ZONE t.zone)::date) AS today,
           coalesce((SELECT min(s.day_starts) FROM shop s), 0) AS day_starts
      FROM ledger.tenants t
     WHERE t.tenant_id = $1
)
SELECT head.position, head.today, head.day_starts, total.*, s.name, s.today AS day
  FROM head
  LEFT JOIN total ON total.gross <> 0 OR total.gross_before <> 0 OR total.week_gross <> 0 AND total.kind = 'hour'
                  OR total.kind = 'total'
  LEFT JOIN shop s ON s.outlet_id = total.outlet_id
 ORDER BY total.kind, total.gross DESC, total.gross_before DESC, total.category COLLATE "C", s.name COLLATE "C"
