"""DateTimes of the wire (contract, section 1) and business days (section 4), example by example and as properties."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.business_time import NO_TIME, instant, local_instant, query_instant, to_datetime

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # Its clocks change by half an hour.
MONROVIA = ZoneInfo("Africa/Monrovia")  # Its offset had seconds until 1972: -00:44:30.
ZONES = [STOCKHOLM, NEW_YORK, LORD_HOWE, MONROVIA, ZoneInfo("UTC"), ZoneInfo("Asia/Kolkata")]

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)

BODY_FORMS = [
    # Without an offset: local time at the outlet, winter and summer.
    ("2026-11-23T14:05:00", "2026-11-23T14:05:00+01:00"),
    ("2026-07-01T14:05:00", "2026-07-01T14:05:00+02:00"),
    ("2026-11-23 14:05:00", "2026-11-23T14:05:00+01:00"),
    ("2026-11-23t14:05:00", "2026-11-23T14:05:00+01:00"),
    ("2026-11-23T14:05", "2026-11-23T14:05:00+01:00"),
    ("2026-11-23 14:05+02:00", "2026-11-23T14:05:00+02:00"),
    # One to seven fraction digits; the seventh is cut off.
    ("2026-11-23T14:05:00.1", "2026-11-23T14:05:00.100000+01:00"),
    ("2026-11-23T14:05:00.123", "2026-11-23T14:05:00.123000+01:00"),
    ("2026-11-23T14:05:00.12345", "2026-11-23T14:05:00.123450+01:00"),
    ("2026-11-23T14:05:00.123456", "2026-11-23T14:05:00.123456+01:00"),
    ("2026-11-23T14:05:00.1234567", "2026-11-23T14:05:00.123456+01:00"),
    ("2026-11-23 14:05:00.1234567Z", "2026-11-23T14:05:00.123456+00:00"),
    ("2026-11-23T23:59:59.9999999", "2026-11-23T23:59:59.999999+01:00"),
    ("2026-12-31T23:59:59.9999999+01:00", "2026-12-31T23:59:59.999999+01:00"),
    ("2026-11-23T14:05:00.0000009", "2026-11-23T14:05:00+01:00"),
    ("2026-11-23T14:05:00.0", "2026-11-23T14:05:00+01:00"),
    # The spellings of an offset.
    ("2026-11-23T14:05:00+01:00", "2026-11-23T14:05:00+01:00"),
    ("2026-11-23T14:05:00+0100", "2026-11-23T14:05:00+01:00"),
    ("2026-11-23T14:05:00+01", "2026-11-23T14:05:00+01:00"),
    ("2026-11-23T14:05:00.123+0530", "2026-11-23T14:05:00.123000+05:30"),
    ("2026-11-23T14:05:00-08:00", "2026-11-23T14:05:00-08:00"),
    ("2026-11-23T14:05:00+14:00", "2026-11-23T14:05:00+14:00"),
    ("2026-11-23T14:05:00-14", "2026-11-23T14:05:00-14:00"),
    ("2026-11-23T14:05:00.123Z", "2026-11-23T14:05:00.123000+00:00"),
    ("2026-11-23T14:05:00z", "2026-11-23T14:05:00+00:00"),
    ("2026-11-23T14:05:00-00:00", "2026-11-23T14:05:00+00:00"),
    ("2024-02-29T12:00:00", "2024-02-29T12:00:00+01:00"),
    # The bounds, by the year as written.
    ("1900-01-01T00:00:00", "1900-01-01T00:00:00+01:00"),
    ("1900-01-01T00:00:00+14:00", "1900-01-01T00:00:00+14:00"),
    ("2200-12-31T23:59:59.9999999-14:00", "2200-12-31T23:59:59.999999-14:00"),
]

CLOCK_CHANGES = [
    (STOCKHOLM, "2026-03-29T01:59:59.9999999", "2026-03-29T01:59:59.999999+01:00"),
    (STOCKHOLM, "2026-03-29T02:00:00", "2026-03-29T03:00:00+02:00"),
    (STOCKHOLM, "2026-03-29T02:30:00", "2026-03-29T03:30:00+02:00"),
    (STOCKHOLM, "2026-03-29T02:59:59.9999999", "2026-03-29T03:59:59.999999+02:00"),
    (STOCKHOLM, "2026-03-29T03:00:00", "2026-03-29T03:00:00+02:00"),
    (STOCKHOLM, "2026-03-29T02:30:00+01:00", "2026-03-29T02:30:00+01:00"),
    (STOCKHOLM, "2026-10-25T02:00:00", "2026-10-25T02:00:00+02:00"),
    (STOCKHOLM, "2026-10-25T02:30:00.1234567", "2026-10-25T02:30:00.123456+02:00"),
    (STOCKHOLM, "2026-10-25T02:30:00+01:00", "2026-10-25T02:30:00+01:00"),
    (STOCKHOLM, "2026-10-25T03:00:00", "2026-10-25T03:00:00+01:00"),
    (NEW_YORK, "2026-03-08T02:30:00", "2026-03-08T03:30:00-04:00"),
    (NEW_YORK, "2026-11-01T01:30:00", "2026-11-01T01:30:00-04:00"),
    (LORD_HOWE, "2026-10-04T02:15:00", "2026-10-04T02:45:00+11:00"),
    (LORD_HOWE, "2026-04-05T01:45:00", "2026-04-05T01:45:00+11:00"),
    # 12:00:00-00:44:30 is the same instant, in an offset ISO 8601 can write.
    (MONROVIA, "1971-06-01T12:00:00", "1971-06-01T12:00:30-00:44"),
]


def _texts(reasons: dict[str, str]) -> list[tuple[str, str]]:
    return [(reason, text) for reason, texts in reasons.items() for text in texts.split(" | ")]


NONES = _texts(
    {
        "empty": "",
        "plain": "0001-01-01T00:00:00 | 0001-01-01 00:00:00 | 0001-01-01T00:00 | 0001-01-01T00:00:00.0000000",
        "utc": "0001-01-01T00:00:00Z | 0001-01-01T00:00:00.0000000Z | 0001-01-01T00:00:00+00:00",
        "offset": "0001-01-01T00:00:00+01:00 | 0001-01-01T00:00:00-14:00",
    }
)

# Refused in bodies and in queries.
REFUSED = _texts(
    {
        "no date": "null | tomorrow | 2026-11-23T | 2026-11-23T14:05:00\x00 | /Date(1795437900000)/",
        "more around it": " 2026-11-23T14:05:00 | 2026-11-23T14:05:00  | 2026-11-23T14:05:00\n",
        "fraction": "2026-11-23T14:05:00. | 2026-11-23T14:05:00.12345678 | 2026-11-23T14:05:00,1 | 2026-11-23T14:05.5",
        "clock": "2026-11-23T14 | 2026-11-23T14:5:00 | 2026-11-23T24:00:00 | 2026-11-23T14:60:00 | 2026-11-23T23:59:60",
        "separator": "2026-11-23_14:05:00 | 2026-11-23T14:05:00 +01:00 | 2026-11-23  14:05:00",
        "far offset": "2026-11-23T14:05:00+14:01 | 2026-11-23T14:05:00+15:00 | 2026-11-23T14:05:00+01:60",
        "odd offset": "2026-11-23T14:05:00+1:00 | 2026-11-23T14:05:00+01:00:30 | 2026-11-23T14:05:00+01000",
        "two offsets": "2026-11-23T14:05:00 CET | 2026-11-23T14:05:00ZZ | 2026-11-23T14:05:00Z+01:00",
        "calendar": "2026-02-29T12:00:00 | 2026-13-01T12:00:00 | 2026-11-00T12:00:00+01:00 | 0000-01-01T00:00:00",
        "other ISO 8601": "2026-W48-1T14:05:00 | 2026-327T14:05:00 | 20261123T140500 | 2026-11-23T140500",
        "digits": "٢٠٢٦-11-23T14:05:00 | +2026-11-23T14:05:00 | 02026-11-23T14:05:00",
        "nearly none": "0001-01-01T00:00:01 | 0001-01-01T01:00:00+01:00 | 0001-01-01T00:00:00.0000001",
        "no UTC": "0001-01-02T00:00:00+14:00 | 9999-12-31T23:59:59.9999999 | 9999-12-31T23:59:59.9999999-14:00",
        "bounds": "1899-12-31T23:59:59.9999999 | 2201-01-01T00:00:00",
    }
)

# Read in queries only.
QUERY_FORMS = [
    ("2026-11-23T14:05:00 01:00", "2026-11-23T14:05:00+01:00"),
    ("2026-11-23 14:05:00 01:00", "2026-11-23T14:05:00+01:00"),
    ("2026-11-23T14:05:00.1234567 05:30", "2026-11-23T14:05:00.123456+05:30"),
    ("2026-11-23T14:05:00 0100", "2026-11-23T14:05:00+01:00"),
    ("2026-11-23T14:05:00 01", "2026-11-23T14:05:00+01:00"),
    ("2026-11-23", "2026-11-23T00:00:00+01:00"),
    ("2026-07-01", "2026-07-01T00:00:00+02:00"),
    ("11/23/2026 2:05:00 PM", "2026-11-23T14:05:00+01:00"),
    ("11/23/2026 2:05:07 AM", "2026-11-23T02:05:07+01:00"),
    ("11/23/2026 02:05:00 pm", "2026-11-23T14:05:00+01:00"),
    ("11/23/2026 2:05:00\u202fPM", "2026-11-23T14:05:00+01:00"),
    ("11/23/2026 2:05 PM", "2026-11-23T14:05:00+01:00"),
    ("11/23/2026 12:00:00 AM", "2026-11-23T00:00:00+01:00"),
    ("11/23/2026 12:30:00 PM", "2026-11-23T12:30:00+01:00"),
    ("11/23/2026 14:05:00", "2026-11-23T14:05:00+01:00"),
    ("11/23/2026 14:05", "2026-11-23T14:05:00+01:00"),
    ("1/2/2026 0:05:00", "2026-01-02T00:05:00+01:00"),
    ("11/23/2026", "2026-11-23T00:00:00+01:00"),
    ("3/29/2026 2:30:00 AM", "2026-03-29T03:30:00+02:00"),
    ("10/25/2026 02:30:00", "2026-10-25T02:30:00+02:00"),
]

QUERY_NONES = _texts(
    {
        "date": "0001-01-01 | 1/1/0001",
        "culture": "01/01/0001 00:00:00 | 1/1/0001 12:00:00 AM",
        "lost plus": "0001-01-01T00:00:00 01:00",
    }
)

QUERY_REFUSED = _texts(
    {
        "order": "23/11/2026 | 11-23-2026 | 2026/11/23 | 11/23/26",
        "clock": "11/23/2026 13:05:00 PM | 11/23/2026 0:05:00 AM | 11/23/2026 24:00:00 | 11/23/2026 14:60:00",
        "half": "11/23/2026 14 | 2026-11-23 01:00 PM",
        "calendar": "2/30/2026 | 2026-02-29",
        "bounds": "1899-12-31 | 1/1/2201",
    }
)


class TestInstant:
    @pytest.mark.parametrize(("text", "normal"), BODY_FORMS)
    def test_reads_every_form_of_the_contract(self, text: str, normal: str) -> None:
        assert instant(text, STOCKHOLM) == normal

    @pytest.mark.parametrize(("zone", "text", "normal"), CLOCK_CHANGES)
    def test_local_times_of_the_days_the_clocks_change(self, zone: ZoneInfo, text: str, normal: str) -> None:
        assert instant(text, zone) == normal

    @pytest.mark.parametrize(("_kind", "text"), NONES)
    def test_none(self, _kind: str, text: str) -> None:
        assert instant(text, STOCKHOLM) == NO_TIME

    @pytest.mark.parametrize(("_reason", "text"), REFUSED)
    def test_refuses_the_rest_and_says_what_is_accepted(self, _reason: str, text: str) -> None:
        with pytest.raises(ValueError, match=r"must be a date and time in ISO 8601|must lie in the years 1900 to 2200"):
            instant(text, STOCKHOLM)

    @pytest.mark.parametrize("text", ["2026-11-23", "11/23/2026 14:05:00", "2026-11-23T14:05:00 01:00"])
    def test_forms_of_a_query_are_refused_in_a_body(self, text: str) -> None:
        with pytest.raises(ValueError, match="must be a date and time in ISO 8601"):
            instant(text, STOCKHOLM)

    def test_every_local_minute_of_the_days_the_clocks_change_agrees_with_the_zone(self) -> None:
        for day in (SPRING, AUTUMN):
            for minute in range(24 * 60):
                wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
                normal = wall.replace(tzinfo=STOCKHOLM).astimezone(UTC).astimezone(STOCKHOLM).isoformat()
                assert instant(wall.isoformat(), STOCKHOLM) == normal


# A text cannot say which of two walls it means, so neither may these.
walls = st.datetimes(datetime(1900, 1, 2), datetime(2200, 12, 30)).map(lambda wall: wall.replace(fold=0))
zones = st.sampled_from(ZONES)
fractions = st.from_regex(r"(\.[0-9]{1,7})?", fullmatch=True)
offsets = st.sampled_from(["", "Z", "+00:00", "-00:00", "+01:00", "+0100", "+01", "-03:30", "+14:00", "-14:00"])
texts = st.builds(
    lambda wall, blank, fraction, offset: f"{wall.replace(microsecond=0).isoformat(blank)}{fraction}{offset}",
    walls,
    st.sampled_from("T "),
    fractions,
    offsets,
)


class TestInstantAlways:
    @given(texts, zones)
    def test_is_idempotent_and_of_one_shape(self, text: str, zone: ZoneInfo) -> None:
        normal = instant(text, zone)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?[+-]\d\d:\d\d", normal)
        assert all(instant(normal, other) == normal for other in ZONES)
        moment = to_datetime(normal)
        assert moment is not None
        assert moment.isoformat() == normal

    @given(walls, fractions, offsets, zones)
    @example(datetime(2026, 11, 23, 23, 59, 59), ".9999999", "", STOCKHOLM)
    def test_cuts_off_and_never_rounds(self, wall: datetime, fraction: str, offset: str, zone: ZoneInfo) -> None:
        second = wall.replace(microsecond=0).isoformat()
        whole, exact = (to_datetime(instant(second + part + offset, zone)) for part in ("", fraction))
        assert whole is not None
        assert exact is not None
        assert exact - whole == timedelta(microseconds=int(fraction[1:].ljust(7, "0")[:6]))

    @given(walls, st.timedeltas(timedelta(0), timedelta(hours=4)), zones)
    @example(datetime(2026, 3, 29, 1, 59, 59), timedelta(hours=2), STOCKHOLM)
    def test_agrees_with_the_zone_wherever_the_wall_clock_shows_it(
        self, wall: datetime, step: timedelta, zone: ZoneInfo
    ) -> None:
        for naive in (wall, wall + step):
            moment = to_datetime(instant(naive.isoformat(), zone))
            assert moment is not None
            assert moment == naive.replace(tzinfo=zone).astimezone(UTC)

    @given(texts, zones)
    @example("2026-10-25T00:59:59.9999999Z", STOCKHOLM)
    @example("2026-10-25T01:00:00Z", STOCKHOLM)
    @example("2026-10-25T02:30:00.5+02:00", STOCKHOLM)
    def test_at_the_zones_own_offset_it_is_the_same_instant(self, text: str, zone: ZoneInfo) -> None:
        moment, here = to_datetime(instant(text, zone)), to_datetime(local_instant(text, zone))
        assert moment is not None and here is not None and here == moment
        offset = moment.astimezone(zone).utcoffset()
        assert offset is not None and (here.utcoffset() == offset or offset.seconds % 60)

    @given(walls, walls, offsets.filter(bool))
    def test_keeps_the_order(self, one: datetime, other: datetime, offset: str) -> None:
        earlier, later = sorted((one, other))
        first, second = (to_datetime(instant(wall.isoformat() + offset, STOCKHOLM)) for wall in (earlier, later))
        assert first is not None
        assert second is not None
        assert (first < second) == (earlier < later)

    @given(
        st.text() | st.from_regex(r"[0-9TZ:./ +-]{10,33}", fullmatch=True), st.sampled_from([instant, query_instant])
    )
    def test_any_text_is_read_or_refused_with_a_value_error(self, text: str, read: Callable[..., object]) -> None:
        with suppress(ValueError):
            read(text, STOCKHOLM)


class TestToDatetime:
    @pytest.mark.parametrize("none", [None, "", NO_TIME])
    def test_none(self, none: str | None) -> None:
        assert to_datetime(none) is None

    def test_is_aware_and_exact(self) -> None:
        moment = to_datetime("2026-11-23T11:42:07.123456+01:00")
        assert moment == datetime(2026, 11, 23, 10, 42, 7, 123456, tzinfo=UTC)
        assert moment.utcoffset() == timedelta(hours=1)


class TestQueryInstant:
    @pytest.mark.parametrize(("text", "normal"), BODY_FORMS + QUERY_FORMS)
    def test_reads_the_forms_of_bodies_and_its_own(self, text: str, normal: str) -> None:
        moment = query_instant(text, STOCKHOLM)
        assert moment is not None
        assert moment.isoformat() == normal

    @pytest.mark.parametrize(("_kind", "text"), NONES + QUERY_NONES)
    def test_none(self, _kind: str, text: str) -> None:
        assert query_instant(text, STOCKHOLM) is None

    @pytest.mark.parametrize(("_reason", "text"), REFUSED + QUERY_REFUSED)
    def test_refuses_the_rest_and_says_what_is_accepted(self, _reason: str, text: str) -> None:
        with pytest.raises(ValueError, match=r"11/23/2026 2:05:00 PM|must lie in the years 1900 to 2200"):
            query_instant(text, STOCKHOLM)
