"""A tree that grows from the left, in its few complete subtrees. Pure.

Whoever hashes a part of a log gives it as `pieces`; parts are put together in order without their leaves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from ledger.audit.tree import folded, node_hash, root_of

# A complete subtree's height and hash.
Piece = tuple[int, bytes]


def pieces(first: int, hashes: Sequence[bytes]) -> list[Piece]:
    """Leaves `first`, `first` + 1, … by their hashes, as the largest complete subtrees that lie in the tree there."""
    found, at = list[Piece](), 0
    while at < len(hashes):
        fits = (len(hashes) - at).bit_length() - 1
        index = first + at
        height = min(fits, (index & -index).bit_length() - 1) if index else fits
        found.append((height, root_of(hashes[at : at + (1 << height)])))
        at += 1 << height
    return found


def segments(first: int, hashes: Sequence[bytes], cuts: Iterable[int]) -> list[list[Piece]]:
    """The pieces of a run of leaves up to each size of the tree in `cuts` that ends in it, and up to its end."""
    edges = [first, *(cut for cut in cuts if first < cut < first + len(hashes)), first + len(hashes)]
    return [pieces(low, hashes[low - first : high - first]) for low, high in itertools.pairwise(edges)]


class Growing:
    """The first `size` leaves of a tree."""

    def __init__(self) -> None:
        self.size = 0
        self._stack = list[Piece]()

    def add(self, found: Iterable[Piece]) -> None:
        """The leaves that follow."""
        for height, hash_ in found:
            self.size += 1 << height
            while self._stack and self._stack[-1][0] == height:
                height, hash_ = height + 1, node_hash(self._stack.pop()[1], hash_)
            self._stack.append((height, hash_))

    def copy(self) -> Growing:
        """Another one that starts where this one is."""
        made = Growing()
        made.add(self._stack)
        return made

    def root(self) -> bytes:
        """The root over all of them."""
        return folded([hash_ for _, hash_ in self._stack])
