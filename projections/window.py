"""What a windowed read asks for and gives back (contract, section 1)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.errors import BadInput

EVERYTHING = 5000


class Window(NamedTuple):
    """Records whose own business time, or whose newest change in the ledger, lies in `(after, until]`.

    Bounds are aware datetimes, None for unbounded; `terminal` None is every terminal; `offset` and `limit` count
    records.
    """

    after: datetime | None = None
    until: datetime | None = None
    terminal: UUID | None = None
    offset: int = 0
    limit: int = EVERYTHING


class Page(NamedTuple):
    """Ready JSON, one per document, and the log position up to which the read model that gave them has come."""

    documents: list[bytes]
    position: int


def page_of(documents: list[bytes], position: int, named: str = "PageSize", advice: str = "ask for fewer") -> Page:
    """A page as its query gives it, which has null for every document after the first 64 MB.

    BadInput, blaming the parameter `named`: there are such. Who counts pages would take a shorter one for all of it.
    """
    if documents and documents[-1] is None:
        raise BadInput.at(named, f"what this asks for is more than 64 MB; {advice}")
    return Page(documents, position)
