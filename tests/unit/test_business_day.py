"""The business day and hour of a moment, clock changes and all."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.business_time import business_day, day_start

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


class TestBusinessDay:
    @pytest.mark.parametrize(
        ("moment", "start_hour", "day", "hour"),
        [
            ("2026-11-23T00:00:00+01:00", 0, date(2026, 11, 23), 0),
            ("2026-11-23T23:59:59.999999+01:00", 0, date(2026, 11, 23), 23),
            ("2026-11-23T23:30:00+00:00", 0, date(2026, 11, 24), 0),
            ("2026-11-23T20:00:00-08:00", 0, date(2026, 11, 24), 5),
            # A bar that closes at four: the night belongs to the day before, with the hour the clock shows.
            ("2026-11-24T03:59:59.999999+01:00", 4, date(2026, 11, 23), 3),
            ("2026-11-24T04:00:00+01:00", 4, date(2026, 11, 24), 4),
            ("2027-01-01T00:30:00+01:00", 4, date(2026, 12, 31), 0),
            # The hour that happens twice is one hour of the sales; the one that is left out has none.
            ("2026-10-25T02:30:00+02:00", 0, AUTUMN, 2),
            ("2026-10-25T02:30:00+01:00", 0, AUTUMN, 2),
            ("2026-10-25T02:30:00+01:00", 3, date(2026, 10, 24), 2),
            ("2026-03-29T01:59:59+01:00", 2, date(2026, 3, 28), 1),
            ("2026-03-29T02:00:00+01:00", 2, SPRING, 3),
        ],
    )
    def test_is_local_at_the_outlet(self, moment: str, start_hour: int, day: date, hour: int) -> None:
        assert business_day(datetime.fromisoformat(moment), STOCKHOLM, start_hour) == (day, hour)

    @pytest.mark.parametrize(
        ("day", "start_hour", "start"),
        [
            (date(2026, 11, 23), 0, "2026-11-23T00:00:00+01:00"),
            (date(2026, 7, 1), 4, "2026-07-01T04:00:00+02:00"),
            (SPRING, 0, "2026-03-29T00:00:00+01:00"),
            (SPRING, 2, "2026-03-29T03:00:00+02:00"),
            (AUTUMN, 0, "2026-10-25T00:00:00+02:00"),
            (AUTUMN, 2, "2026-10-25T02:00:00+02:00"),
            (AUTUMN, 3, "2026-10-25T03:00:00+01:00"),
        ],
    )
    def test_starts_at_its_hour(self, day: date, start_hour: int, start: str) -> None:
        assert day_start(day, STOCKHOLM, start_hour).isoformat() == start

    @pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 11, 23), 24)])
    def test_days_follow_each_other_without_a_gap(self, day: date, hours: int) -> None:
        assert day_start(day + timedelta(days=1), STOCKHOLM) - day_start(day, STOCKHOLM) == timedelta(hours=hours)

    @given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(0, 23))
    @example(SPRING, 2)
    @example(AUTUMN, 2)
    def test_the_start_is_the_first_moment_of_its_day(self, day: date, start_hour: int) -> None:
        start = day_start(day, STOCKHOLM, start_hour)
        assert business_day(start, STOCKHOLM, start_hour)[0] == day
        before = start - timedelta(microseconds=1)
        assert business_day(before, STOCKHOLM, start_hour)[0] == day - timedelta(days=1)
