"""When people come: rush hours, weekdays, and how a number of orders spreads over days and tills. Pure and seeded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from api.simulate.town import Kind

ZONE = ZoneInfo("Europe/Stockholm")
USUAL = 32  # orders of a till on an average day
_UTC = ZoneInfo("UTC")
_GAP_HOUR = 2  # the clocks jump forward over it once a year


def business(kind: Kind, day: date) -> float:
    """How busy a day is beside an average one."""
    return kind.week[day.weekday()] * 7 / sum(kind.week)


def usual(kind: Kind, day: date, random: Random) -> int:
    """How many orders a till takes on a day, left to itself."""
    return max(1, round(random.gauss(USUAL * business(kind, day), 4)))


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """`total` spread by weight: whole numbers that sum up to it, none further than one from its exact share."""
    sum_, passed, given, found = sum(weights), 0.0, 0, []
    for weight in weights:
        passed += weight
        upto = round(total * passed / sum_)
        found.append(upto - given)
        given = upto
    return found


def times(kind: Kind, day: date, count: int, random: Random) -> list[datetime]:
    """So many moments of a day by the wall clock (naive), in order."""
    start = datetime.combine(day, time())
    chosen = random.choices(range(24), kind.hours, k=count)
    return sorted(_existing(start + timedelta(hours=hour, seconds=random.random() * 3600)) for hour in chosen)


def _existing(moment: datetime) -> datetime:
    """A moment that the clock on the wall shows: an hour later, where it is left out."""
    if moment.hour != _GAP_HOUR:
        return moment
    return moment.replace(tzinfo=ZONE).astimezone(_UTC).astimezone(ZONE).replace(tzinfo=None)
