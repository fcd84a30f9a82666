"""The Merkle tree of RFC 6962, section 2.1: roots, proofs and their verification. Pure.

A proof is first a list of ranges of leaves (`inclusion_ranges`, `consistency_ranges`); the hash of each is that of a
few complete subtrees (`complete_subtrees`), which whoever keeps the tree looks up (`tiles`). Verification is by the
algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2, and knows nothing of how a proof was made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

_sha256 = hashlib.sha256
EMPTY_ROOT = hashlib.sha256().digest()
HASH_BYTES = 32

# Leaves from the first number up to and without the second.
Range = tuple[int, int]
# A complete subtree: its height, and its index among those of that height. (0, i) is the hash of leaf i.
Subtree = tuple[int, int]


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over these hashes of leaves, or of complete subtrees of one height, in order."""
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        # Nodes by the million: what `node_hash` does, without the call.
        sides = iter(level)
        paired = [_sha256(b"\x01" + left + right).digest() for left, right in zip(sides, sides, strict=False)]
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0]


def folded(subtrees: Sequence[bytes]) -> bytes:
    """The hash of a range from the hashes of its `complete_subtrees`."""
    if not subtrees:
        return EMPTY_ROOT
    found = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        found = node_hash(left, found)
    return found


def complete_subtrees(first: int, end: int) -> list[Subtree]:
    """The complete subtrees a range is made of, largest and leftmost first. `first` is aligned as in every proof."""
    found = []
    while first < end:
        height = (end - first).bit_length() - 1
        found.append((height, first >> height))
        first += 1 << height
    return found


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose hashes lead from leaf `index` to the root of a tree of `size`, from the leaf upwards."""
    first, end, found = 0, size, list[Range]()
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((first, middle))
            first = middle
    return found[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The ranges whose hashes prove that a tree of `new` leaves begins with the tree of its first `old` ones."""
    first, end, whole, found = 0, new, True, list[Range]()
    while old != end:
        middle = first + _split(end - first)
        if old <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((first, middle))
            first, whole = middle, False
    if not whole:
        found.append((first, end))
    return found[::-1]


def is_included(leaf_hash: bytes, index: int, size: int, path: Iterable[bytes], root: bytes) -> bool:
    """Whether `path` proves that the leaf of this hash is leaf `index` of the tree of `size` with this root."""
    if not 0 <= index < size:
        return False
    node, last, found = index, size - 1, leaf_hash
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether `path` proves that the tree of `new` leaves with its root begins with that of `old` leaves with its."""
    if not 0 <= old <= new:
        return False
    if old == new or old == 0:
        return not path and (old_root == new_root if old == new else old_root == EMPTY_ROOT)
    if not path:
        return False
    # The old root is a node of the new tree when the old tree is complete.
    nodes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    of_old = of_new = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            of_old, of_new = node_hash(sibling, of_old), node_hash(sibling, of_new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            of_new = node_hash(of_new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and of_old == old_root and of_new == new_root


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
