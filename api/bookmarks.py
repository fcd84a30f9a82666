"""Where the pages of a list begin: behind the last record of the page before, whatever has left the list since.

Clients count pages (contract, section 1, Dates). If these were counted off each time, whatever stands behind a record
that leaves the list would move up, and the next page pass some over: as when an integrator gives orders their external
ids while it reads their queue. So the server keeps where a reader's page ended, and the next one goes on from there. It
is kept in memory, and for a while: a page whose bookmark is gone, or is another server's, is counted off. So is a page
of a window without an end where other servers answer too: each round asks for the same there, and a bookmark may be of
an earlier one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Hashable, Iterator

from projections.window import Page, Place, Window

KEPT_AT_MOST = 10_000
KEPT_FOR = 900.0  # seconds: what somebody does with a page before he asks for the next one


class _Round:
    """A reader on his way through a list: offset of a page -> the last record of the page before, and the windows that
    are being read.
    """

    def __init__(self) -> None:
        self.behind: dict[int, Place] = {}
        self.under_way: list[Window] = []
        self.is_in_turn = True
        self.until = 0.0


class Turn:
    """A page that is being read: `window` is the one to read for the one that was `asked`, behind the bookmark if there
    is one.
    """

    def __init__(self, found: _Round, asked: Window, ends: dict[bytes, Place | None]) -> None:
        self._round, self._asked, self._ends = found, asked, ends
        behind = found.behind.get(asked.offset)
        self.window = asked._replace(offset=0, behind=behind) if behind is not None else asked

    def ended(self, page: Page, tag: bytes) -> None:
        """Notes where the page ended that has this ETag. An empty one ends the round."""
        self._ends.pop(tag, None)
        self._ends[tag] = page.last
        if len(self._ends) > KEPT_AT_MOST:
            del self._ends[next(iter(self._ends))]
        self.ended_as_before(tag)

    def ended_as_before(self, tag: bytes) -> None:
        """The same of a page that the reader has already: it ended where it did when it was read."""
        if tag not in self._ends:
            return
        if (last := self._ends[tag]) is None:
            self._round.behind.clear()
        elif self._round.is_in_turn:
            self._round.behind[self._asked.offset + self._asked.limit] = last


class Bookmarks:
    """The bookmarks of all readers; a reader is whoever asks with the same credential for the same list."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rounds: dict[tuple[Hashable, Window], _Round] = {}
        # By the ETags of pages, their last records: a reader who has a page goes on behind it without its being read.
        self._ends: dict[bytes, Place | None] = {}

    @contextlib.contextmanager
    def turn(self, reader: Hashable, asked: Window) -> Iterator[Turn]:
        """For as long as a page is being read.

        A bookmark is there for as long as its page may be asked for once more. Who has gone on, or begins anew, has
        left it. Pages that are asked for all at once neither leave nor find any: they come in any order, and page 1
        would begin where page 0 of an older round ended.
        """
        key = reader, asked._replace(offset=0)
        found = self._rounds.pop(key, None) or _Round()
        self._rounds[key] = found
        if len(self._rounds) > KEPT_AT_MOST:
            del self._rounds[next(iter(self._rounds))]
        behind = found.behind.get(asked.offset) if self._clock() <= found.until else None
        found.behind = {asked.offset: behind} if behind is not None else {}
        found.until = self._clock() + KEPT_FOR
        turn = Turn(found, asked, self._ends)
        found.is_in_turn = all(window == turn.window for window in found.under_way)
        if not found.is_in_turn:
            found.behind.clear()
        found.under_way.append(opened := turn.window)
        try:
            yield turn
        finally:
            found.under_way.remove(opened)
