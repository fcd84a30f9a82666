"""The sealed log as a directory of files that stands alone.

An export holds exactly the events that its checkpoint signs. What is there already is hashed, not written again; what
is new comes in files that are there as a whole or not at all, and the checkpoint last. So a call that is killed leaves
what the next one completes.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gzip
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import asyncpg
import zstandard

from ledger.audit import files
from ledger.audit.export_state import Existing, Standing, standing
from ledger.audit.leaf import leaf, leaf_hash
from ledger.audit.lines import Line, encode_line
from ledger.audit.note import Checkpoint, Verifier, open_checkpoint
from ledger.audit.ranges import Growing, segments
from ledger.audit.verify import Progress
from ledger.database import queries, reading
from ledger.errors import LedgerError
from ledger.store import Connection, Pool
from ledger.tenants import Known, Tenant

SEALS = queries("ledger/audit/queries.sql")
LINES = queries("ledger/audit/export.sql")
PAGE = 1000
# More of it takes longer and hardly makes an export smaller.
_ZSTD_LEVEL, _GZIP_LEVEL = 1, 6


class Sealed(NamedTuple):
    """The newest checkpoint of a log, as signed and as read; and the key it was signed with."""

    note: str
    checkpoint: Checkpoint
    verifier: Verifier
    generation: int


class Exported(NamedTuple):
    """What an export holds now; `added` events of them are new."""

    origin: str
    size: int
    root: bytes
    added: int


async def export(
    pool: Pool,
    tenant: Known | Tenant,
    directory: Path,
    *,
    gz: bool = False,
    progress: Progress = lambda done, total: None,
) -> Exported:
    """Exports a tenant's log up to its newest signed checkpoint; new files are gzip with `gz`, else zstd.

    LedgerError: the log was never sealed, is not what was signed, or not what the directory holds already.
    """
    async with reading(pool, tenant.tenant_id) as connection:
        sealed = await newest(connection, tenant)
        with alone(directory):
            found = await asyncio.to_thread(standing, directory, sealed.checkpoint, sealed.verifier)
            await _compare(connection, tenant, sealed, found)
            writer = _Writer(connection, tenant, directory, "gz" if gz else "zst", found)
            root, added = await writer.write(sealed.checkpoint.size, progress)
            if root != sealed.checkpoint.root:
                raise LedgerError(
                    "what the log and the directory hold is not what was signed; see order-ledger verify --live"
                )
            _write_text(directory, files.VKEY, sealed.verifier.vkey + "\n")
            _write_text(directory, files.CHECKPOINT, sealed.note)
    return Exported(sealed.checkpoint.origin, sealed.checkpoint.size, root, added)


async def newest(connection: Connection, tenant: Known | Tenant) -> Sealed:
    """The newest checkpoint of the newest generation. LedgerError: there is none yet, or it is not signed rightly."""
    row = await connection.fetchrow(SEALS["sealed"], tenant.tenant_id)
    if row is None or row["note"] is None:
        raise LedgerError(f"the log of {tenant.name} is not sealed yet; order-ledger serve, or seal, does it")
    verifier = Verifier.parse(row["vkey"])
    return Sealed(row["note"], open_checkpoint(row["note"], verifier), verifier, row["generation"])


async def lines(connection: Connection, tenant_id: int, after: int, until: int) -> AsyncIterator[list[Line]]:
    """Events of the log after a position up to another, some at a time. LedgerError: one is missing or no text."""
    while after < until:
        rows = await connection.fetch(LINES["lines"], tenant_id, after, min(PAGE, until - after))
        found = [_line(row) for row in rows]
        whole = sum(1 for at, line in enumerate(found, after + 1) if line.position == at)
        if whole < max(1, len(found)):
            raise LedgerError(f"events are missing after position {after + whole}; see order-ledger verify --live")
        yield found
        after += len(found)


def _line(row: asyncpg.Record) -> Line:
    try:
        (position, event_id, stream, version, type_, schema_version, occurred_at, recorded_at, metadata, data) = row
        return Line(
            position, event_id, stream, version, type_, schema_version, occurred_at, recorded_at,
            metadata.decode(), data.decode(),
        )  # fmt: skip
    except UnicodeDecodeError:
        raise LedgerError(f"event {row['position']} is no text, and cannot be exported") from None


async def _compare(connection: Connection, tenant: Known | Tenant, sealed: Sealed, found: Standing) -> None:
    """LedgerError: what the directory was once complete with, this log never signed."""
    if found.checkpoint is None:
        return
    note = await connection.fetchval(SEALS["checkpoint"], tenant.tenant_id, sealed.generation, found.checkpoint.size)
    if note is None or open_checkpoint(note, sealed.verifier) != found.checkpoint:
        raise LedgerError(
            f"the directory's checkpoint of {found.checkpoint.size} events is none that this log has signed"
        )


class _Writable(Protocol):
    def write(self, data: bytes, /) -> int: ...


class _Writer:
    """Brings the files of an export up to a size."""

    def __init__(
        self, connection: Connection, tenant: Known | Tenant, directory: Path, kind: str, found: Standing
    ) -> None:
        self._connection, self._tenant_id = connection, tenant.tenant_id
        self._directory, self._kind = directory, kind
        self._existing = found.files
        self._vouched = 0 if found.checkpoint is None else found.checkpoint.size
        self._tree = Growing()

    async def write(self, size: int, progress: Progress) -> tuple[bytes, int]:
        """The root of what is there in the end, and how many events are new."""
        added = 0
        progress(0, size)
        for first in range(1, size + 1, files.EVENTS_PER_FILE):
            count = min(files.EVENTS_PER_FILE, size + 1 - first)
            existing = self._existing.get(first)
            if existing is not None and first - 1 + existing.events <= self._vouched:
                self._tree.add(existing.pieces)
                added += await self._extend(existing, first, count, existing.events)
            else:
                added += await self._extend(existing, first, count, 0)
            progress(first - 1 + count, size)
        return self._tree.root(), added

    async def _extend(self, existing: Existing | None, first: int, count: int, read: int) -> int:
        """Reads the events of a file after `read` of them, and writes those that it has not."""
        there = 0 if existing is None else existing.events
        if read == count:
            return 0
        if there == count:
            await self._read(existing, first, count, read, None)
            return 0
        path = existing.path if existing else self._directory / files.EVENTS / files.file_name(first, self._kind)
        with files.replacing(path, self._directory) as file:
            if existing is not None:
                _copy(existing.path, file)
            with _compressed(file, path.suffix) as out:
                await self._read(existing, first, count, read, out)
        return count - there

    async def _read(self, existing: Existing | None, first: int, count: int, read: int, out: _Writable | None) -> None:
        hashes, there, at = list[bytes](), 0 if existing is None else existing.events, read
        async for found in lines(self._connection, self._tenant_id, first - 1 + read, first - 1 + count):
            hashes += [_hash(line) for line in found]
            if out is not None and at + len(found) > there:
                out.write(b"".join([encode_line(line) + b"\n" for line in found[max(0, there - at) :]]))
            at += len(found)
        if existing is not None and read == 0 and _pieces(first, hashes[:there], self._vouched) != existing.pieces:
            raise LedgerError(f"{existing.path.name} holds other events than the log")
        for segment in segments(first - 1 + read, hashes, []):
            self._tree.add(segment)


def _pieces(first: int, hashes: Sequence[bytes], cut: int) -> list[tuple[int, bytes]]:
    return [piece for segment in segments(first - 1, hashes, [cut]) for piece in segment]


def _hash(line: Line) -> bytes:
    id_ = bytes.fromhex(line.event_id.replace("-", ""))
    return leaf_hash(
        leaf(
            id_, line.stream.encode(), line.version, line.type.encode(), line.schema_version, line.occurred_at,
            line.recorded_at, line.metadata.encode(), line.data.encode(),
        )
    )  # fmt: skip


def _copy(path: Path, out: BinaryIO) -> None:
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            out.write(piece)


@contextlib.contextmanager
def _compressed(file: BinaryIO, suffix: str) -> Iterator[_Writable]:
    """A frame, or member, behind what the file holds."""
    if suffix == ".gz":
        with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=_GZIP_LEVEL, mtime=0, filename="") as packed:
            yield packed
    else:
        compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True)
        with compressor.stream_writer(file, closefd=False) as out:
            yield out


def _write_text(directory: Path, name: str, text: str) -> None:
    path = directory / name
    if not path.is_file() or path.read_bytes() != text.encode():
        with files.replacing(path, directory) as file:
            file.write(text.encode())


@contextlib.contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Of two exports into a directory, one at a time. LedgerError: there is another."""
    (directory / files.EVENTS).mkdir(parents=True, exist_ok=True)
    number = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise LedgerError(f"another export into {directory} is under way") from None
    finally:
        os.close(number)
