"""What an export's directory holds before it is added to: hashed, and found to be a part of this log or refused."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ledger.audit import files
from ledger.audit.digest import Digest
from ledger.audit.files import EventsFile
from ledger.audit.note import Checkpoint, NoteError, Verifier, open_checkpoint
from ledger.audit.ranges import Growing, Piece
from ledger.audit.tasks import FileTask
from ledger.audit.tree import EMPTY_ROOT
from ledger.audit.workers import Workers, cores
from ledger.errors import LedgerError
from ledger.events import STORED


class NotThisLogError(LedgerError):
    """The directory holds something else than a beginning of this log."""


class Existing(NamedTuple):
    """A file that is there: so many events, and the pieces of the tree that they are."""

    path: Path
    events: int
    pieces: list[Piece]


class Standing(NamedTuple):
    """The files by their first position, and the checkpoint that was written when they were last complete."""

    files: dict[int, Existing]
    checkpoint: Checkpoint | None


def standing(directory: Path, newest: Checkpoint, verifier: Verifier) -> Standing:
    """What is there, which is what an export of a log at `newest` may have left. NotThisLogError: it is not."""
    checkpoint = _checkpoint(directory, verifier)
    if checkpoint is not None and checkpoint.size > newest.size:
        raise NotThisLogError(f"the directory holds {checkpoint.size} events, the log has signed only {newest.size}")
    listed, others = files.events_files(directory)
    if others:
        raise NotThisLogError(f"{others[0]} does not belong into an export")
    cut = checkpoint.size if checkpoint is not None else 0
    found, tree, root = dict[int, Existing](), Growing(), EMPTY_ROOT if cut == 0 else b""
    with Workers(0 if len(listed) < 2 else min(cores(), len(listed))) as workers:
        tasks = (FileTask(str(one.path), one.name, one.first, frozenset(STORED), 1, (cut,)) for one in listed)
        for file, digest in zip(listed, workers.map(tasks), strict=True):
            _check(file, digest, tree.size, newest.size)
            for at, segment in enumerate(digest.segments):
                tree.add(segment)
                root = tree.root() if at < len(digest.cuts) else root
            pieces = [piece for segment in digest.segments for piece in segment]
            found[file.first] = Existing(file.path, digest.events, pieces)
    if checkpoint is not None and root != checkpoint.root:
        raise NotThisLogError(
            "the files of the directory are not what its checkpoint signs; order-ledger verify says more"
        )
    return Standing(found, checkpoint)


def _checkpoint(directory: Path, verifier: Verifier) -> Checkpoint | None:
    """What the directory was last complete with."""
    for name in (files.VKEY, files.CHECKPOINT):
        path = directory / name
        if path.is_file():
            try:
                text = path.read_text("utf-8")
                if name == files.CHECKPOINT:
                    return open_checkpoint(text, verifier)
                if Verifier.parse(text) != verifier:
                    raise NoteError(f"its key is not that of {verifier.name}")
            except (ValueError, NoteError) as error:
                raise NotThisLogError(f"the directory holds another log: {error}") from error
    return None


def _check(file: EventsFile, digest: Digest, before: int, size: int) -> None:
    if digest.findings:
        raise NotThisLogError(digest.findings[0][1])
    in_order = digest.runs == [(file.first, digest.events)]
    ours = (file.first - 1) % files.EVENTS_PER_FILE == 0 and digest.events <= files.EVENTS_PER_FILE
    if file.first != before + 1 or not in_order or not ours or before + digest.events > size:
        raise NotThisLogError(f"{file.name} is none of the files that an export of this log has; put it elsewhere")
