"""What stays in memory of recent streams: the newest, as far as there is room."""

from __future__ import annotations

from ledger.events import OrderStatusChanged
from ledger.folding import Later
from ledger.order import OrderState
from ledger.recent import Recent, Sizes

ROOM = 1 << 20


def sized(added: dict[str, int]) -> Sizes:
    """One event each."""
    sizes = Sizes()
    for stream, size in added.items():
        sizes.add(stream, "order.drafted", size)
    return sizes


def states(recent: Recent, count: int) -> list[str]:
    """Which of the streams 0, 1, 2 … are known."""
    return [str(number) for number in range(count) if recent.get(str(number)) is not None]


def test_the_oldest_are_forgotten_first() -> None:
    recent = Recent()
    for number in range(5):
        recent.remember([(str(number), OrderState())], sized({str(number): ROOM // 4}))
    assert states(recent, 5) == ["1", "2", "3", "4"]
    recent.remember([("1", OrderState())], sized({}))
    recent.remember([("5", OrderState())], sized({"5": ROOM // 4}))
    assert states(recent, 6) == ["1", "3", "4", "5"]


def test_small_ones_are_many() -> None:
    recent = Recent()
    recent.remember([(str(number), OrderState()) for number in range(500)], sized({str(n): 2000 for n in range(500)}))
    assert len(states(recent, 500)) == 500


def test_the_newest_stays_whatever_its_size() -> None:
    recent = Recent()
    recent.remember([("0", OrderState()), ("1", OrderState())], sized({"1": 5 * ROOM}))
    assert states(recent, 2) == ["1"]
    recent.remember([("1", OrderState())], sized({"1": 10}))
    assert states(recent, 2) == ["1"]
    recent.remember([("0", OrderState())], sized({"0": 10}))
    assert states(recent, 2) == ["0"]


def test_of_many_drafts_only_the_last_takes_room() -> None:
    recent, read = Recent(), Sizes()
    for _ in range(1000):
        read.add("0", "order.drafted", ROOM // 4)
    recent.remember([("0", OrderState())], read)
    for number in range(1, 4):
        recent.remember([(str(number), OrderState())], sized({str(number): ROOM // 4}))
    assert states(recent, 4) == ["0", "1", "2", "3"]


def test_what_a_state_keeps_takes_room() -> None:
    """Whether it comes at once, or a little with each batch."""
    recent = Recent()
    recent.remember([("0", OrderState()), ("1", OrderState())], sized({"0": 1000, "1": 1000}))
    for _ in range(10):
        printed = Sizes()
        for _ in range(10):
            printed.add("1", "receipt.issued", ROOM // 100)
        recent.remember([("1", OrderState())], printed)
    assert states(recent, 2) == ["1"]


def test_what_is_forgotten_takes_no_room() -> None:
    recent = Recent()
    recent.remember([("0", OrderState())], sized({"0": ROOM}))
    recent.clear()
    recent.remember([("1", OrderState()), ("2", OrderState())], sized({"1": ROOM // 2, "2": ROOM // 2}))
    assert states(recent, 3) == ["1", "2"]


def test_a_stream_that_has_just_begun_is_read_when_it_is_wanted() -> None:
    recent, new, old = Recent(), Later("order-0", OrderState()), Later("order-1", OrderState(version=7))
    for state in (new, old):
        state.add(1, OrderStatusChanged(status=1), None)
    recent.remember([("0", new), ("1", old)], sized({"0": 1, "1": 1}))
    assert list(recent._states) == ["1"]


def test_the_names_of_streams_are_known_longer_than_their_states() -> None:
    recent = Recent()
    for part in range(20):
        recent.remember([(f"{part}-{number}", OrderState()) for number in range(1000)], sized({}))
    assert not any(recent.may_be_new(f"{part}-{number}") for part in range(16, 20) for number in range(1000))
    assert sum(recent.may_be_new(f"{part}-{number}") for part in range(10) for number in range(1000)) > 9900


def test_a_name_is_one_however_often_it_is_seen() -> None:
    recent = Recent()
    recent.forget(["old"])
    for _ in range(10_000):
        recent.remember([("open", OrderState(version=3))], sized({}))
    assert not recent.may_be_new("old")
