-- name: begin -- a transaction of the owner's: what unqualified names mean, and whose rows there are. Its commit waits
-- for no disk (filling.py says why it may)
SELECT set_config('role', 'none', true), set_config('search_path', $1, true),
       set_config('ledger.tenant', ($2::integer)::text, true), set_config('synchronous_commit', 'off', true)

-- name: move -- the checkpoints of projections $2 from $3 to $4; how many stood there
WITH moved AS (
    UPDATE ledger.checkpoints SET position = $4
     WHERE tenant_id = $1 AND projection = ANY ($2::text[]) AND position = $3 AND error IS NULL
    RETURNING 1
)
SELECT count(*) FROM moved
