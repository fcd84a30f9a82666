"""What must be so over the whole log: an event's id is there once, a stream's versions are 1, 2, 3, …

Records (`digest`) are kept by bucket, outside of memory when they are many, and each bucket is looked through alone.
"""

from __future__ import annotations

import contextlib
import tempfile
from array import array
from collections.abc import Iterator
from typing import IO

from ledger.audit.digest import ID_BYTES, STREAM_COLUMNS, Digest

_EVENTS_PER_BUCKET, _BUCKETS_AT_MOST = 1 << 16, 64
_IN_MEMORY = 1 << 18


class Records:
    """The records of a log of about so many events."""

    def __init__(self, events: int) -> None:
        wanted = max(1, events // _EVENTS_PER_BUCKET)
        self.buckets = min(1 << (wanted - 1).bit_length(), _BUCKETS_AT_MOST)
        self._files = contextlib.ExitStack()
        self._ids, self._streams = self._opened(), self._opened()

    def __enter__(self) -> Records:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def add(self, digest: Digest) -> None:
        """The records of a run, in the order of the log."""
        for files, records in ((self._ids, digest.ids), (self._streams, digest.streams)):
            for file, bucket in zip(files, records, strict=True):
                file.write(bucket)

    def ids(self) -> Iterator[bytes]:
        """The buckets of ids."""
        return _read(self._ids)

    def streams(self) -> Iterator[bytes]:
        """The buckets of streams."""
        return _read(self._streams)

    def _opened(self) -> list[IO[bytes]]:
        return [self._files.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY)) for _ in range(self.buckets)]


def _read(files: list[IO[bytes]]) -> Iterator[bytes]:
    for file in files:
        file.seek(0)
        yield file.read()


def twice(records: bytes) -> list[bytes]:
    """Ids that are there more than once."""
    ids = [records[at : at + ID_BYTES] for at in range(0, len(records), ID_BYTES)]
    if len(set(ids)) == len(ids):
        return []
    seen, found = set[bytes](), dict[bytes, None]()
    for one in ids:
        if one in seen:
            found[one] = None
        seen.add(one)
    return list(found)


def broken(records: bytes) -> list[int]:
    """Where runs begin with streams whose versions do not go on there. Two streams may share a key, very rarely."""
    columns = array("Q", records)
    keys, firsts, newest, places = (columns[at::STREAM_COLUMNS] for at in range(STREAM_COLUMNS))
    last, found = dict[int, int](), []
    before = last.get
    for at, (key, first, version) in enumerate(zip(keys, firsts, newest, strict=True)):
        if first != before(key, 0) + 1:
            found.append(places[at])
        last[key] = version
    return found
