"""What a windowed read asks for and gives back (contract, section 1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ledger.errors import BadInput
from ledger.records import NO_ID

EVERYTHING = 5000


class Place(NamedTuple):
    """A record's place in a list: its own time, then its id."""

    time: datetime
    record_id: UUID


# Before every record of a list, the oldest or the newest first: without a zone these are PostgreSQL's infinities.
_OLDEST, _NEWEST = Place(datetime.min, NO_ID), Place(datetime.max, NO_ID)


class Window(NamedTuple):
    """Records whose own business time, or whose newest change in the ledger, lies in `(after, until]`.

    Bounds are aware datetimes, None for unbounded; `terminal` None is every terminal; `offset` and `limit` count
    records. `behind` is the last record of the page before: what stands before it counts for nothing.
    """

    after: datetime | None = None
    until: datetime | None = None
    terminal: UUID | None = None
    offset: int = 0
    limit: int = EVERYTHING
    behind: Place | None = None

    def asked(self, *, newest_first: bool = False) -> tuple[Any, ...]:
        """As the queries of lists take it, from $2 on."""
        return *self[:-1], *(self.behind or (_NEWEST if newest_first else _OLDEST))


class Page(NamedTuple):
    """Ready JSON, one per document, and the log position up to which the read model that gave them has come.

    Of a window's page also where its `last` document stands; None: it has none.
    """

    documents: list[bytes]
    position: int
    last: Place | None = None


def window_page(row: Mapping[str, Any]) -> Page:
    """A page as the query of a window gives it. BadInput: see `page_of`."""
    page = page_of(row["documents"], row["position"])
    return page._replace(last=last_of(row))


def last_of(row: Mapping[str, Any]) -> Place | None:
    """Where the last document of a page stands, by the row that has it."""
    return Place(row["last_time"], row["last_id"]) if row["last_id"] is not None else None


def page_of(documents: list[bytes], position: int, named: str = "PageSize", advice: str = "ask for fewer") -> Page:
    """A page as its query gives it, which has null for every document after the first 64 MB.

    BadInput, blaming the parameter `named`: there are such. Who counts pages would take a shorter one for all of it.
    """
    if documents and documents[-1] is None:
        raise BadInput.at(named, f"what this asks for is more than 64 MB; {advice}")
    return Page(documents, position)
