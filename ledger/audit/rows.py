"""An export's events as rows of the log, in order: what a replay reads in place of the database."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from ledger.audit import files
from ledger.audit.lines import LineError, read_line
from ledger.errors import LedgerError
from ledger.events import Recorded
from ledger.store import Connection, Vault, decode_rows, from_microseconds

Row = tuple[Any, ...]


class ExportedRows:
    """Reads an export once, from its first event on. It is taken as it is: `verify` proves it."""

    def __init__(self, directory: Path) -> None:
        """LedgerError: there is no export in the directory."""
        try:
            self.origin = (directory / files.CHECKPOINT).read_text("utf-8").partition("\n")[0]
        except (FileNotFoundError, UnicodeDecodeError):
            raise LedgerError(f"{directory} holds no export: it has no file {files.CHECKPOINT}") from None
        self._rows = _rows(directory)
        self._ahead = deque[Row]()

    async def read(
        self, connection: Connection, tenant_id: int, after: int, limit: int, vault: Vault
    ) -> list[Recorded]:
        """The next events after a position, at most `limit`; none at the export's end. LedgerError: it is damaged."""
        rows = await asyncio.to_thread(self._next, after, limit)
        return await decode_rows(connection, tenant_id, rows, vault, full=True)

    def _next(self, after: int, limit: int) -> list[Row]:
        while self._ahead and self._ahead[0][0] <= after:
            self._ahead.popleft()
        while len(self._ahead) < limit and (row := next(self._rows, None)) is not None:
            if row[0] > after:
                self._ahead.append(row)
        return [self._ahead[index] for index in range(min(limit, len(self._ahead)))]


def _rows(directory: Path) -> Iterator[Row]:
    for file in files.events_files(directory)[0]:
        position = file.first
        try:
            for chunk in files.read_lines(file.path):
                for line in chunk[:-1].split(b"\n"):
                    yield _row(line)
                    position += 1
        except (files.FileError, LineError) as error:
            raise LedgerError(f"{file.name}, event {position}: {error}") from error


def _row(text: bytes) -> Row:
    line = read_line(text)
    occurred_at, recorded_at = from_microseconds(line.occurred_at), from_microseconds(line.recorded_at)
    head = (line.position, UUID(line.event_id), line.stream, line.version, line.type, line.schema_version)
    return (*head, occurred_at, recorded_at, line.metadata.encode(), line.data.encode())
