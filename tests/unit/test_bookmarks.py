"""Where the next page of a list begins."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from api.bookmarks import KEPT_AT_MOST, KEPT_FOR, Bookmarks
from projections.window import Page, Place, Window

READER, OTHER = (1, "key:1", "orders"), (1, "key:2", "orders")
SIZE = 10


def window(page: int) -> Window:
    """A page of a list."""
    return Window(offset=page * SIZE, limit=SIZE)


def place(number: int) -> Place:
    """Where a record stands."""
    return Place(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number), UUID(int=number))


class Shelf(Bookmarks):
    """Bookmarks with a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(clock=lambda: self.now)

    def read(self, page: int, last: Place | None, reader: object = READER) -> Window:
        """Reads a page that ends there; gives the window that was read for it."""
        with self.turn(reader, window(page)) as turn:
            turn.ended(Page([], 0, last), b"")
        return turn.window

    def opened(self, reader: object, asked: Window) -> Window:
        """The window that is read for a page, which fails."""
        with self.turn(reader, asked) as turn:
            return turn.window


def test_a_page_begins_where_the_one_before_ended() -> None:
    shelf = Shelf()
    assert shelf.read(0, place(10)) == window(0)
    assert shelf.read(1, place(20)) == Window(limit=SIZE, behind=place(10))
    assert shelf.read(2, None) == Window(limit=SIZE, behind=place(20))
    assert shelf.read(2, None) == window(2), "an empty page has ended the round"


def test_a_page_that_is_asked_for_once_more_begins_there_again() -> None:
    shelf = Shelf()
    shelf.read(0, place(10))
    assert shelf.read(1, place(20)) == shelf.read(1, place(21)) == Window(limit=SIZE, behind=place(10))
    with shelf.turn(READER, window(2)):
        assert shelf.read(2, place(30)).behind == place(21), "what the reader has seen is what came last"
    assert shelf.read(3, None).behind == place(30), "also if he did not wait for the first answer"


def test_without_a_page_before_it_is_counted_off() -> None:
    shelf = Shelf()
    assert shelf.read(2, place(30)) == window(2)
    assert shelf.read(3, place(40)).behind == place(30)
    assert shelf.read(7, None) == window(7)
    assert shelf.read(8, None) == window(8), "an empty page that was counted off ends nowhere"


def test_another_reader_another_list_and_another_size_have_their_own() -> None:
    shelf = Shelf()
    shelf.read(0, place(10))
    assert shelf.opened(OTHER, window(1)) == window(1)
    assert shelf.opened((1, "key:1", "drawer"), window(1)) == window(1)
    assert shelf.opened(READER, window(1)._replace(after=place(1).time)) == window(1)._replace(after=place(1).time)
    assert shelf.opened(READER, Window(offset=SIZE, limit=5)) == Window(offset=SIZE, limit=5)
    assert shelf.opened(READER, window(1)).behind == place(10)


def test_a_round_does_not_go_by_the_bookmarks_of_the_one_before() -> None:
    shelf = Shelf()
    for page in range(3):
        shelf.read(page, place(10 * page + 10))
    # All at once: each page is asked for before the one in front of it is there.
    assert [shelf.opened(READER, window(page)) for page in range(3)] == [window(page) for page in range(3)]
    shelf.read(0, place(10))
    shelf.read(1, place(20))
    shelf.read(2, place(30))
    assert shelf.opened(READER, window(1)) == window(1), "it has gone on from there"


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_pages_that_are_asked_for_all_at_once_are_counted_off(order: tuple[int, ...]) -> None:
    shelf = Shelf()
    for _ in range(2):
        with ExitStack() as all_at_once:
            turns = [all_at_once.enter_context(shelf.turn(READER, window(page))) for page in order]
            assert [turn.window for turn in turns] == [window(page) for page in order]
            for page, turn in zip(order, turns, strict=True):
                turn.ended(Page([], 0, place(10 * page + 10)), b"")


def test_a_page_that_comes_late_is_no_bookmark_for_the_next_round() -> None:
    shelf = Shelf()
    shelf.read(0, place(10))
    with shelf.turn(READER, window(1)) as slow:
        shelf.read(0, place(5))
        slow.ended(Page([], 0, place(20)), b"")
    assert shelf.opened(READER, window(2)) == window(2)
    shelf.read(0, place(5))
    assert shelf.opened(READER, window(1)).behind == place(5), "pages come in turn again"


def test_two_readers_with_one_credential_do_not_go_on_behind_each_other() -> None:
    shelf = Shelf()
    shelf.read(0, place(10))
    with shelf.turn(READER, window(1)) as one:
        shelf.read(0, place(5))
        # Counted off, while `one` is behind the tenth.
        shelf.read(1, place(15))
        one.ended(Page([], 0, place(20)), b"")
    assert shelf.opened(READER, window(2)) == window(2)
    shelf.read(0, place(10))
    with shelf.turn(READER, window(1)) as one:
        shelf.read(1, place(20))
        shelf.read(2, place(30))
        one.ended(Page([], 0, place(19)), b"")
    assert shelf.opened(READER, window(2)) == window(2), "one has not come as far as the other"


def test_a_page_that_the_reader_has_is_gone_on_behind() -> None:
    shelf = Shelf()
    with shelf.turn(OTHER, window(0)) as turn:
        turn.ended(Page([], 0, place(10)), b"tag")
    for tag, behind in ((b"tag", place(10)), (b"of another server", None)):
        with shelf.turn(READER, window(0)) as turn:
            turn.ended_as_before(tag)
        assert shelf.opened(READER, window(1)).behind == behind


def test_it_is_not_kept_for_ever() -> None:
    shelf = Shelf()
    shelf.read(0, place(10))
    shelf.now = KEPT_FOR + 1
    assert shelf.read(1, place(20)) == window(1)


def test_there_are_not_more_than_so_many() -> None:
    shelf = Shelf()
    for number in range(KEPT_AT_MOST + 1):
        shelf.read(0, place(number), reader=number)
    assert shelf.opened(1, window(1)).behind == place(1)
    assert shelf.opened(KEPT_AT_MOST, window(1)).behind == place(KEPT_AT_MOST)
    assert shelf.opened(0, window(1)) == window(1), "the oldest goes"
