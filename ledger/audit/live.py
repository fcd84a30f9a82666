"""The running database verified as an export is, and what is stored of the tree besides.

The tiles hold the hash of every event that was sealed. Where a signature stands for a tile it tells which event is not
what it was; a tile that nothing stands for was altered itself.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from ledger.audit import findings
from ledger.audit.digest import Finding, Hasher
from ledger.audit.export import LINES, SEALS
from ledger.audit.files import EVENTS_PER_FILE
from ledger.audit.findings import Search
from ledger.audit.lines import Head, LineError, check_document
from ledger.audit.live_tree import StoredTree
from ledger.audit.note import Checkpoint, NoteError, Verifier, open_checkpoint
from ledger.audit.uniqueness import Records, broken, twice
from ledger.audit.verify import KNOWN, Computed, NoKey, Progress, Report, saved_checkpoints
from ledger.database import reading
from ledger.store import Connection, Pool, head
from ledger.tenants import Known, Tenant

PAGE = 1024


async def verify_live(
    pool: Pool,
    tenant: Known | Tenant,
    *,
    vkey: str | None = None,
    checkpoints: Sequence[Path] = (),
    progress: Progress = lambda done, total: None,
) -> Report:
    """Verifies a tenant's log, up to where it is now, against a trusted key (that of the log where none is given)."""
    async with reading(pool, tenant.tenant_id) as connection:
        row = await connection.fetchrow(SEALS["sealed"], tenant.tenant_id)
        if row is None:
            return Report(f"order-ledger/{tenant.name}", 0, None, vkey is None, ["the log was never sealed"])
        found = [] if row["reason"] is None else [f"the log is not signed any more: {row['reason']}"]
        verifier = _trusted(row["vkey"], vkey, found)
        own = _newest(row, verifier, found)
        saved = list(saved_checkpoints(checkpoints, verifier, own, found, "log"))
        end = await head(connection, tenant.tenant_id)
        with Records(end) as records:
            computed = Computed(records, progress, end)
            tree = StoredTree(connection, tenant.tenant_id, row["generation"], verifier, own.size if own else 0)
            await _Walk(connection, tenant.tenant_id, end).compute(computed, tree, [one.size for one in saved])
            wrong = computed.findings + await _searched(connection, tenant.tenant_id, end, records)
    wrong += tree.findings()
    wrong += findings.of_order(computed.runs, max(computed.count, own.size if own is not None else 0))
    wrong += findings.of_roots(saved, computed.roots)
    found += [what for _, what in sorted(set(wrong))]
    return Report(verifier.name, computed.count, computed.root, vkey is None, found)


def _trusted(registered: str, vkey: str | None, found: list[str]) -> Verifier:
    try:
        trusted = Verifier.parse(registered if vkey is None else vkey)
    except NoteError as error:
        raise NoKey(f"the {'registered' if vkey is None else 'trusted'} key cannot be read: {error}") from error
    if trusted.vkey != registered.strip():
        found.append(f"the log's key is another than the trusted one of {trusted.name}")
    return trusted


def _newest(row: asyncpg.Record, verifier: Verifier, found: list[str]) -> Checkpoint | None:
    if row["note"] is None:
        found.append("the log has no signed checkpoint")
        return None
    try:
        return open_checkpoint(row["note"], verifier)
    except NoteError as error:
        found.append(f"the log's newest checkpoint does not hold: {error}")
        return None


class _Walk:
    """Goes through a log up to a position, a page at a time."""

    def __init__(self, connection: Connection, tenant_id: int, end: int) -> None:
        self._connection, self._tenant_id, self._end = connection, tenant_id, end
        self._after = 0

    async def page(self) -> list[asyncpg.Record]:
        """The next events; none at the end."""
        rows: list[asyncpg.Record] = await self._connection.fetch(LINES["lines"], self._tenant_id, self._after, PAGE)
        rows = [row for row in rows if row["position"] <= self._end]
        self._after = rows[-1]["position"] if rows else self._after
        return rows

    async def compute(self, computed: Computed, tree: StoredTree, sizes: Sequence[int]) -> None:
        """Hashes everything; roots at these sizes, and at those of the stored checkpoints."""
        rows = await self.page()
        while rows:
            cuts = await tree.sizes(computed.count, computed.count + EVENTS_PER_FILE)
            hasher = Hasher(computed.count, KNOWN, computed.records.buckets, sorted({*cuts, *sizes}))
            while rows and len(hasher.hashes) < EVENTS_PER_FILE:
                taken = EVENTS_PER_FILE - len(hasher.hashes)
                _add(hasher, rows[:taken])
                rows = rows[taken:] or await self.page()
                await asyncio.sleep(0)
            computed.add(hasher.digest())
            await tree.compare(hasher, computed)
            computed.forget(sizes)

    async def show(self, search: Search) -> None:
        """Shows every event to a search, twice."""
        for look in (search.name, search.see):
            self._after, place = 0, 1
            while rows := await self.page():
                for at, row in enumerate(rows, place):
                    look(at, Head(*row[:8]))
                place += len(rows)


def _add(hasher: Hasher, rows: Sequence[asyncpg.Record]) -> None:
    heads = [Head(*row[:8]) for row in rows]
    ids = bytes.fromhex("".join([one.event_id for one in heads]).replace("-", ""))
    metadata, data = [row["metadata"] for row in rows], [row["data"] for row in rows]
    for one, documents in zip(heads, zip(metadata, data, strict=True), strict=True):
        for name, document in zip(("metadata", "data"), documents, strict=True):
            try:
                check_document(document, name)
            except LineError as error:
                hasher.find(hasher.place, f"event {one.position} {error}")
    try:
        hasher.add(heads, ids, metadata, data)
    except struct.error:
        for one in heads:
            hasher.add_unreadable(f"event {one.position}, or one near it, has a number that no event has")


async def _searched(connection: Connection, tenant_id: int, end: int, records: Records) -> list[Finding]:
    ids = [one for bucket in records.ids() for one in twice(bucket)]
    places = [one for bucket in records.streams() for one in broken(bucket)]
    search = Search(places, ids)
    if search:
        await _Walk(connection, tenant_id, end).show(search)
    return search.findings()
