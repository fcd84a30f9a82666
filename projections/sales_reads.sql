-- The outlets' days that run at the instant $2. The arithmetic is that of `ledger.business_time.business_day`: what the
-- wall clock shows before the hour a day starts at belongs to the day before.

-- name: by_outlet -- totals of the day that runs at $2, and of its month, or of month $3 of its year
WITH clock AS (
    SELECT o.outlet_id, coalesce(o.name, CASE WHEN o.outlet_id = $4 THEN '' ELSE o.outlet_id::text END) AS name,
           coalesce(o.zone, t.zone) AS zone, o.day_starts
      FROM ledger.tenants t JOIN read_sales.sales_outlets o USING (tenant_id)
     WHERE t.tenant_id = $1
), shop AS (
    SELECT c.*, (($2::timestamptz AT TIME ZONE c.zone) - make_interval(hours => c.day_starts))::date AS today
      FROM clock c
), span AS (
    SELECT s.*, true AS is_day, s.today AS first, s.today + 1 AS until
      FROM shop s
     UNION ALL
    SELECT s.*, false, m.first, (m.first + interval '1 month')::date
      FROM shop s
     CROSS JOIN LATERAL (SELECT make_date(extract(year FROM s.today)::integer,
                                          coalesce($3::integer, extract(month FROM s.today)::integer), 1) AS first) AS m
), total AS (
    SELECT s.is_day, s.outlet_id, s.name, s.zone, s.day_starts, s.first, t.gross, t.net
      FROM span s
     CROSS JOIN LATERAL (
         SELECT sum(t.gross) AS gross, sum(t.net) AS net
           FROM read_sales.sales_hours t
          WHERE t.tenant_id = $1 AND t.outlet_id = s.outlet_id AND t.day >= s.first AND t.day < s.until
         HAVING count(*) > 0) AS t
), head AS (
    SELECT coalesce((SELECT c.position FROM ledger.checkpoints c WHERE c.tenant_id = $1 AND c.projection = 'sales'), 0)
               AS position,
           coalesce((SELECT max(s.today) FROM shop s),
                    (SELECT ($2::timestamptz AT TIME ZONE t.zone)::date FROM ledger.tenants t WHERE t.tenant_id = $1))
               AS today
)
SELECT head.*, total.*
  FROM head LEFT JOIN total ON true
 ORDER BY total.name COLLATE "C", total.outlet_id

-- name: by_group -- totals of outlet $3, or of all, over one day or month ($4) that holds day $5, or runs at $2
WITH clock AS (
    SELECT o.outlet_id, coalesce(o.name, CASE WHEN o.outlet_id = $6 THEN '' ELSE o.outlet_id::text END) AS name,
           coalesce(o.zone, t.zone) AS zone, o.day_starts
      FROM ledger.tenants t JOIN read_sales.sales_outlets o USING (tenant_id)
     WHERE t.tenant_id = $1 AND ($3::uuid IS NULL OR o.outlet_id = $3)
), span AS (
    SELECT c.*, s.first, (s.first + ('1 ' || $4::text)::interval)::date AS until
      FROM clock c
     CROSS JOIN LATERAL (
         SELECT date_trunc($4::text, coalesce(
                    $5::date, ($2::timestamptz AT TIME ZONE c.zone) - make_interval(hours => c.day_starts)))::date
                    AS first) AS s
), total AS (
    SELECT CASE grouping(t.category, t.day, s.outlet_id) WHEN 3 THEN 'category' WHEN 5 THEN 'day' ELSE 'outlet' END
               AS kind,
           t.category, t.day, NULL::smallint AS hour, s.outlet_id, s.name, s.zone, s.day_starts, s.first,
           sum(t.gross) AS gross, sum(t.net) AS net
      FROM span s
      JOIN read_sales.sales_days t
        ON t.tenant_id = $1 AND t.outlet_id = s.outlet_id AND t.day >= s.first AND t.day < s.until
     GROUP BY GROUPING SETS ((t.category), (t.day), (s.outlet_id, s.name, s.zone, s.day_starts, s.first))
     UNION ALL
    SELECT 'hour', NULL, NULL, t.hour, NULL, NULL, NULL, NULL, NULL, sum(t.gross), sum(t.net)
      FROM span s
      JOIN read_sales.sales_hours t
        ON t.tenant_id = $1 AND t.outlet_id = s.outlet_id AND t.day >= s.first AND t.day < s.until
     GROUP BY t.hour
), head AS (
    SELECT coalesce((SELECT c.position FROM ledger.checkpoints c WHERE c.tenant_id = $1 AND c.projection = 'sales'), 0)
               AS position,
           t.zone AS tenant_zone, asked.zone AS asked_zone, asked.day_starts AS asked_day_starts,
           coalesce((SELECT max(s.first) FROM span s),
                    date_trunc($4, coalesce($5, $2::timestamptz AT TIME ZONE t.zone))::date) AS period
      FROM ledger.tenants t LEFT JOIN clock asked ON asked.outlet_id = $3
     WHERE t.tenant_id = $1
)
SELECT head.*, total.*
  FROM head LEFT JOIN total ON true
 ORDER BY total.kind, total.category COLLATE "C", total.day, total.hour, total.name COLLATE "C", total.outlet_id

-- name: outlet_zone -- an outlet's own clock, else the tenant's
SELECT coalesce((SELECT o.zone FROM read_sales.sales_outlets o WHERE o.tenant_id = $1 AND o.outlet_id = $2), t.zone)
  FROM ledger.tenants t
 WHERE t.tenant_id = $1
