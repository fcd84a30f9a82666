"""Hashing again what was signed: whether the log still is what its checkpoints say, and if not, where it differs."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.audit import seals
from ledger.audit.note import Checkpoint
from ledger.audit.seals import Changed
from ledger.audit.tiles import WIDTH, Edge, Tile, split
from ledger.store import Connection

# Leaves at once. Their part of the tree keeps the event loop, which the API shares, for a millisecond or two.
LEAVES_AT_ONCE = 1024


class Check:
    """From the first event to the largest of some signed checkpoints, in steps.

    `edge` is the tree so far; `passed` what it was at every multiple of 256 after `stored` leaves, for a process that
    was killed between signing and storing has left these out.
    """

    def __init__(self, tenant_id: int, generation: int, signed: Iterable[Checkpoint], stored: int) -> None:
        self.edge = Edge()
        self.passed: list[Edge] = []
        self._stored = stored
        self._tenant_id, self._generation = tenant_id, generation
        self._signed = sorted(set(signed), key=lambda checkpoint: checkpoint.size)

    async def step(self, connection: Connection) -> bool:
        """Hashes the next events, and says whether there are more to hash. Changed: they are not what was signed.

        A tile that is not stored any more is stored again: it follows from the events.
        """
        while self._signed and self._signed[0].size == self.edge.size:
            checkpoint = self._signed.pop(0)
            if self.edge.root() != checkpoint.root:
                raise Changed(f"the first {checkpoint.size} events are not those that were signed")
        if not self._signed:
            return False
        after, end = self.edge.size, self._signed[0].size
        count = min(end - after, LEAVES_AT_ONCE if after < self._stored else WIDTH - after % WIDTH)
        hashes = await seals.leaf_hashes(connection, self._tenant_id, after, count)
        if not hashes:
            raise Changed(f"the log ends at position {after}, and {self._signed[-1].size} events were signed")
        await self._compare(connection, self.edge.append(hashes))
        if self.edge.size > self._stored and self.edge.size % WIDTH == 0:
            self.passed.append(self.edge.copy())
        return True

    async def _compare(self, connection: Connection, tiles: list[Tile]) -> None:
        stored = await seals.stored_tiles(connection, self._tenant_id, self._generation, tiles)
        for tile in tiles:
            found = stored.get((tile.level, tile.number), tile)
            if found != tile:
                raise Changed(_difference(tile, found))
        missing = [tile for tile in tiles if (tile.level, tile.number) not in stored]
        await seals.add_tiles(connection, self._tenant_id, self._generation, missing)


def _difference(tile: Tile, stored: Tile) -> str:
    """What tells a tile from the one that was stored when it was signed."""
    pairs = zip(split(tile.hashes), split(stored.hashes), strict=True)
    differ = [tile.number * WIDTH + index + 1 for index, (one, other) in enumerate(pairs) if one != other]
    if tile.level > 0 or not differ:
        return f"tile {tile.number} of level {tile.level} was altered"
    if len(differ) == 1:
        return f"event {differ[0]} was altered"
    return f"{len(differ)} events from {differ[0]} to {differ[-1]} were altered"
