"""What a database holds of a log's tree, tiles and checkpoints, compared with what its events are."""

from __future__ import annotations

from ledger.audit.difference import named
from ledger.audit.digest import Finding, Hasher
from ledger.audit.export import SEALS
from ledger.audit.findings import Signed, of_roots
from ledger.audit.note import NoteError, Verifier, open_checkpoint
from ledger.audit.ranges import Growing
from ledger.audit.tiles import WIDTH, Edge, Tile, split
from ledger.audit.tree import root_of
from ledger.audit.verify import Computed
from ledger.store import Connection

_HEIGHT = 8
_NOTES = 1000
# Tiles that are looked through together for where an event went.
_TOGETHER = 4


class StoredTree:
    """Reads the stored tree beside the log, of which `sealed` events are signed, and notes what does not fit."""

    def __init__(
        self, connection: Connection, tenant_id: int, generation: int, verifier: Verifier, sealed: int
    ) -> None:
        self._connection, self._of, self._verifier = connection, (tenant_id, generation), verifier
        self._sealed = sealed
        self._edge = Edge()
        self._roots = dict[int, bytes]()
        self._findings = list[Finding]()
        self._good, self._later, self._is_bad = 0, 0, False
        # The tree that the tiles make, for as long as it is known to be what was signed.
        self._tree: Growing | None = Growing()
        self._differs = self._moved = False
        self._first, self._signed, self._found = 0, list[bytes](), list[bytes]()

    async def sizes(self, after: int, until: int) -> list[int]:
        """Sizes of the stored checkpoints of trees in a range; what they sign is kept until it is compared."""
        self._roots = {}
        while True:
            rows = await self._connection.fetch(SEALS["checkpoints_after"], *self._of, after, _NOTES)
            for size, note in rows:
                if size > until:
                    return sorted(self._roots)
                self._open(size, note)
                after = size
            if len(rows) < _NOTES:
                return sorted(self._roots)

    def _open(self, size: int, note: str) -> None:
        try:
            checkpoint = open_checkpoint(note, self._verifier)
            if checkpoint.size != size:
                raise NoteError(f"it is of {checkpoint.size} events")
            self._roots[size] = checkpoint.root
        except NoteError as error:
            self._findings.append((size, f"the stored checkpoint of {size} events does not hold: {error}"))

    async def compare(self, hasher: Hasher, computed: Computed) -> None:
        """The events of a run, which `computed` has taken, with the stored notes and tiles over them."""
        for size, root in sorted(self._roots.items()):
            signed = Signed(size, root, f"the stored checkpoint of {size} events")
            wrong = of_roots([signed], computed.roots, self._good)
            if wrong and self._is_bad:
                self._later += 1
            elif wrong:
                self._findings += wrong
                self._is_bad = True
            elif not self._is_bad:
                self._good = size
        filled = self._edge.append(hasher.hashes)
        levels, numbers = [tile.level for tile in filled], [tile.number for tile in filled]
        rows = await self._connection.fetch(SEALS["tiles"], *self._of, levels, numbers)
        stored = {(row["level"], row["number"]): row for row in rows}
        for tile in filled:
            row = stored.get((tile.level, tile.number))
            if row is None:
                self._missing(tile)
            else:
                self._compare(tile, row["hashes"], row["root"])

    def _missing(self, tile: Tile) -> None:
        if (tile.number + 1) * WIDTH << _HEIGHT * tile.level <= self._sealed:
            self._findings.append((0, f"the stored tile {tile.number} of level {tile.level} is missing"))
        self._tree = None

    def _compare(self, tile: Tile, hashes: bytes, root: bytes) -> None:
        if tile.level == 0 and self._tree is not None:
            self._leaves(tile, hashes, self._tree)
        same = hashes == tile.hashes
        if (not same and not self._differs) or root != (tile.root if same else root_of(split(hashes))):
            self._altered(tile)

    def _leaves(self, tile: Tile, hashes: bytes, before: Growing) -> None:
        """A tile of level 0. Where a checkpoint stands for it, it says what the events were."""
        size = (tile.number + 1) * WIDTH
        signed = self._roots.get(size)
        stored = before.copy()
        stored.add([(_HEIGHT, tile.root if hashes == tile.hashes else root_of(split(hashes)))])
        self._tree = stored
        if signed is not None and stored.root() != signed:
            if hashes != tile.hashes:
                self._altered(tile)
            before.add([(_HEIGHT, tile.root)])
            self._tree = before if before.root() == signed else None
        elif signed is not None and (hashes != tile.hashes or self._signed):
            self._differs = True
            self._first = self._first if self._signed else size - WIDTH + 1
            self._signed += split(hashes)
            self._found += split(tile.hashes)
            if len(self._signed) >= _TOGETHER * WIDTH:
                self._name()

    def _altered(self, tile: Tile) -> None:
        self._findings.append((0, f"the stored tile {tile.number} of level {tile.level} was altered"))

    def _name(self) -> None:
        if self._signed and not self._moved:
            found, moved = named(self._signed, self._found, self._first)
            self._findings += found
            # From there on every event stands in another one's place, which says nothing more.
            self._moved = moved != 0
        self._signed, self._found = [], []

    def findings(self) -> list[Finding]:
        """What did not fit."""
        self._name()
        if self._later:
            self._findings.append((self._sealed, f"{self._later} later stored checkpoints do not hold either"))
        return self._findings
