-- name: add_user -- names are unique over all tenants, for a sign-in names no tenant
INSERT INTO ledger.users (tenant_id, user_id, name, password, role, terminal_id) VALUES ($1, $2, $3, $4, $5, $6)

-- name: users_of -- by name
SELECT user_id, name, role, terminal_id, created_at, disabled_at
  FROM ledger.users WHERE tenant_id = $1 ORDER BY name

-- name: tenant_of_user -- whom a name belongs to
SELECT ledger.tenant_of_user($1)

-- name: set_password -- gives whose it was
UPDATE ledger.users SET password = $3 WHERE tenant_id = $1 AND name = $2 RETURNING user_id

-- name: disable_user -- gives whom
UPDATE ledger.users SET disabled_at = coalesce(disabled_at, clock_timestamp())
 WHERE tenant_id = $1 AND name = $2 RETURNING user_id

-- name: end_sessions -- a statement of its own, for it must see what was begun until the user's row was changed
UPDATE ledger.sessions SET revoked_at = clock_timestamp()
 WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL

-- name: end_session -- one of a user's
UPDATE ledger.sessions SET revoked_at = clock_timestamp()
 WHERE tenant_id = $1 AND session_id = $2 AND revoked_at IS NULL

-- name: sign_in_row -- of a user who may
SELECT user_id, password FROM ledger.users WHERE tenant_id = $1 AND name = $2 AND disabled_at IS NULL

-- name: begin_session -- only for what the password was checked against; the lock waits for whoever is changing it. Some
-- of the user's sessions that have been over for a day go: more than come, and never so many that a sign-in waits for it
WITH gone AS (
    DELETE FROM ledger.sessions
     WHERE tenant_id = $1 AND session_id IN (
               SELECT session_id FROM ledger.sessions
                WHERE tenant_id = $1 AND user_id = $3 AND expires_at < clock_timestamp() - interval '1 day'
                ORDER BY expires_at LIMIT 100 FOR UPDATE SKIP LOCKED)
)
INSERT INTO ledger.sessions (tenant_id, session_id, user_id, expires_at)
SELECT tenant_id, $2, user_id, clock_timestamp() + make_interval(secs => $5)
  FROM ledger.users
 WHERE tenant_id = $1 AND user_id = $3 AND password = $4 AND disabled_at IS NULL
   FOR SHARE
RETURNING session_id

-- name: renew_session -- $3 is current: the next; was current before: the current one again; is older: the end
UPDATE ledger.sessions s
   SET generation = greatest(s.generation, $3 + 1),
       revoked_at = CASE WHEN $3 < s.generation - 1 THEN clock_timestamp() END
  FROM ledger.users u
 WHERE s.tenant_id = $1 AND s.session_id = $2 AND $3 <= s.generation
   AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp()
   AND u.tenant_id = s.tenant_id AND u.user_id = s.user_id AND u.disabled_at IS NULL
RETURNING s.user_id, s.generation,
          CASE WHEN s.revoked_at IS NOT NULL THEN 0
               ELSE extract(epoch FROM s.expires_at - clock_timestamp())::float8 END AS seconds

-- name: find_session -- who signed in, and how many seconds are left of it by this clock; as `find_key`
SELECT u.user_id, u.role, u.terminal_id,
       CASE WHEN s.revoked_at IS NOT NULL OR u.disabled_at IS NOT NULL THEN 0
            ELSE extract(epoch FROM s.expires_at - clock_timestamp())::float8 END AS seconds
  FROM (SELECT set_config('ledger.tenant', ($1::integer)::text, true)::integer AS tenant_id OFFSET 0) me
 CROSS JOIN LATERAL (
     SELECT * FROM ledger.sessions WHERE tenant_id = me.tenant_id AND session_id = $2 OFFSET 0) s
 CROSS JOIN LATERAL (
     SELECT * FROM ledger.users WHERE tenant_id = me.tenant_id AND user_id = s.user_id OFFSET 0) u
