"""What can go wrong, as values: one base class, and fields instead of prose to parse. HTTP is the API's affair."""

from __future__ import annotations

from collections.abc import Sequence


class LedgerError(Exception):
    """Anything the ledger refuses or cannot do; `str(error)` is a sentence for a person."""


class Refused(LedgerError):
    """A command that may not happen. Nothing was written.

    `problems` names the members at fault as (JSON path, message); it may be empty when the whole is at fault.
    """

    def __init__(self, message: str, problems: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class BadInput(Refused):
    """A body or query that cannot be read; every member at fault is named."""

    @classmethod
    def at(cls, path: str, message: str) -> BadInput:
        """One member at fault."""
        return cls(f"{path}: {message}", [(path, message)])


class NotAdmitted(Refused):
    """A callback that is not genuine for all we know. It says the same whatever was wrong, and nothing was written."""

    def __init__(self) -> None:
        super().__init__("a credential is needed, or a callback that is let in")


class Unavailable(LedgerError):
    """The same request can succeed later: the database is away, a queue is full, a read model lags."""

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class OutcomeUnknown(LedgerError):
    """A commit was sent and never answered, and the log cannot be asked: neither success nor failure may be claimed."""


class CannotDecode(LedgerError):
    """Stored bytes that no known event type and version fits: the reader must stop, never skip."""
