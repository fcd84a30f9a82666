-- name: columns -- of a read model's tables: those that both generations have, and whether they are of the key
SELECT l.table_name, l.column_name, l.data_type, k.column_name IS NOT NULL AS is_key
  FROM information_schema.columns l
  JOIN information_schema.columns r
    ON r.table_schema = $2 AND r.table_name = l.table_name AND r.column_name = l.column_name
  LEFT JOIN (SELECT u.table_name, u.column_name
               FROM information_schema.table_constraints c
               JOIN information_schema.key_column_usage u USING (constraint_schema, constraint_name, table_name)
              WHERE c.constraint_type = 'PRIMARY KEY' AND c.table_schema = $2) k
    ON k.table_name = l.table_name AND k.column_name = l.column_name
  JOIN information_schema.tables t ON t.table_schema = $1 AND t.table_name = l.table_name
 WHERE l.table_schema = $1 AND t.table_type = 'BASE TABLE'
 ORDER BY l.table_name, l.ordinal_position

-- name: tables -- that only one of two schemas has
SELECT coalesce(l.table_name, r.table_name) AS name, r.table_name IS NULL AS is_gone
  FROM (SELECT table_name FROM information_schema.tables WHERE table_schema = $1) l
  FULL JOIN (SELECT table_name FROM information_schema.tables WHERE table_schema = $2) r USING (table_name)
 WHERE l.table_name IS NULL OR r.table_name IS NULL

-- name: count -- the statement: how many rows there are, and how many of them differ, by the key ($4) of the columns ($5)
SELECT format(
    'SELECT count(*) AS rows, count(*) FILTER (WHERE (%5$s) IS DISTINCT FROM (%6$s)) AS differ'
    ' FROM %1$I.%3$I l FULL JOIN %2$I.%3$I r USING (%4$s)',
    $1::text, $2::text, $3::text, (SELECT string_agg(format('%I', name), ', ') FROM unnest($4::text[]) AS name),
    (SELECT string_agg(format('l.%I', name), ', ') FROM unnest($5::text[]) AS name),
    (SELECT string_agg(format('r.%I', name), ', ') FROM unnest($5::text[]) AS name))

-- name: rows -- the statement: the first $1 rows that differ, both sides of them as arrays of text
SELECT format(
    'SELECT ARRAY[%7$s] AS key, l IS NULL AS is_new, r IS NULL AS is_gone, ARRAY[%8$s] AS live, ARRAY[%9$s] AS made'
    ' FROM %1$I.%3$I l FULL JOIN %2$I.%3$I r USING (%4$s) WHERE (%5$s) IS DISTINCT FROM (%6$s) ORDER BY %4$s LIMIT $1',
    $1::text, $2::text, $3::text, (SELECT string_agg(format('%I', name), ', ') FROM unnest($4::text[]) AS name),
    (SELECT string_agg(format('l.%I', name), ', ') FROM unnest($5::text[]) AS name),
    (SELECT string_agg(format('r.%I', name), ', ') FROM unnest($5::text[]) AS name),
    (SELECT string_agg(format('%I::text', name), ', ') FROM unnest($4::text[]) AS name),
    (SELECT string_agg(CASE WHEN type = 'bytea' THEN format('convert_from(l.%I, ''UTF8'')', name)
                            ELSE format('l.%I::text', name) END, ', ') FROM unnest($5::text[], $6::text[]) AS n (name, type)),
    (SELECT string_agg(CASE WHEN type = 'bytea' THEN format('convert_from(r.%I, ''UTF8'')', name)
                            ELSE format('r.%I::text', name) END, ', ') FROM unnest($5::text[], $6::text[]) AS n (name, type)))

-- name: positions -- how far each of these projections ($2) has come, and what stopped it
SELECT n.projection, coalesce(c.position, 0) AS position, c.error
  FROM unnest($2::text[]) AS n (projection)
  LEFT JOIN ledger.checkpoints c ON c.tenant_id = $1 AND c.projection = n.projection

-- name: act_for -- this transaction meets rows of one tenant
SELECT set_config('ledger.tenant', ($1::integer)::text, true)
