"""The tree of RFC 6962: its own examples, a definition to compare with, and proofs that lie."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.audit import tiles
from ledger.audit.leaf import leaf_hash
from ledger.audit.tree import (
    EMPTY_ROOT,
    consistency_ranges,
    folded,
    inclusion_ranges,
    is_consistent,
    is_included,
    node_hash,
    root_of,
)

# The leaves and roots that the reference implementations of Certificate Transparency are tested with.
LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                           "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]


def hashes(count: int) -> list[bytes]:
    """So many different hashes."""
    return [hashlib.sha256(b"%d" % number).digest() for number in range(count)]


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(by_definition(leaves[:k]), by_definition(leaves[k:]))


def path_by_definition(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*path_by_definition(m, leaves[:k]), by_definition(leaves[k:])]
    return [*path_by_definition(m - k, leaves[k:]), by_definition(leaves[:k])]


def proof_by_definition(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF(m, D[n], b) of section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [by_definition(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*proof_by_definition(m, leaves[:k], whole), by_definition(leaves[k:])]
    return [*proof_by_definition(m - k, leaves[k:], False), by_definition(leaves[:k])]


def edge_of(leaves: list[bytes], steps: int = 7) -> tuple[tiles.Edge, dict[tuple[int, int], tiles.Tile]]:
    """A tree that grew in steps, and its full tiles."""
    edge, full = tiles.Edge(), dict[tuple[int, int], tiles.Tile]()
    for at in range(0, len(leaves), steps):
        full |= {(tile.level, tile.number): tile for tile in edge.append(leaves[at : at + steps])}
    return edge, full


def found_in(edge: tiles.Edge, full: dict[tuple[int, int], tiles.Tile], entries: tiles.Entries) -> list[bytes]:
    """Entries from full tiles, or from the edge."""
    index = entries.first // tiles.WIDTH
    tile = full.get((entries.level, index))
    row = tiles.split(tile.hashes) if tile else edge.levels[entries.level]
    return row[entries.first - index * tiles.WIDTH : entries.end - index * tiles.WIDTH]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_of_the_reference_trees(size: int) -> None:
    assert root_of(HASHES[:size]).hex() == ROOTS[size - 1]
    assert edge_of(HASHES[:size], 1)[0].root().hex() == ROOTS[size - 1]


def test_the_empty_tree() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of([]) == tiles.Edge().root() == folded([]) == EMPTY_ROOT


@given(st.integers(0, 600))
def test_a_root_is_what_the_definition_says(size: int) -> None:
    leaves = hashes(size)
    edge, _ = edge_of(leaves)
    assert root_of(leaves) == edge.root() == by_definition(leaves)
    assert edge.size == size


@given(st.data())
def test_an_inclusion_proof_is_the_definitions_and_holds(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 1200))
    index = data.draw(st.integers(0, size - 1))
    grown = size + data.draw(st.integers(0, 900))
    leaves = hashes(grown)
    edge, full = edge_of(leaves, 300)
    ranges = inclusion_ranges(index, size)
    entries = {one: found_in(edge, full, one) for one in tiles.wanted(ranges)}
    path = [tiles.range_hash(one, entries) for one in ranges]
    assert path == path_by_definition(index, leaves[:size])
    assert is_included(leaves[index], index, size, path, root_of(leaves[:size]))


@given(st.data())
def test_a_consistency_proof_is_the_definitions_and_holds(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 1200))
    old = data.draw(st.integers(1, new))
    leaves = hashes(new)
    edge, full = edge_of(leaves, 300)
    ranges = consistency_ranges(old, new)
    entries = {one: found_in(edge, full, one) for one in tiles.wanted(ranges)}
    path = [tiles.range_hash(one, entries) for one in ranges]
    assert path == proof_by_definition(old, leaves)
    assert is_consistent(old, new, path, root_of(leaves[:old]), root_of(leaves))


def test_tiles_of_three_levels_are_what_the_format_says() -> None:
    leaves = hashes(256 * 256 + 256 + 1)
    edge, full = edge_of(leaves, 5000)
    assert [len(entries) for entries in edge.levels] == [1, 1, 1]
    assert full[0, 3].hashes == b"".join(leaves[768:1024])
    assert tiles.split(full[1, 0].hashes)[3] == full[0, 3].root == root_of(leaves[768:1024])
    assert edge.levels[2] == [full[1, 0].root] == [root_of(leaves[: 256 * 256])]
    assert sorted(full) == [*((0, n) for n in range(257)), (1, 0)]


@given(st.data())
def test_a_tampered_inclusion_proof_fails(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    root, path = root_of(leaves), path_by_definition(index, leaves)
    at = data.draw(st.integers(0, len(path) - 1))
    other = leaf_hash(b"other")
    assert not is_included(other, index, size, path, root)
    assert not is_included(leaves[index], index, size, path, other)
    assert not is_included(leaves[index], index, size, [*path[:at], other, *path[at + 1 :]], root)
    assert not is_included(leaves[index], index, size, [*path[:at], *path[at + 1 :]], root)
    assert not is_included(leaves[index], index, size, [*path, other], root)
    assert not is_included(leaves[index], (index + 1) % size, size, path, root)
    assert not is_included(leaves[index], size, size, path, root)
    assert not is_included(leaves[index], -1, size, path, root)


@given(st.data())
def test_a_tampered_consistency_proof_fails(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 300))
    old = data.draw(st.integers(1, new - 1))
    leaves = hashes(new)
    old_root, root, path = root_of(leaves[:old]), root_of(leaves), proof_by_definition(old, leaves)
    at = data.draw(st.integers(0, len(path) - 1))
    other = leaf_hash(b"other")
    assert not is_consistent(old, new, path, other, root)
    assert not is_consistent(old, new, path, old_root, other)
    assert not is_consistent(old, new, [*path[:at], other, *path[at + 1 :]], old_root, root)
    assert not is_consistent(old, new, [*path[:at], *path[at + 1 :]], old_root, root)
    assert not is_consistent(old, new, [*path, other], old_root, root)
    assert not is_consistent(new, old, path, root, old_root)
    assert not is_consistent(old, new, [], old_root, root)


def test_proofs_at_the_ends() -> None:
    root = root_of(hashes(5))
    assert is_consistent(5, 5, [], root, root)
    assert not is_consistent(5, 5, [root], root, root)
    assert is_consistent(0, 5, [], EMPTY_ROOT, root)
    assert not is_consistent(0, 5, [], root, root)
    assert is_included(root, 0, 1, [], root)
    assert not is_included(root, 0, 0, [], root)
