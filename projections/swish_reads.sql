-- What people are shown of Swish.

-- name: newest -- of all, before position $2; $3 at most
SELECT s.first_position, s.document FROM read_swish.swish_payments s
 WHERE s.tenant_id = $1 AND s.first_position < $2 ORDER BY s.first_position DESC LIMIT $3

-- name: of_order -- the same of order $2
SELECT s.first_position, s.document FROM read_swish.swish_payments s
 WHERE s.tenant_id = $1 AND s.order_id = $2 AND s.first_position < $3 ORDER BY s.first_position DESC LIMIT $4

-- name: flagged -- of those that a person should look at, the newest with flag $2, or with any, before position $3. It
-- looks at $4 of them, and shows $5 at most; the last it has looked at comes along with any found
WITH looked_at AS MATERIALIZED (
    SELECT s.first_position, s.flags FROM read_swish.swish_payments s
     WHERE s.tenant_id = $1 AND s.flags <> '' AND s.first_position < $3
     ORDER BY s.first_position DESC LIMIT $4
), found AS MATERIALIZED (
    SELECT l.first_position FROM looked_at l
     WHERE $2::text IS NULL OR $2 = ANY (string_to_array(l.flags, ','))
     ORDER BY l.first_position DESC LIMIT $5
)
SELECT seen.looked_at, seen.last, f.first_position, (
           SELECT s.document FROM read_swish.swish_payments s
            WHERE s.tenant_id = $1 AND s.first_position = f.first_position) AS document
  FROM (SELECT count(*) AS looked_at, min(first_position) AS last FROM looked_at) seen
  LEFT JOIN found f ON true
 ORDER BY f.first_position DESC
