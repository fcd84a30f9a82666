"""Which days are simulated, how many orders each till takes on each, and the key of the town. Pure.

The key holds every option that shapes a document: the same options are the same town with the same documents, and any
others are another town, whose ids nobody has used.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import NamedTuple

from api.simulate import hours
from api.simulate.documents import Place
from api.simulate.shift import Shift
from api.simulate.town import Town


class Options(NamedTuple):
    """What is simulated. `until` (naive, by the wall clock): the last day runs, and nothing later has happened yet.

    Days before `resume` were posted by an earlier run. Without `days` there is only the live pace: `per_minute` orders
    for `minutes`, or until somebody stops it.
    """

    seed: str
    outlets: int
    tills: int
    faults: bool
    days: tuple[date, ...] = ()
    until: datetime | None = None
    resume: date | None = None
    orders: int | None = None
    per_minute: float = 0.0
    minutes: float | None = None

    def key(self, start: datetime) -> str:
        """The key of the town; `start` is when the run began, which is a part of it where the town sells live."""
        key = f"{self.seed}/{self.outlets}/{self.tills}/{self.faults}/{self.orders}"
        if self.days:
            key += f"/{self.days[0]}/{'on' if self.until else self.days[-1]}"
        return f"{key}/{start.isoformat()}" if self.per_minute else key


class TillDay(NamedTuple):
    """A till's day, ready to begin, and when its orders come."""

    shift: Shift
    moments: list[datetime]


def till_days(options: Options, town: Town) -> Iterator[dict[str, TillDay]]:
    """Each day: what every till (by its terminal) has before it."""
    places = [Place(outlet, till) for outlet in town.outlets for till in outlet.tills]
    counts = _counts(options, places)
    for day in options.days:
        found = {}
        for place in places:
            shift = shift_of(options, town, place, day)
            kind = place.outlet.kind
            count = hours.usual(kind, day, shift.random) if counts is None else next(counts)
            found[place.till.terminal] = TillDay(shift, hours.times(kind, day, count, shift.random))
        yield found


def shift_of(options: Options, town: Town, place: Place, day: date, start: str = "") -> Shift:
    """A till's shift on a day; `start` tells one that began in the middle of it from others."""
    random = Random(f"{town.key}/{place.till.terminal}/{day}{start}")
    return Shift(town, place, day, random, faults=options.faults)


def expected(options: Options, town: Town) -> int:
    """How many orders there will be."""
    if options.orders is not None:
        return options.orders
    first, until = datetime.combine(options.resume or date.min, time()), options.until or datetime.max
    days = till_days(options, town)
    return sum(first <= at <= until for day in days for one in day.values() for at in one.moments)


def days_of(first: date, last: date) -> tuple[date, ...]:
    """All days from the first to the last."""
    return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))


def _counts(options: Options, places: list[Place]) -> Iterator[int] | None:
    if options.orders is None:
        return None
    weights = [hours.business(place.outlet.kind, day) for day in options.days for place in places]
    return iter(hours.shares(options.orders, weights))
