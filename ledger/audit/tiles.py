"""The tree in tiles (C2SP tlog-tiles): 256 hashes wide, so that what is kept is only ever added to. Pure.

Entry k of tile n of level l is the hash of the complete subtree over leaves (256 n + k) · 256^l and so many after it. A
full tile never changes; its root is an entry of the level above.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ledger.audit.tree import HASH_BYTES, Range, Subtree, complete_subtrees, folded, root_of

WIDTH = 256
_HEIGHT = 8


class Tile(NamedTuple):
    """A full tile: its level, its number in it, its hashes in one piece, and its root."""

    level: int
    number: int
    hashes: bytes
    root: bytes


class Entries(NamedTuple):
    """Entries `first` to `end` (without it) of a level of tiles: what a range's hash is made of."""

    level: int
    first: int
    end: int


class Edge:
    """The right edge of a tree, of every level the entries of the tile that is not full."""

    def __init__(self, levels: Iterable[Iterable[bytes]] = ()) -> None:
        self.levels = [list(entries) for entries in levels]

    @property
    def size(self) -> int:
        """How many leaves the tree has, when all below the edge is full."""
        return sum(len(entries) << _HEIGHT * level for level, entries in enumerate(self.levels))

    def copy(self) -> Edge:
        """Another one that starts where this one is."""
        return Edge(self.levels)

    def append(self, leaf_hashes: Iterable[bytes]) -> list[Tile]:
        """Adds leaves by their hashes; gives the tiles that they filled, lower levels first."""
        filled, level, added = list[Tile](), 0, list(leaf_hashes)
        below = self.size
        while added:
            if level == len(self.levels):
                self.levels.append([])
            entries = self.levels[level]
            number = below >> _HEIGHT * (level + 1)
            entries += added
            added = []
            while len(entries) >= WIDTH:
                tile = entries[:WIDTH]
                del entries[:WIDTH]
                added.append(root_of(tile))
                filled.append(Tile(level, number, b"".join(tile), added[-1]))
                number += 1
            level += 1
        return filled

    def root(self) -> bytes:
        """The root of the whole tree."""
        subtrees = list[bytes]()
        for entries in reversed(self.levels):
            subtrees += [root_of(entries[first:end]) for first, end in _powers(len(entries))]
        return folded(subtrees)


def entries_of(subtree: Subtree) -> Entries:
    """The entries whose root a complete subtree is."""
    height, index = subtree
    level, count = height // _HEIGHT, 1 << height % _HEIGHT
    return Entries(level, index * count, (index + 1) * count)


def wanted(ranges: Iterable[Range]) -> set[Entries]:
    """All entries that the hashes of these ranges are made of."""
    return {entries_of(subtree) for one in ranges for subtree in complete_subtrees(*one)}


def range_hash(one: Range, entries: Mapping[Entries, list[bytes]]) -> bytes:
    """The hash of a range of leaves, from the entries that `wanted` named."""
    return folded([root_of(entries[entries_of(subtree)]) for subtree in complete_subtrees(*one)])


def split(hashes: bytes) -> list[bytes]:
    """The hashes of a tile, one by one."""
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]


def _powers(count: int) -> Iterable[tuple[int, int]]:
    """`count` entries as runs whose lengths are powers of two, largest first."""
    first = 0
    while first < count:
        end = first + (1 << (count - first).bit_length() - 1)
        yield first, end
        first = end
