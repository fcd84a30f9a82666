"""A till's day from its opening to its Z report, as lives of orders one after the other. Pure and seeded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time, timedelta

from api.simulate import lives, lives_online
from api.simulate.shift import DUPLICATE, Life, Shift, Step

_Lived = Callable[[Shift, datetime], Life]
# How often an order goes this way, in a hundred.
_OFTEN: dict[_Lived, int] = {
    lives.by_card: 51, lives.in_cash: 21, lives.at_table: 2, lives.amended: 3, lives.cancelled: 2, lives.returned: 3,
    lives.in_training: 1, lives.on_account: 3, lives.left_open: 1, lives.dropped: 2, lives_online.by_swish: 6,
    lives_online.in_the_web_shop: 5,
}  # fmt: skip
_EARLY = timedelta(minutes=10)
_OFFLINE, _LATE_RETRY = 0.12, 0.015


class Memory:
    """What a till remembers of earlier days: documents that some queue brings once more, long after."""

    def __init__(self) -> None:
        self._of_today: deque[Step] = deque(maxlen=6)
        self._earlier: list[Step] = []

    def note(self, step: Step) -> None:
        """Today's; it comes again tomorrow at the earliest."""
        self._of_today.append(step)

    def next_day(self) -> None:
        """Night falls."""
        self._earlier = list(self._of_today) or self._earlier

    @property
    def earlier(self) -> list[Step]:
        """Steps of earlier days."""
        return self._earlier


def day(
    shift: Shift, times: Iterable[datetime], memory: Memory, *, is_first: bool = False, until: datetime | None = None
) -> Iterator[Life]:
    """The lives of a day whose orders come at these moments; `is_first`: it begins with the till being tried out.

    With `until` the day still runs: what comes later has not happened yet, and nothing is closed.
    """
    memory.next_day()
    moments = list(times)
    midnight = datetime.combine(shift.day, time())
    morning = max(midnight, moments[0] - _EARLY) if moments else midnight
    if is_first:
        yield lives.first_day(shift, morning)
    yield lives.opening(shift, morning)
    offline = _offline(shift, len(moments))
    for number, at in enumerate(moments):
        if until is not None and at > until:
            break
        yield order(shift, at, memory)._replace(offline=number in offline)
    if until is None:
        for life in lives.closing(shift, (moments[-1] if moments else morning) + _EARLY):
            yield life._replace(offline=len(moments) in offline)


def order(shift: Shift, at: datetime, memory: Memory) -> Life:
    """One order, whatever becomes of it; perhaps with something from an earlier day once more."""
    (lived,) = shift.random.choices(list(_OFTEN), list(_OFTEN.values()))
    life = lived(shift, at)._replace(is_order=True)
    if not shift.faults:
        return life
    if shift.chance(0.05):
        memory.note(life.steps[-1])
    if memory.earlier and shift.chance(_LATE_RETRY):
        again = shift.random.choice(memory.earlier)
        life.steps.append(again._replace(expect=DUPLICATE))
    return life


def _offline(shift: Shift, orders: int) -> range:
    """The orders during which the till is offline; one beyond the last: it stays so over night."""
    if not (shift.faults and shift.chance(_OFFLINE)):
        return range(0)
    first = shift.random.randrange(orders + 1)
    return range(first, orders + 1 if shift.chance(0.3) else min(orders, first + shift.random.randint(2, 30)))
