"""Where the pages of a list begin: behind the last record of the page before, whatever has left the list since.

Clients count pages (contract, section 1, Dates). If these were counted off each time, whatever stands behind a record
that leaves the list would move up, and the next page pass some over: as when an integrator gives orders their external
ids while it reads their queue. So the server keeps where a reader's page ended, and the next one goes on from there. It
is kept in memory, and for a while: a page whose bookmark is gone, or is another server's, is counted off.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import NamedTuple

from projections.window import Page, Place, Window

KEPT_AT_MOST = 10_000
KEPT_FOR = 900.0  # seconds: what somebody does with a page before he asks for the next one


class _Round(NamedTuple):
    """A reader on his way through a list: offset of a page -> the last record of the page before."""

    behind: dict[int, Place]
    until: float


class Bookmarks:
    """The bookmarks of all readers; a reader is whoever asks with the same credential for the same list."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rounds: dict[tuple[Hashable, Window], _Round] = {}

    def opened(self, reader: Hashable, asked: Window) -> Window:
        """The window to read for the one that was asked: behind the bookmark, if there is one.

        It is there for as long as that page may be asked for once more. Who has gone on, or begins anew, has left it:
        another round, of pages that are asked for all at once, must not be read half by the bookmarks of this one.
        """
        key = reader, asked._replace(offset=0)
        if not asked.offset:
            self._rounds.pop(key, None)
            return asked
        found = self._rounds.get(key)
        if found is None or found.until < self._clock() or (behind := found.behind.get(asked.offset)) is None:
            return asked
        self._rounds[key] = found._replace(behind={asked.offset: behind})
        return asked._replace(offset=0, behind=behind)

    def keep(self, reader: Hashable, asked: Window, opened: Window, page: Page) -> None:
        """Notes where the page ended that was read for `asked`; an empty one ends where it began."""
        if (behind := page.last or opened.behind) is None:
            return
        key = reader, asked._replace(offset=0)
        before = self._rounds.pop(key, None)
        places = (before.behind if before is not None else {}) | {asked.offset + asked.limit: behind}
        self._rounds[key] = _Round(places, self._clock() + KEPT_FOR)
        if len(self._rounds) > KEPT_AT_MOST:
            del self._rounds[next(iter(self._rounds))]
