"""An export verified by itself: every leaf, the root, signatures, order, streams. It asks no database.

What is believed is one key, and the checkpoints that somebody has saved; all else is computed from the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ledger.audit import files, findings
from ledger.audit.chunks import read_chunk
from ledger.audit.digest import Digest, Finding, Run
from ledger.audit.files import EventsFile, FileError
from ledger.audit.findings import Search, Signed
from ledger.audit.lines import Head
from ledger.audit.note import Checkpoint, NoteError, Verifier, open_checkpoint
from ledger.audit.ranges import Growing
from ledger.audit.tasks import BucketTask, FileTask
from ledger.audit.tree import EMPTY_ROOT
from ledger.audit.uniqueness import Records
from ledger.audit.workers import Workers, cores
from ledger.errors import LedgerError
from ledger.events import STORED

# Called with how many events are done, of how many.
Progress = Callable[[int, int], None]
KNOWN = frozenset(STORED)
_NOTE_AT_MOST = 1 << 20


class NoKey(LedgerError):
    """What was given as the trusted key is none."""


class Report(NamedTuple):
    """What came out: one line for each finding, none when all holds. `root` is that of `size` events, as computed."""

    origin: str
    size: int
    root: bytes | None
    own_key: bool
    findings: list[str]

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


class Computed:
    """What comes of the runs of a log, in order."""

    def __init__(self, records: Records, progress: Progress, size: int) -> None:
        self.records, self._progress, self._size = records, progress, size
        self.runs = list[Run]()
        self.roots: dict[int, bytes] = {0: EMPTY_ROOT}
        self.findings = list[Finding]()
        self.count = 0
        self.root: bytes | None = EMPTY_ROOT
        self._tree: Growing | None = Growing()

    def add(self, digest: Digest) -> None:
        """The run that follows."""
        self.records.add(digest)
        self.runs += digest.runs
        self.findings += digest.findings
        self.count += digest.events
        if self._tree is not None and self._tree.size != digest.first:
            # Lines are missing or too many: what follows stands in another place of the tree than it says.
            self._tree = None
        if self._tree is not None:
            for at, segment in enumerate(digest.segments):
                self._tree.add(segment)
                if at < len(digest.cuts):
                    self.roots[digest.cuts[at]] = self._tree.root()
        self.root = None if self._tree is None else self._tree.root()
        self._progress(min(self.count, self._size), self._size)

    def forget(self, but: Iterable[int]) -> None:
        """Drops the roots that are not of these sizes."""
        self.roots = {size: self.roots[size] for size in {0, *but} if size in self.roots}


def verify(
    directory: Path,
    *,
    vkey: str | None = None,
    checkpoints: Sequence[Path] = (),
    progress: Progress = lambda done, total: None,
    processes: int | None = None,
) -> Report:
    """Verifies an export, against a trusted key (its own where none is given) and saved checkpoints.

    `processes` to hash in (one a core; none for a small export). NoKey: `vkey` is none.
    """
    verifier, found = _trusted(directory, vkey)
    own = None if verifier is None else _checkpoint(directory / files.CHECKPOINT, verifier, found)
    signed = [] if own is None else [Signed(own.size, own.root, "the export's checkpoint")]
    signed += saved_checkpoints(checkpoints, verifier, own, found)
    listed, others = files.events_files(directory)
    found += [f"{name} does not belong there" for name in others]
    size = own.size if own is not None else sum(1 for _ in listed) * files.EVENTS_PER_FILE
    with Workers(_processes(processes, listed)) as workers, Records(size) as records:
        computed = Computed(records, progress, size)
        hash_files(workers, listed, computed, [one.size for one in signed])
        wrong = computed.findings + _searched(workers, listed, records)
    wrong += findings.of_order(computed.runs, own.size if own is not None else computed.count)
    wrong += findings.of_roots(signed, computed.roots)
    if own is not None and own.size not in computed.roots and not wrong:
        wrong.append((computed.count, "there is no root of what the checkpoint signs"))
    found += [what for _, what in sorted(set(wrong))]
    return Report(
        "" if verifier is None else verifier.name, computed.count, computed.roots.get(size), vkey is None, found
    )


def hash_files(workers: Workers, listed: Sequence[EventsFile], computed: Computed, sizes: Iterable[int]) -> None:
    """Computes what comes of these files; roots at these sizes of the tree."""
    cuts = sorted(set(sizes))
    tasks = (
        FileTask(
            str(file.path), file.name, file.first, KNOWN, computed.records.buckets,
            tuple(cut for cut in cuts if cut >= file.first),
        )
        for file in listed
    )  # fmt: skip
    for file, digest in zip(listed, workers.map(tasks), strict=True):
        computed.add(digest)
        begins = digest.runs[0][0] if digest.runs else file.first
        if begins != file.first:
            computed.findings.append((file.first, f"{file.name} begins with event {begins}, not as its name says"))


def _processes(wanted: int | None, listed: Sequence[EventsFile]) -> int:
    if wanted is not None:
        return wanted
    return 0 if len(listed) < 2 else min(cores(), len(listed))


def _trusted(directory: Path, vkey: str | None) -> tuple[Verifier | None, list[str]]:
    """The key to believe, and what is wrong with the export's own."""
    try:
        own = Verifier.parse((directory / files.VKEY).read_text("utf-8"))
    except (OSError, ValueError, NoteError) as error:
        own, found = None, [f"the export's vkey cannot be read: {_reason(error)}"]
    else:
        found = []
    if vkey is None:
        return own, found
    try:
        trusted = Verifier.parse(vkey)
    except NoteError as error:
        raise NoKey(f"the trusted key cannot be read: {error}") from error
    if own is not None and own != trusted:
        found.append(f"the export's vkey is that of another key, not of the trusted one of {trusted.name}")
    return trusted, found


def _checkpoint(path: Path, verifier: Verifier, found: list[str], name: str = "the export's checkpoint") -> (
    Checkpoint | None
):  # fmt: skip
    try:
        with path.open("rb") as file:
            return open_checkpoint(file.read(_NOTE_AT_MOST).decode(), verifier)
    except (OSError, ValueError, NoteError) as error:
        found.append(f"{name} does not hold: {_reason(error)}")
        return None


def saved_checkpoints(
    paths: Sequence[Path], verifier: Verifier | None, own: Checkpoint | None, found: list[str], whose: str = "export"
) -> Iterator[Signed]:
    """The saved checkpoints that are this log's; what is wrong with others is added to `found`."""
    for path in paths:
        if verifier is None:
            return
        saved = _checkpoint(path, verifier, found, f"the checkpoint {path}")
        if saved is None:
            continue
        if own is not None and saved.size > own.size:
            found.append(
                f"the checkpoint {path} signs {saved.size} events, the {whose}'s only {own.size}: the rest is gone"
            )
        yield Signed(saved.size, saved.root, f"the checkpoint {path}")


def _searched(workers: Workers, listed: Sequence[EventsFile], records: Records) -> list[Finding]:
    """Ids and streams over the whole log."""
    ids = [one for found in workers.map(BucketTask(True, bucket) for bucket in records.ids()) for one in found]
    places = [one for found in workers.map(BucketTask(False, bucket) for bucket in records.streams()) for one in found]
    search = Search(places, ids)
    for look in (search.name, search.see) if search else ():
        for file in listed:
            place = file.first
            for head in _heads(file):
                look(place, head)
                place += 1
    return search.findings()


def _heads(file: EventsFile) -> Iterator[Head]:
    try:
        for chunk in files.read_lines(file.path):
            yield from read_chunk(chunk)
    except (OSError, FileError):
        return  # said already


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return str(error.strerror)
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
