-- The order ledger: one immutable log, what guards it, and where projections keep their place.
-- Applied as a whole when it has changed; every statement may run again.

CREATE SCHEMA IF NOT EXISTS ledger;

CREATE TABLE IF NOT EXISTS ledger.tenants (
    tenant_id  integer PRIMARY KEY,
    name       text COLLATE "C" NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    zone       text NOT NULL DEFAULT 'Europe/Stockholm',
    -- Secret of the document fingerprints, wrapped by the master key.
    secret     bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Names the tenant in the URL that Swish calls back; unguessable, for it stands in no credential's place alone.
    callback_key text COLLATE "C" NOT NULL
        DEFAULT replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''),
    -- Keyed hash of the `callbackIdentifier` that Swish sends for every payment of the tenant, where one is agreed.
    callback_identifier text COLLATE "C",
    -- The zones it had before: by them what was posted then is known again.
    zones_before text[] NOT NULL DEFAULT '{}'
);

-- What a database made by an earlier version lacks.
ALTER TABLE ledger.tenants
    ADD COLUMN IF NOT EXISTS callback_key text COLLATE "C" NOT NULL
        DEFAULT replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''),
    ADD COLUMN IF NOT EXISTS callback_identifier text COLLATE "C",
    ADD COLUMN IF NOT EXISTS zones_before text[] NOT NULL DEFAULT '{}';
CREATE UNIQUE INDEX IF NOT EXISTS tenants_callback_key ON ledger.tenants (callback_key);
ALTER TABLE IF EXISTS ledger.personal_keys ALTER COLUMN wrapped DROP NOT NULL;
-- What it has too much of.
ALTER TABLE IF EXISTS ledger.events DROP CONSTRAINT IF EXISTS events_tenant_id_fkey;
ALTER TABLE IF EXISTS ledger.claims DROP CONSTRAINT IF EXISTS claims_tenant_id_fkey;

-- The log. `metadata` and `data` are the exact bytes that were hashed and will be served: never re-encoded.
CREATE TABLE IF NOT EXISTS ledger.events (
    tenant_id      integer NOT NULL,
    position       bigint NOT NULL CHECK (position > 0),
    event_id       uuid NOT NULL,
    stream         text COLLATE "C" NOT NULL,
    version        bigint NOT NULL CHECK (version > 0),
    type           text COLLATE "C" NOT NULL,
    schema_version integer NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    metadata       bytea NOT NULL,
    data           bytea NOT NULL,
    PRIMARY KEY (tenant_id, position),
    -- Two writers that both read version n cannot both write n + 1.
    CONSTRAINT events_stream_version UNIQUE (tenant_id, stream, version),
    -- An append whose answer was lost cannot happen twice.
    CONSTRAINT events_event_id UNIQUE (tenant_id, event_id)
-- An order of usual size (2 kB) is stored as it is; only larger ones are worth the time it takes to compress them.
) WITH (toast_tuple_target = 4096);

CREATE OR REPLACE VIEW ledger.events_as_json WITH (security_invoker = true) AS
    SELECT tenant_id, position, event_id, stream, version, type, schema_version, occurred_at, recorded_at,
           convert_from(metadata, 'UTF8')::jsonb AS metadata, convert_from(data, 'UTF8')::jsonb AS data
      FROM ledger.events;

CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is immutable: % on ledger.% is not allowed; append a correcting event instead',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

-- Rights alone do not bind the owner; this does, short of disabling it (which the sealed log then shows).
CREATE OR REPLACE TRIGGER events_are_immutable BEFORE UPDATE OR DELETE ON ledger.events
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE OR REPLACE TRIGGER events_are_never_truncated BEFORE TRUNCATE ON ledger.events
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
-- What foreign keys would do for the log and its claims: see `ledger.append`.
CREATE OR REPLACE TRIGGER tenants_stay BEFORE DELETE OR TRUNCATE ON ledger.tenants
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Promises that span streams, read under the tenant's lock and written with the events that make them.
-- Exclusive kinds hold one stream per key (a receipt number); shared ones carry their stream in the key
-- (`value/stream`), so that two orders may bear the same invoice number and both be found. Each follows from an event,
-- but nothing makes them anew from the log: they are to be backed up and restored with it.
CREATE TABLE IF NOT EXISTS ledger.claims (
    tenant_id integer NOT NULL,
    kind      text COLLATE "C" NOT NULL,
    key       text COLLATE "C" NOT NULL,
    stream    text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, kind, key)
);

-- Gapless numbers drawn for web orders; a row moves only with the events that carry the number.
CREATE TABLE IF NOT EXISTS ledger.counters (
    tenant_id integer NOT NULL REFERENCES ledger.tenants,
    name      text COLLATE "C" NOT NULL,
    value     bigint NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

-- What a client's Idempotency-Key stood for; kept for ever, also where nothing was appended.
CREATE TABLE IF NOT EXISTS ledger.idempotency_keys (
    tenant_id   integer NOT NULL REFERENCES ledger.tenants,
    path        text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    position    bigint NOT NULL,
    PRIMARY KEY (tenant_id, path, key)
);

-- Keys of personal data, one per customer, else per stream, wrapped by the master key. Without `wrapped` the subject is
-- erased: what it sealed cannot be read again, and it gets no other key.
CREATE TABLE IF NOT EXISTS ledger.personal_keys (
    tenant_id integer NOT NULL REFERENCES ledger.tenants,
    subject   text COLLATE "C" NOT NULL,
    wrapped   bytea,
    PRIMARY KEY (tenant_id, subject)
);

-- Erased is erased: no key comes back, or comes anew, whatever a program gets wrong.
CREATE OR REPLACE FUNCTION ledger.refuse_new_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'subject % is erased', OLD.subject USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER erased_keys_stay_erased BEFORE UPDATE OR DELETE ON ledger.personal_keys
    FOR EACH ROW WHEN (OLD.wrapped IS NULL) EXECUTE FUNCTION ledger.refuse_new_key();

-- Keys of machines: a till, an integrator. The key itself is shown once and kept nowhere; `hash` is its SHA-256.
CREATE TABLE IF NOT EXISTS ledger.api_keys (
    tenant_id   integer NOT NULL REFERENCES ledger.tenants,
    key_id      uuid NOT NULL,
    hash        bytea NOT NULL CHECK (octet_length(hash) = 32),
    label       text NOT NULL DEFAULT '',
    role        text COLLATE "C" NOT NULL CHECK (role IN ('terminal', 'integrator', 'auditor', 'admin')),
    -- The only terminal it may speak for; null: any.
    terminal_id uuid,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz,
    revoked_at  timestamptz,
    PRIMARY KEY (tenant_id, key_id),
    UNIQUE (tenant_id, hash)
);

-- People (and tills) that sign in with a password. `name` is in lower case, and one over all tenants: the form that
-- clients send to /Token names no tenant.
CREATE TABLE IF NOT EXISTS ledger.users (
    tenant_id   integer NOT NULL REFERENCES ledger.tenants,
    user_id     uuid NOT NULL,
    name        text COLLATE "C" NOT NULL UNIQUE,
    password    text COLLATE "C" NOT NULL CHECK (password LIKE '$argon2id$%'),
    role        text COLLATE "C" NOT NULL CHECK (role IN ('terminal', 'integrator', 'auditor', 'admin')),
    terminal_id uuid,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    disabled_at timestamptz,
    PRIMARY KEY (tenant_id, user_id)
);

-- What a sign-in began. `generation` counts its refresh tokens: of an older one than the last two somebody has a copy.
CREATE TABLE IF NOT EXISTS ledger.sessions (
    tenant_id  integer NOT NULL REFERENCES ledger.tenants,
    session_id uuid NOT NULL,
    user_id    uuid NOT NULL,
    generation integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, session_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES ledger.users
);
-- Those of a user, which end with another password; and of these the ones that were over first.
CREATE INDEX IF NOT EXISTS sessions_of_user ON ledger.sessions (tenant_id, user_id, expires_at);

-- How far each projection has come. Holding the row's lock is owning the projection.
CREATE TABLE IF NOT EXISTS ledger.checkpoints (
    tenant_id  integer NOT NULL REFERENCES ledger.tenants,
    projection text COLLATE "C" NOT NULL,
    position   bigint NOT NULL DEFAULT 0,
    -- Why it stopped: the event after `position` could not be applied.
    error      text,
    PRIMARY KEY (tenant_id, projection)
) WITH (fillfactor = 50);

-- The sealed log (ledger/audit). A generation is one signed log under one key: `origin` order-ledger/<tenant>, from the
-- second on with its number behind. What is signed stays signed: all four tables are only ever added to.
CREATE TABLE IF NOT EXISTS ledger.seal_keys (
    tenant_id  integer NOT NULL REFERENCES ledger.tenants,
    generation integer NOT NULL CHECK (generation > 0),
    vkey       text COLLATE "C" NOT NULL,
    since      timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Why the log before was not continued; null for the first.
    reason     text,
    PRIMARY KEY (tenant_id, generation)
);

-- Full tiles of the tree (C2SP tlog-tiles): 256 hashes, and the root over them. Partial ones are made when asked for.
CREATE TABLE IF NOT EXISTS ledger.tiles (
    tenant_id  integer NOT NULL,
    generation integer NOT NULL,
    level      smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    number     bigint NOT NULL CHECK (number >= 0),
    hashes     bytea NOT NULL CHECK (octet_length(hashes) = 8192),
    root       bytea NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (tenant_id, generation, level, number),
    FOREIGN KEY (tenant_id, generation) REFERENCES ledger.seal_keys
);
-- Hashes do not compress, and a proof wants a few of them: stored plainly, a part is read without the rest.
ALTER TABLE ledger.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- One signed note per size: of two trees of one size only one can ever be shown.
CREATE TABLE IF NOT EXISTS ledger.signed_checkpoints (
    tenant_id  integer NOT NULL,
    generation integer NOT NULL,
    size       bigint NOT NULL CHECK (size >= 0),
    note       text COLLATE "C" NOT NULL,
    signed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, generation, size),
    FOREIGN KEY (tenant_id, generation) REFERENCES ledger.seal_keys
);

-- Generations that are never signed again, for their log is not the one that was signed.
CREATE TABLE IF NOT EXISTS ledger.seal_stops (
    tenant_id  integer NOT NULL,
    generation integer NOT NULL,
    stopped_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason     text NOT NULL,
    PRIMARY KEY (tenant_id, generation),
    FOREIGN KEY (tenant_id, generation) REFERENCES ledger.seal_keys
);

DO $$
DECLARE
    sealed text;
BEGIN
    FOREACH sealed IN ARRAY ARRAY['seal_keys', 'tiles', 'signed_checkpoints', 'seal_stops'] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER is_immutable BEFORE UPDATE OR DELETE ON ledger.%I '
            'FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change()', sealed);
        EXECUTE format('CREATE OR REPLACE TRIGGER is_never_truncated BEFORE TRUNCATE ON ledger.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', sealed);
        EXECUTE format('REVOKE ALL ON ledger.%I FROM PUBLIC', sealed);
    END LOOP;
END $$;

-- One append, the only way in: events, and all that is promised with them: claims made and released, numbers drawn, keys
-- of personal data made and erased, Idempotency-Keys used (also where there is no event). Positions are tail + 1,
-- tail + 2, …: no sequence, whose numbers a rollback loses and a reader may skip. The tenant's lock comes first, and each
-- statement of a volatile function sees what was committed before it, so the tail is read as the lock's holder before has
-- left it. `a_tail` is the head that the events were decided upon, without the lock: had the log moved on since, they would
-- rest on what may no longer be true, and nothing is appended. Instead of that, all that they rest on may be named
-- (`a_seen_…`) and is looked at, wherever the log ends: streams at their versions, claims with their holders (null:
-- nobody), names that nobody shares, and the count of erasures. A caller that held the lock when it read names neither.
DO $$
DECLARE
    earlier regprocedure;
BEGIN
    -- Of earlier versions, with fewer arguments: who calls with those is served by the one below.
    FOR earlier IN SELECT oid FROM pg_proc
                    WHERE pronamespace = 'ledger'::regnamespace AND proname = 'append' AND pronargs < 32 LOOP
        EXECUTE format('DROP FUNCTION %s', earlier);
    END LOOP;
END $$;
CREATE OR REPLACE FUNCTION ledger.append(
    a_tenant integer, a_event_ids uuid[], a_streams text[], a_versions bigint[], a_types text[],
    a_schema_versions integer[], a_occurred timestamptz[], a_metadata bytea[], a_data bytea[],
    a_kinds text[] DEFAULT '{}', a_keys text[] DEFAULT '{}', a_claimants text[] DEFAULT '{}', a_tail bigint DEFAULT NULL,
    a_seen_streams text[] DEFAULT NULL, a_seen_versions bigint[] DEFAULT '{}', a_seen_kinds text[] DEFAULT '{}',
    a_seen_keys text[] DEFAULT '{}', a_seen_holders text[] DEFAULT '{}', a_seen_shared_kinds text[] DEFAULT '{}',
    a_seen_shared text[] DEFAULT '{}', a_seen_erasures bigint DEFAULT 0,
    a_subjects text[] DEFAULT NULL, a_wrapped bytea[] DEFAULT NULL, a_erased text[] DEFAULT NULL,
    a_released_kinds text[] DEFAULT NULL, a_released text[] DEFAULT NULL,
    a_counters text[] DEFAULT NULL, a_values bigint[] DEFAULT NULL, a_paths text[] DEFAULT NULL,
    a_path_keys text[] DEFAULT NULL, a_fingerprints text[] DEFAULT NULL, a_answers bigint[] DEFAULT NULL
) RETURNS TABLE (first_position bigint, recorded_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
DECLARE
    tail bigint;
    moment timestamptz;
    is_so boolean;
BEGIN
    -- The function runs as its owner, whom row-level security does not bind.
    IF a_tenant IS DISTINCT FROM nullif(current_setting('ledger.tenant', true), '')::integer THEN
        RAISE EXCEPTION 'this connection acts for another tenant' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- Once for all rows: as foreign keys of events and claims this took a quarter of an append.
    IF NOT EXISTS (SELECT FROM tenants t WHERE t.tenant_id = a_tenant) THEN
        RAISE EXCEPTION 'there is no tenant %', a_tenant USING ERRCODE = 'foreign_key_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(x'4C4544'::integer, a_tenant);
    SELECT e.position, e.recorded_at INTO tail, moment
      FROM events e WHERE e.tenant_id = a_tenant ORDER BY e.position DESC LIMIT 1;
    tail := coalesce(tail, 0);
    IF a_seen_streams IS NULL THEN
        is_so := tail = coalesce(a_tail, tail);
    ELSE
        -- Each a scalar subquery, as below. There are hardly ever orphans: one look spares the others. The arrays stand in
        -- queries of their own for the planner not to see them: it would plan anew for each batch of one or two orders.
        -- Bounds are made beforehand, for an owner whom the wall below binds: see `position_at` in ledger/queries.sql.
        is_so := NOT (
            EXISTS (SELECT FROM unnest((SELECT a_seen_streams), (SELECT a_seen_versions)) AS n (stream, version)
                     WHERE (SELECT e.version FROM events e WHERE e.tenant_id = a_tenant AND e.stream = n.stream
                               AND e.version > n.version LIMIT 1) IS NOT NULL)
            OR EXISTS (SELECT FROM unnest((SELECT a_seen_kinds), (SELECT a_seen_keys), (SELECT a_seen_holders))
                                   AS n (kind, key, holder)
                        WHERE (SELECT c.stream FROM claims c
                                WHERE c.tenant_id = a_tenant AND c.kind = n.kind AND c.key = n.key)
                              IS DISTINCT FROM n.holder)
            OR EXISTS (SELECT FROM (SELECT w.kind, w.value || '/' AS first, w.value || '0' AS past
                                      FROM unnest((SELECT a_seen_shared_kinds), (SELECT a_seen_shared)) AS w (kind, value)
                                    OFFSET 0) n
                        WHERE (n.kind <> 'orphan'
                               OR EXISTS (SELECT FROM claims c WHERE c.tenant_id = a_tenant AND c.kind = 'orphan'))
                          AND (SELECT c.stream FROM claims c WHERE c.tenant_id = a_tenant AND c.kind = n.kind
                                  AND c.key >= n.first AND c.key < n.past
                                  AND c.key = n.first || c.stream LIMIT 1) IS NOT NULL)
            OR a_seen_erasures <> coalesce((SELECT c.value FROM counters c
                                             WHERE c.tenant_id = a_tenant AND c.name = 'erasures'), 0)
            -- No number that was drawn is among what was seen.
            OR (a_counters IS NOT NULL AND tail <> a_tail));
    END IF;
    IF NOT is_so THEN
        RAISE EXCEPTION 'this was decided at %, and at % it is otherwise', a_tail, tail USING ERRCODE = 'OL001';
    END IF;
    -- The database's clock, which may be set back; within a tenant time never runs backwards.
    moment := greatest(moment, clock_timestamp());
    -- Versions must continue their stream without a hole; that none is taken, the unique constraint knows.
    IF EXISTS (
        SELECT FROM (
            SELECT s AS stream, v AS version, v - 1 AS previous, lag(v) OVER (PARTITION BY s ORDER BY ordinal) AS before
              FROM unnest(a_streams, a_versions) WITH ORDINALITY AS n (s, v, ordinal)) n
         -- A scalar subquery is looked up in the index whatever the statistics say; a join or EXISTS may be hashed.
         WHERE CASE WHEN n.before IS NOT NULL THEN n.version <> n.before + 1
                    ELSE n.version > 1 AND (
                        SELECT e.version FROM events e
                         WHERE e.tenant_id = a_tenant AND e.stream = n.stream AND e.version = n.previous
                    ) IS NULL END
    ) THEN
        RAISE EXCEPTION 'an expected version is ahead of its stream' USING ERRCODE = 'serialization_failure';
    END IF;
    INSERT INTO events
    SELECT a_tenant, tail + n.ordinal, n.event_id, n.stream, n.version, n.type, n.schema_version, n.occurred, moment,
           n.metadata, n.data
      FROM unnest(a_event_ids, a_streams, a_versions, a_types, a_schema_versions, a_occurred, a_metadata, a_data)
           WITH ORDINALITY AS n (event_id, stream, version, type, schema_version, occurred, metadata, data, ordinal);
    -- One that stands is the same stream's.
    INSERT INTO claims
    SELECT a_tenant, n.kind, n.key, n.stream FROM unnest(a_kinds, a_keys, a_claimants) AS n (kind, key, stream)
        ON CONFLICT DO NOTHING;
    -- What few appends bring: hardly anything of it is worth a statement that does nothing.
    IF a_released IS NOT NULL THEN
        DELETE FROM claims c
         USING unnest(a_released_kinds, a_released) AS gone (kind, key)
         WHERE c.tenant_id = a_tenant AND c.kind = ANY (a_released_kinds) AND c.key = ANY (a_released)
           AND c.kind = gone.kind AND c.key = gone.key;
    END IF;
    IF a_counters IS NOT NULL THEN
        INSERT INTO counters SELECT a_tenant, n.name, n.value FROM unnest(a_counters, a_values) AS n (name, value)
            ON CONFLICT (tenant_id, name) DO UPDATE SET value = excluded.value;
    END IF;
    -- Where a key is there already, another process has made or used it: nothing is appended, and all is decided anew.
    IF a_subjects IS NOT NULL THEN
        INSERT INTO personal_keys
        SELECT a_tenant, n.subject, n.wrapped FROM unnest(a_subjects, a_wrapped) AS n (subject, wrapped);
    END IF;
    IF a_paths IS NOT NULL THEN
        INSERT INTO idempotency_keys
        -- Answers beyond the head they were decided upon are events of this append.
        SELECT a_tenant, n.path, n.key, n.fingerprint, n.answer + CASE WHEN n.answer > a_tail THEN tail - a_tail ELSE 0 END
          FROM unnest(a_paths, a_path_keys, a_fingerprints, a_answers) AS n (path, key, fingerprint, answer);
    END IF;
    -- Also subjects that never had a key: none is made for them from here on.
    IF a_erased IS NOT NULL THEN
        INSERT INTO personal_keys SELECT a_tenant, n.subject, NULL FROM unnest(a_erased) AS n (subject)
            ON CONFLICT (tenant_id, subject) DO UPDATE SET wrapped = NULL WHERE personal_keys.wrapped IS NOT NULL;
    END IF;
    RETURN QUERY SELECT tail + 1, moment;
END $$;

-- How far the logs of these tenants have come; null: of all there are. Projectors look over all of them; nothing else
-- crosses the wall below.
CREATE OR REPLACE FUNCTION ledger.heads_of(a_tenants integer[]) RETURNS TABLE (tenant_id integer, head bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
DECLARE
    mine text := current_setting('ledger.tenant', true);
BEGIN
    FOREACH tenant_id IN ARRAY coalesce(a_tenants, ARRAY (SELECT t.tenant_id FROM tenants t ORDER BY t.tenant_id)) LOOP
        -- For an owner whom the wall binds too. It is put back at the end, and not by a SET of the function: that
        -- only a superuser may declare, of a parameter that PostgreSQL does not know.
        PERFORM set_config('ledger.tenant', heads_of.tenant_id::text, true);
        SELECT e.position INTO head
          FROM events e WHERE e.tenant_id = heads_of.tenant_id ORDER BY e.position DESC LIMIT 1;
        head := coalesce(head, 0);
        RETURN NEXT;
    END LOOP;
    PERFORM set_config('ledger.tenant', coalesce(mine, ''), true);
END $$;

CREATE OR REPLACE FUNCTION ledger.heads() RETURNS TABLE (tenant_id integer, head bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
    SELECT * FROM heads_of(NULL)
$$;

-- How far each tenant's log has come and how far it is sealed: the sealer's look over all tenants, and health's. Without
-- a generation: it was never sealed. `stopped` says why it is not signed any more.
CREATE OR REPLACE FUNCTION ledger.seals() RETURNS TABLE (
    tenant_id integer, name text, head bigint, generation integer, vkey text, size bigint, stopped text
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
DECLARE
    mine text := current_setting('ledger.tenant', true);
BEGIN
    FOR tenant_id, name IN SELECT t.tenant_id, t.name FROM tenants t ORDER BY t.tenant_id LOOP
        PERFORM set_config('ledger.tenant', seals.tenant_id::text, true);
        SELECT e.position INTO head
          FROM events e WHERE e.tenant_id = seals.tenant_id ORDER BY e.position DESC LIMIT 1;
        head := coalesce(head, 0);
        SELECT k.generation, k.vkey INTO generation, vkey
          FROM seal_keys k WHERE k.tenant_id = seals.tenant_id ORDER BY k.generation DESC LIMIT 1;
        SELECT c.size INTO size
          FROM signed_checkpoints c WHERE c.tenant_id = seals.tenant_id AND c.generation = seals.generation
         ORDER BY c.size DESC LIMIT 1;
        SELECT s.reason INTO stopped
          FROM seal_stops s WHERE s.tenant_id = seals.tenant_id AND s.generation = seals.generation;
        RETURN NEXT;
    END LOOP;
    PERFORM set_config('ledger.tenant', coalesce(mine, ''), true);
END $$;

-- For every tenant how many seconds ago its newest checkpoint was signed, and the oldest event recorded that none covers
-- yet; null where there is none.
CREATE OR REPLACE FUNCTION ledger.seal_ages() RETURNS TABLE (tenant_id integer, signed float8, waiting float8)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
DECLARE
    mine text := current_setting('ledger.tenant', true);
    sealed bigint;
    unsealed bigint;
BEGIN
    FOR tenant_id IN SELECT t.tenant_id FROM tenants t ORDER BY t.tenant_id LOOP
        PERFORM set_config('ledger.tenant', seal_ages.tenant_id::text, true);
        SELECT c.size, extract(epoch FROM clock_timestamp() - c.signed_at) INTO sealed, signed
          FROM signed_checkpoints c WHERE c.tenant_id = seal_ages.tenant_id
         ORDER BY c.generation DESC, c.size DESC LIMIT 1;
        unsealed := coalesce(sealed, 0) + 1;
        SELECT extract(epoch FROM clock_timestamp() - e.recorded_at) INTO waiting
          FROM events e WHERE e.tenant_id = seal_ages.tenant_id AND e.position = unsealed;
        RETURN NEXT;
    END LOOP;
    PERFORM set_config('ledger.tenant', coalesce(mine, ''), true);
END $$;

-- Where projections stand in every tenant's log, for health and metrics: `waiting` is how many seconds ago the oldest
-- event was recorded that is not applied yet (null: all are).
CREATE OR REPLACE FUNCTION ledger.standing(a_projections text[]) RETURNS TABLE (
    tenant_id integer, tenant text, head bigint, projection text, checkpoint bigint, error text, waiting float8
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
DECLARE
    mine text := current_setting('ledger.tenant', true);
BEGIN
    FOR tenant_id, tenant, head, projection, checkpoint, error IN
        SELECT t.tenant_id, t.name, h.head, n.name, coalesce(c.position, 0), c.error
          FROM heads_of(NULL) h
          JOIN tenants t ON t.tenant_id = h.tenant_id
         CROSS JOIN unnest(a_projections) WITH ORDINALITY AS n (name, place)
          LEFT JOIN checkpoints c ON c.tenant_id = h.tenant_id AND c.projection = n.name
         ORDER BY t.tenant_id, n.place
    LOOP
        waiting := NULL;
        IF checkpoint < head THEN
            PERFORM set_config('ledger.tenant', standing.tenant_id::text, true);
            SELECT extract(epoch FROM clock_timestamp() - e.recorded_at) INTO waiting
              FROM events e WHERE e.tenant_id = standing.tenant_id AND e.position = standing.checkpoint + 1;
        END IF;
        RETURN NEXT;
    END LOOP;
    PERFORM set_config('ledger.tenant', coalesce(mine, ''), true);
END $$;

-- Which tenant a person who signs in belongs to.
CREATE OR REPLACE FUNCTION ledger.tenant_of_user(a_name text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
DECLARE
    mine text := current_setting('ledger.tenant', true);
    one integer;
    found integer;
BEGIN
    FOR one IN SELECT t.tenant_id FROM tenants t ORDER BY t.tenant_id LOOP
        PERFORM set_config('ledger.tenant', one::text, true);
        IF EXISTS (SELECT FROM users u WHERE u.tenant_id = one AND u.name = a_name) THEN
            found := one;
            EXIT;
        END IF;
    END LOOP;
    PERFORM set_config('ledger.tenant', coalesce(mine, ''), true);
    RETURN found;
END $$;

-- The application's role: it may read, and append through the function; nothing else on the log. Where the connecting
-- user may create no roles it acts as itself, and the triggers above and a wall that binds the owner are the guard.
REVOKE ALL ON ledger.events FROM PUBLIC;
REVOKE ALL ON FUNCTION
    ledger.append, ledger.heads, ledger.heads_of, ledger.seals, ledger.seal_ages, ledger.standing, ledger.tenant_of_user
    FROM PUBLIC;
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'order_ledger') THEN
        CREATE ROLE order_ledger NOLOGIN;
        EXECUTE format('GRANT order_ledger TO %I', current_user);
    END IF;
EXCEPTION
    WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'order_ledger') THEN
        RETURN;
    END IF;
    GRANT USAGE ON SCHEMA ledger TO order_ledger;
    GRANT SELECT ON ledger.events, ledger.events_as_json TO order_ledger;
    GRANT EXECUTE ON FUNCTION
        ledger.append, ledger.heads, ledger.heads_of, ledger.seals, ledger.seal_ages, ledger.standing,
        ledger.tenant_of_user
        TO order_ledger;
    GRANT SELECT, INSERT, UPDATE ON ledger.tenants, ledger.api_keys, ledger.users TO order_ledger;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.claims, ledger.personal_keys, ledger.checkpoints, ledger.sessions
        TO order_ledger;
    GRANT SELECT, INSERT, UPDATE ON ledger.counters, ledger.idempotency_keys TO order_ledger;
    GRANT SELECT ON ledger.seal_keys, ledger.tiles, ledger.signed_checkpoints, ledger.seal_stops TO order_ledger;
END $$;

-- The sealer's role: it may read events, and add to what is sealed; nothing else.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'order_ledger_sealer') THEN
        CREATE ROLE order_ledger_sealer NOLOGIN;
        EXECUTE format('GRANT order_ledger_sealer TO %I', current_user);
    END IF;
EXCEPTION
    WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'order_ledger_sealer') THEN
        RETURN;
    END IF;
    GRANT USAGE ON SCHEMA ledger TO order_ledger_sealer;
    GRANT SELECT ON ledger.events TO order_ledger_sealer;
    GRANT EXECUTE ON FUNCTION ledger.seals TO order_ledger_sealer;
    GRANT SELECT, INSERT ON ledger.seal_keys, ledger.tiles, ledger.signed_checkpoints, ledger.seal_stops
        TO order_ledger_sealer;
END $$;

-- The wall between tenants: whatever a query asks for, it meets only rows of the tenant its connection acts for
-- (`ledger.tenant`), and none where that was forgotten. Every table with a tenant's rows is behind it; `tenants` and
-- `checkpoints` say nothing of a tenant's business. Called for each schema of read models too, when it is made.
CREATE OR REPLACE FUNCTION ledger.raise_wall(a_schema text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found regclass;
BEGIN
    FOR found IN
        SELECT c.oid FROM pg_class c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
         WHERE c.relnamespace = a_schema::regnamespace AND c.relkind = 'r' AND NOT c.relrowsecurity
           AND c.oid <> ALL (ARRAY['ledger.tenants', 'ledger.checkpoints']::regclass[])
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', found);
        EXECUTE format('CREATE POLICY own_tenant ON %s USING '
            '(tenant_id = nullif(current_setting(''ledger.tenant'', true), '''')::integer)', found);
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'order_ledger') THEN
            EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', found);
        END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION ledger.raise_wall FROM PUBLIC;
SELECT ledger.raise_wall('ledger');
