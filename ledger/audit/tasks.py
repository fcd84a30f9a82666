"""What the processes that hash an export do: a task in, what comes of it out."""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import sys
from pathlib import Path
from typing import Any, NamedTuple

from ledger.audit import uniqueness
from ledger.audit.chunks import add_lines
from ledger.audit.digest import Hasher
from ledger.audit.files import FileError, read_lines


class FileTask(NamedTuple):
    """A file to hash, whose first line should be this position. `name` as it is shown."""

    path: str
    name: str
    first: int
    known: frozenset[tuple[str, int]]
    buckets: int
    cuts: tuple[int, ...]


class BucketTask(NamedTuple):
    """Records of ids or of streams to look through (`uniqueness`)."""

    ids: bool
    records: bytes


Task = FileTask | BucketTask


def carry_out(task: Task) -> Any:
    """The digest of a file; of a bucket, the ids that are there twice or the streams that are wrong."""
    if isinstance(task, BucketTask):
        return uniqueness.twice(task.records) if task.ids else uniqueness.broken(task.records)
    hasher = Hasher(task.first - 1, task.known, task.buckets, task.cuts)
    try:
        for chunk in read_lines(Path(task.path)):
            add_lines(hasher, chunk, task.name)
        if not hasher.hashes:
            hasher.find(hasher.place, f"{task.name} holds no event")
    except FileError as error:
        hasher.find(hasher.place, f"{task.name} {error}")
    except OSError as error:
        hasher.find(hasher.place, f"{task.name} cannot be read: {error.strerror}")
    return hasher.digest()


def serve() -> None:
    """Carries tasks out, pickled on standard input, until there are no more; answers go to standard output."""
    # Nothing here goes in circles, and the collector would look at every event.
    gc.disable()
    answers = os.fdopen(os.dup(1), "wb")
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            pickle.dump(carry_out(pickle.load(sys.stdin.buffer)), answers)
            answers.flush()
