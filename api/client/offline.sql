-- The offline queue of one program: a file of SQLite.

-- name: settings -- a commit is on the disk when it returns, on macOS too; what is deleted is overwritten
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA secure_delete = ON;

-- name: is_durable -- journal and level of what `settings` asked for
SELECT (SELECT journal_mode FROM pragma_journal_mode) = 'wal' AND (SELECT synchronous FROM pragma_synchronous) = 2;

-- name: schema -- `number` is never given twice, so that its order is that in which writes came; body is the JSON as it
-- is sent each time, headers hold its Idempotency-Key. With a problem it was refused, and waits for a person.
CREATE TABLE IF NOT EXISTS writes (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    put_at  TEXT NOT NULL,
    method  TEXT NOT NULL,
    path    TEXT NOT NULL,
    body    TEXT NOT NULL,
    headers TEXT NOT NULL,
    problem TEXT
);
CREATE INDEX IF NOT EXISTS writes_waiting ON writes (number) WHERE problem IS NULL;
CREATE VIEW IF NOT EXISTS set_aside AS SELECT * FROM writes WHERE problem IS NOT NULL;

-- name: lock -- of the file beside it, for as long as the queue is open: whoever dies has let it go
BEGIN EXCLUSIVE;

-- name: put -- at the end
INSERT INTO writes (put_at, method, path, body, headers) VALUES (?, ?, ?, ?, ?);

-- name: first -- that waits
SELECT number, method, path, body, headers FROM writes WHERE problem IS NULL ORDER BY number LIMIT 1;

-- name: waiting -- how many
SELECT count(*) FROM writes WHERE problem IS NULL;

-- name: remove -- what is in the ledger, or given up
DELETE FROM writes WHERE number = ?;

-- name: set_aside -- what the ledger has refused
UPDATE writes SET problem = ? WHERE number = ?;

-- name: send_again -- in its old place
UPDATE writes SET problem = NULL WHERE number = ? AND problem IS NOT NULL;

-- name: refused -- what was set aside, oldest first
SELECT number, put_at, method, path, body, headers, problem FROM writes WHERE problem IS NOT NULL ORDER BY number;
