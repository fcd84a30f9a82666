"""Proofs and tiles of a sealed log, from the tiles that are stored and, at its right edge, from the events.

Whoever gets a proof need not believe it: it is checked with `tree.is_included` and `tree.is_consistent` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from ledger.audit import seals
from ledger.audit.note import NoteError, Verifier, open_checkpoint
from ledger.audit.seals import Changed, Signed
from ledger.audit.tiles import WIDTH, Entries, range_hash, split, wanted
from ledger.audit.tree import Range, consistency_ranges, inclusion_ranges, is_included
from ledger.database import queries
from ledger.store import Connection

_SQL = queries("ledger/audit/queries.sql")
_HEIGHT = 8


class Sealed(NamedTuple):
    """The newest generation of a tenant's log. `stopped` says why it is not signed any more."""

    tenant_id: int
    generation: int
    vkey: str
    size: int
    note: str
    stopped: str | None


class Inclusion(NamedTuple):
    """That a leaf is in the tree of a signed note."""

    leaf_index: int
    size: int
    leaf_hash: bytes
    path: list[bytes]
    note: str


class Standing(NamedTuple):
    """How an event stands to the signed tree of `size`. `proof` and `holds` are None where it is not in yet; where it
    does not hold there is no proof. `stopped` as in `Sealed`.
    """

    size: int
    holds: bool | None
    proof: Inclusion | None
    stopped: str | None


async def sealed(connection: Connection, tenant_id: int) -> Sealed | None:
    """How far a tenant's log is sealed; None: nothing was signed yet."""
    row = await connection.fetchrow(_SQL["sealed"], tenant_id)
    return None if row is None or row["note"] is None else Sealed(tenant_id, *row)


async def checkpoints(connection: Connection, log: Sealed, after: int, limit: int) -> list[Signed]:
    """Signed notes of trees larger than `after`, smallest first."""
    rows = await connection.fetch(_SQL["checkpoints_after"], log.tenant_id, log.generation, after, limit)
    return [Signed(*row) for row in rows]


async def position_of(connection: Connection, tenant_id: int, event_id: UUID) -> int | None:
    """Where an event lies; None: there is none of that id."""
    found: int | None = await connection.fetchval(_SQL["position_of"], tenant_id, event_id)
    return found


async def inclusion(connection: Connection, log: Sealed, index: int, size: int) -> Inclusion | None:
    """The proof for leaf `index` in the tree of `size` > `index`; None: no checkpoint of that size was signed.

    Changed: there is none any more, for an event is not what it was when it was sealed.
    """
    note = await seals.checkpoint_note(connection, log.tenant_id, log.generation, size)
    if note is None:
        return None
    leaf, *path = await _hashes(connection, log, [(index, index + 1), *inclusion_ranges(index, size)])
    try:
        root = open_checkpoint(note, Verifier.parse(log.vkey)).root
    except NoteError as error:
        raise Changed(f"the checkpoint of size {size}: {error}") from None
    if not is_included(leaf, index, size, path, root):
        raise Changed(f"one of the first {size} events is not what it was when it was sealed")
    return Inclusion(index, size, leaf, path, note)


async def standing(connection: Connection, tenant_id: int, position: int) -> Standing | None:
    """Whether the event at a position is sealed, which is proved and not believed; None: nothing of the log is."""
    log = await sealed(connection, tenant_id)
    if log is None:
        return None
    if position > log.size:
        return Standing(log.size, None, None, log.stopped)
    try:
        proof = await inclusion(connection, log, position - 1, log.size)
    except Changed:
        proof = None
    return Standing(log.size, proof is not None, proof, log.stopped)


async def consistency(connection: Connection, log: Sealed, old: int, new: int) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with that of `old`; `new` is at most `log.size`."""
    return await _hashes(connection, log, consistency_ranges(old, new))


async def tile(connection: Connection, log: Sealed, level: int, number: int, width: int) -> bytes | None:
    """The first `width` hashes of a tile, 256 of a full one; None: the sealed tree has not so many."""
    first, end = number * WIDTH, number * WIDTH + width
    if end > log.size >> _HEIGHT * level:
        return None
    entries = Entries(level, first, end)
    return b"".join((await _entries(connection, log, [entries]))[entries])


async def _hashes(connection: Connection, log: Sealed, ranges: Sequence[Range]) -> list[bytes]:
    entries = await _entries(connection, log, sorted(wanted(ranges)))
    return [range_hash(one, entries) for one in ranges]


async def _entries(connection: Connection, log: Sealed, places: Sequence[Entries]) -> dict[Entries, list[bytes]]:
    """The hashes in these places, each inside of one tile."""
    above = [place for place in places if place.level > 0]
    full = [place for place in places if place.level == 0 and _tile_end(place) <= log.size]
    edge = [place for place in places if place.level == 0 and _tile_end(place) > log.size]
    found = await _from_tiles(connection, log, full) | await _from_roots(connection, log, above)
    if edge:
        first, end = min(place.first for place in edge), max(place.end for place in edge)
        leaves = await _leaves(connection, log, first, end)
        found |= {place: leaves[place.first - first : place.end - first] for place in edge}
    for place in places:
        if len(found[place]) != place.end - place.first:
            raise Changed("a part of the sealed log is missing")
    return found


async def _leaves(connection: Connection, log: Sealed, first: int, end: int) -> list[bytes]:
    """Leaves `first` to `end` of the edge; large events come a few at a time."""
    found: list[bytes] = []
    while first + len(found) < end:
        after = first + len(found)
        more = await seals.leaf_hashes(connection, log.tenant_id, after, end - after)
        if not more:
            break
        found += more
    return found


async def _from_tiles(connection: Connection, log: Sealed, places: Sequence[Entries]) -> dict[Entries, list[bytes]]:
    if not places:
        return {}
    columns = [p.first // WIDTH for p in places], [p.first % WIDTH for p in places], [p.end - p.first for p in places]
    rows = await connection.fetch(_SQL["parts_of_tiles"], log.tenant_id, log.generation, *columns)
    return {place: split(row[0] or b"") for place, row in zip(places, rows, strict=True)}


async def _from_roots(connection: Connection, log: Sealed, places: Sequence[Entries]) -> dict[Entries, list[bytes]]:
    if not places:
        return {}
    columns = [place.level for place in places], [place.first for place in places], [place.end for place in places]
    rows = await connection.fetch(_SQL["roots_of_tiles"], log.tenant_id, log.generation, *columns)
    return {place: split(row[0] or b"") for place, row in zip(places, rows, strict=True)}


def _tile_end(place: Entries) -> int:
    """Where the tile of a place in level 0 ends."""
    return (place.first // WIDTH + 1) * WIDTH
