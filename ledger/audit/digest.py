"""What is left of a run of events when they have been hashed: a few subtrees, and what is compared with other runs.

Uniqueness and the versions of streams reach over the whole log. A run says of itself what is wrong within it, and gives
for the rest a record an event (its id) and a record a stream, by buckets: each bucket is looked through for itself, and
none is ever large.
"""

from __future__ import annotations

import hashlib
import struct
from array import array
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from ledger.audit.leaf import DOMAIN
from ledger.audit.lines import Head
from ledger.audit.ranges import Piece, segments

# First position and number of positions that follow one another.
Run = tuple[int, int]
# The number of a line in its log, counted from 1, and what is wrong there.
Finding = tuple[int, str]
Known = Collection[tuple[str, int]]

FINDINGS_AT_MOST = 1000
RUNS_AT_MOST = 10_000
ID_BYTES = 16
# A stream's record: its key, first and last version in the run, and where it begins.
STREAM_COLUMNS = 4
_PREFIX = b"\x00" + DOMAIN
_LENGTH = struct.Struct(">I").pack
_PACKERS_AT_MOST = 10_000
_UNREADABLE = bytes(32)
_sha256 = hashlib.sha256


class Digest(NamedTuple):
    """A run of so many `events` that begins with leaf `first`: what is left of it.

    `segments` are the pieces of the tree up to each of `cuts`, and then to the run's end. `ids` and `streams` hold the
    records of each bucket.
    """

    first: int
    events: int
    segments: list[list[Piece]]
    cuts: list[int]
    runs: list[Run]
    ids: list[bytes]
    streams: list[bytes]
    findings: list[Finding]


class Hasher:
    """Hashes the events of a run, in order.

    `known` are the stored names and versions of events; `cuts` sizes of trees whose roots are asked for.
    """

    def __init__(self, first: int, known: Known, buckets: int, cuts: Sequence[int]) -> None:
        self.first = first
        self.hashes = list[bytes]()
        self.findings = list[Finding]()
        self._known = set(known)
        self._cuts = cuts
        self._runs = list[list[int]]()
        self._ids = [list[bytes]() for _ in range(buckets)]
        self._last = dict[str, int]()
        self._began = dict[str, tuple[int, int]]()

    @property
    def place(self) -> int:
        """The number of the next line in its log, counted from 1."""
        return self.first + len(self.hashes) + 1

    def find(self, place: int, what: str) -> None:
        """Something is wrong."""
        if len(self.findings) < FINDINGS_AT_MOST:
            self.findings.append((place, what))

    def add(self, heads: Sequence[Head], ids: bytes, metadata: Sequence[bytes], data: Sequence[bytes]) -> None:
        """Events by their members, `ids` as bytes one after the other. struct.error: a number is too large."""
        place = self.place
        own = [ids[at : at + ID_BYTES] for at in range(0, len(ids), ID_BYTES)]
        hashes = _hashes(heads, own, metadata, data)
        # From here on nothing fails: a batch is taken as a whole or not at all.
        self.hashes += hashes
        self._note_ids(own)
        self._note_positions([head.position for head in heads])
        self._note_streams(place, heads)
        kinds = {(head.type, head.schema_version) for head in heads}
        for kind in sorted(kinds - self._known):
            for head in heads:
                if (head.type, head.schema_version) == kind:
                    self.find(head.position, f"event {head.position} is of no type that is known: {kind[0]} {kind[1]}")

    def add_unreadable(self, what: str) -> None:
        """A line that is no event: the tree cannot come out right."""
        expected = sum(self._runs[-1]) if self._runs else self.place
        self.find(self.place, what)
        self.hashes.append(_UNREADABLE)
        self._note_positions([expected])

    def digest(self) -> Digest:
        """What is left."""
        end = self.first + len(self.hashes)
        cuts = [cut for cut in self._cuts if self.first < cut <= end]
        parts = segments(self.first, self.hashes, cuts)
        runs = [(first, length) for first, length in self._runs]
        ids = [b"".join(bucket) for bucket in self._ids]
        return Digest(self.first, len(self.hashes), parts, cuts, runs, ids, self._streams(), self.findings)

    def _note_positions(self, positions: list[int]) -> None:
        first = positions[0]
        if positions == list(range(first, first + len(positions))):
            self._note_run(first, len(positions))
        else:
            for position in positions:
                self._note_run(position, 1)

    def _note_run(self, first: int, length: int) -> None:
        if self._runs and sum(self._runs[-1]) == first:
            self._runs[-1][1] += length
        elif len(self._runs) < RUNS_AT_MOST:
            self._runs.append([first, length])

    def _note_ids(self, ids: Sequence[bytes]) -> None:
        last = len(self._ids) - 1
        buckets = [bucket.append for bucket in self._ids]
        for one in ids:
            buckets[one[15] & last](one)

    def _note_streams(self, place: int, heads: Sequence[Head]) -> None:
        last, began = self._last, self._began
        before = last.get
        for at, head in enumerate(heads, place):
            stream, version = head.stream, head.version
            known = before(stream)
            if known is None:
                began[stream] = version, at
            elif version != known + 1:
                self.find(at, jump(stream, known, version, head.position))
            last[stream] = version

    def _streams(self) -> list[bytes]:
        """Streams go by a keyed hash (Python's own, the same in every process of a verification)."""
        buckets = [array("Q") for _ in self._ids]
        last = len(buckets) - 1
        for stream, (version, at) in self._began.items():
            key = hash(stream) & 0xFFFF_FFFF_FFFF_FFFF
            buckets[key & last].extend((key, version, self._last[stream], at))
        return [bucket.tobytes() for bucket in buckets]


def jump(stream: str, before: int, version: int, position: int) -> str:
    """What is wrong with a stream whose versions do not follow one another; `before` is 0 at its begin."""
    if before == 0:
        return f"stream {stream} begins with version {version} at position {position}"
    return f"stream {stream} jumps from version {before} to {version} at position {position}"


def _hashes(
    heads: Sequence[Head], ids: Sequence[bytes], metadata: Sequence[bytes], data: Sequence[bytes]
) -> list[bytes]:
    """Hashes of leaves (`leaf.leaf`, whose bytes these are), by the million."""
    found = []
    for head, id_, meta, body in zip(heads, ids, metadata, data, strict=True):
        stream = head.stream.encode()
        length = len(stream)
        pack, kind = _packers[length, head.type, head.schema_version]
        short = pack(_PREFIX, id_, length, stream, head.version, kind, head.occurred_at, head.recorded_at, len(meta))
        found.append(_sha256(b"".join((short, meta, _LENGTH(len(body)), body))).digest())
    return found


class _Packers(dict[tuple[int, str, int], tuple[Callable[..., bytes], bytes]]):
    """For a stream of so many bytes, a type and a schema version: what packs a leaf up to its metadata, and the part
    of it that type and version are."""

    def __missing__(self, key: tuple[int, str, int]) -> tuple[Callable[..., bytes], bytes]:
        length, type_, schema_version = key
        kind = _LENGTH(len(type_.encode())) + type_.encode() + _LENGTH(schema_version)
        pack = struct.Struct(f">{len(_PREFIX)}s{ID_BYTES}sI{length}sQ{len(kind)}sqqI").pack
        if len(self) >= _PACKERS_AT_MOST:
            self.clear()
        self[key] = pack, kind
        return pack, kind


_packers = _Packers()
