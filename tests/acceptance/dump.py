"""Everything that a database holds, and whether a word is in it in any guise."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg

from ledger import embedded
from ledger.embedded_cluster import locate

_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) AS name, n.nspname ~ '^(ledger|read_)' AS ours
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('information_schema', 'pg_toast')
"""


def dsn_of(data_dir: Path) -> str:
    """The database of the server that runs on a data directory."""
    found = embedded.attach(data_dir)
    assert found is not None, "a server runs there"
    return found


def pg_dump(data_dir: Path) -> bytes:
    """A full dump of the database, as PostgreSQL's own tool makes it."""
    program = Path(locate(data_dir).binaries.directory) / "pg_dump"
    query = parse_qs(urlsplit(dsn_of(data_dir)).query)
    command = [str(program), "-U", "postgres", "-h", query["host"][0], "-p", query["port"][0], "postgres"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return subprocess.run(command, env=environment, check=True, capture_output=True).stdout


async def rows(data_dir: Path) -> bytes:
    """Every row of every table as COPY writes it, the planner's statistics too; of ours also every value as it is."""
    connection = await asyncpg.connect(dsn_of(data_dir))
    found: list[bytes] = []

    async def take(part: bytes) -> None:
        found.append(bytes(part))

    try:
        for table, is_ours in await connection.fetch(_TABLES):
            await connection.copy_from_query(f"TABLE {table}", output=take)
            if is_ours:
                values = [value for row in await connection.fetch(f"TABLE {table}") for value in row]
                found += [value if isinstance(value, bytes) else str(value).encode() for value in values]
    finally:
        await connection.close()
    return b"\n".join(found)


async def analyze(data_dir: Path) -> None:
    """As autovacuum does sooner or later: samples of what is in the tables go into the planner's statistics."""
    connection = await asyncpg.connect(dsn_of(data_dir))
    await connection.execute("ANALYZE")
    await connection.close()


async def digests(data_dir: Path) -> list[tuple[int, bytes]]:
    """SHA-256 of every event's bytes, by position."""
    connection = await asyncpg.connect(dsn_of(data_dir))
    try:
        query = "SELECT position, sha256(metadata || data) FROM ledger.events ORDER BY position"
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def guises(word: str) -> Iterator[bytes]:
    """A word as it may lie in a file: UTF-8, UTF-16, Latin-1, escaped, hexadecimal, base64 at any offset."""
    raw = word.encode()
    yield from (raw, raw.upper(), raw.lower(), word.encode("utf-16-le"), word.encode("latin-1", "replace"))
    yield json.dumps(word)[1:-1].encode()
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for offset in range(3):
        # Without the characters at the ends, which depend on what stands beside the word.
        encoded = base64.b64encode(b"\0" * offset + raw)
        yield encoded[4 if offset else 0 : -4]


def found(words: list[str], *places: bytes) -> list[str]:
    """The words that are somewhere."""
    return [word for word in words if any(guise in place for guise in guises(word) for place in places)]
