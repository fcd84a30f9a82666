"""DateTimes of the wire to instants, and instants to business days. Pure: no clock, no I/O.

The rules are the contract's: section 1 (DateTime in, DateTime out, bounds) and section 4 (the day of a sale).
A DateTime in *normal form* is text as `datetime.isoformat` writes it, with an offset and at most six fraction digits,
or `NO_TIME`.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

NO_TIME = "0001-01-01T00:00:00"

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_DAY = timedelta(days=1)

# `datetime.fromisoformat` also reads week dates, `20261123`, comma fractions and, from 3.14 on, 24:00. This lets
# through only what the contract names. Offsets end at 14 hours as in .NET; PostgreSQL would stop at 16.
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ]((?:[01]\d|2[0-3]):[0-5]\d)(?:(:[0-5]\d)(\.\d{1,7})?)?"
    r"(?:([Zz])|([+ -])(0\d|1[0-3]|14(?=$|:?00$)):?([0-5]\d)?)?",
    re.ASCII,
)
# Only cuts the usual spelling into second, minute, fraction and offset; minute and offset are still to be checked.
_COMMON = re.compile(r"((.{16}):[0-5]\d)(?:(\.\d{1,6})\d?|)([+-].{5}|Z|)", re.ASCII)
_DATE_ALONE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# Newer .NET writes a narrow no-break space before AM and PM (ICU 72).
_CULTURE = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?:[ \u00a0\u202f]([AaPp])[Mm])?)?",
    re.ASCII,
)
# Names of places, and of UTC: `localtime`, `Factory` and `posix/...` lie in the same directory on some machines.
_ZONE = re.compile(r"UTC|GMT|(?!posix/|right/|US/Pacific-New)[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2}", re.ASCII)
_NONE = re.compile(rf"{NO_TIME}(?:\.0+)?(?:[+-]\d\d:\d\d)?", re.ASCII)

_ACCEPTED = (
    "must be a date and time in ISO 8601, such as 2026-11-23T14:05:00,"
    " with 0 to 7 fraction digits and with an offset (+01:00), Z or none"
)
_ACCEPTED_IN_QUERY = f"{_ACCEPTED}; or 2026-11-23, 11/23/2026 14:05:00, 11/23/2026 2:05:00 PM"
_BOUNDS = f"must lie in the years {_FIRST_YEAR} to {_LAST_YEAR}"


def is_zone(name: str) -> bool:
    """Whether the IANA database has a zone of this name, and PostgreSQL can be expected to have it too."""
    if not _ZONE.fullmatch(name):
        return False
    try:
        return ZoneInfo(name).key == name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def instant(text: str, zone: ZoneInfo) -> str:
    """A DateTime of a JSON body in normal form; `""` and every spelling of 0001-01-01T00:00:00 are `NO_TIME`.

    Without an offset the text is local time in `zone`: the first of the two in the autumn hour that happens twice,
    shifted forward by the gap in spring. Fractions finer than a microsecond are cut off. The year as written must lie
    in 1900 to 2200. ValueError: says what is accepted (contract, section 1).
    """
    common = _COMMON.fullmatch(text)
    if common is None:
        return _normal(_respelled(_ISO.fullmatch(text)), zone) if text else NO_TIME
    # Six DateTimes come with every order: the text is cut and joined, since `datetime.replace` and `isoformat` alone
    # would take longer than all of this.
    second, minute, fraction, offset = common.groups()
    offset = _offset_text(minute, offset or zone)
    if not offset:
        return _normal(_respelled(_ISO.fullmatch(text)), zone)
    if fraction is None:
        return second + offset
    if len(fraction) < 7:
        fraction = fraction.ljust(7, "0")
    return second + offset if fraction == ".000000" else second + fraction + offset


# An order says the same moment several times: when it was paid, and when the receipt was printed.
@lru_cache(maxsize=1 << 10)
def local_instant(text: str, zone: ZoneInfo) -> str:
    """`instant`, at the zone's own offset: one instant has one text, and a retry with another offset is known again.

    ValueError: as `instant`.
    """
    normal = instant(text, zone)
    # The outlet's own offset, which nearly every client sends or leaves out, needs no arithmetic.
    if normal == NO_TIME or normal[-6:] == _offset_text(normal[:16], zone):
        return normal
    minute, offset = _moved(normal[:16], normal[-6:], zone)
    return minute + normal[16:-6] + offset


def to_datetime(normal: str | None) -> datetime | None:
    """The aware datetime of a text in normal form, at the offset it was written with; None for none."""
    if not normal or normal == NO_TIME:
        return None
    return datetime.fromisoformat(normal)


def query_instant(text: str, zone: ZoneInfo) -> datetime | None:
    """A DateTime of a query, aware; None for none.

    All that `instant` reads, a date alone (its midnight), the .NET culture forms, and a blank where the `+` of an
    offset was. ValueError: says what is accepted (contract, section 1, DateTime in and Dates query).
    """
    if not text:
        return None
    try:
        return to_datetime(_normal(_query_respelled(text), zone))
    except ValueError as error:
        message = str(error)
        raise ValueError(message if message == _BOUNDS else _ACCEPTED_IN_QUERY) from None


def business_day(moment: datetime, zone: ZoneInfo, start_hour: int = 0) -> tuple[date, int]:
    """The business date and the hour of the wall clock (0 to 23) of an aware `moment` at an outlet in `zone`.

    A day starts at `start_hour`: what the wall clock shows before it belongs to the day before. By the wall clock every
    moment has one day and one hour, also on the days the clocks change (contract, section 4, Sales arithmetic).
    """
    local = moment.astimezone(zone)
    day = local.date()
    return (day if local.hour >= start_hour else day - _DAY), local.hour


def day_start(day: date, zone: ZoneInfo, start_hour: int = 0) -> datetime:
    """The aware moment a business day begins: the first of two, or shifted forward by the gap, as in `instant`."""
    return _at_home(datetime.combine(day, time(start_hour)), zone)


@lru_cache(maxsize=4096)
def _offset_text(minute: str, place: ZoneInfo | str) -> str:
    """The offset, such as `+01:00`, that normal form gives every DateTime of a minute at a place.

    A place is a zone, or the offset a client wrote. "" where the long way has to decide: another spelling, not in the
    calendar, out of bounds; and a local time that the clocks repeat or leave out, or whose offset has seconds.
    """
    written = place if isinstance(place, str) else ""
    if minute[10] != "T" or not _ISO.fullmatch(minute + written):
        return ""
    try:
        first = datetime.fromisoformat(minute)
    except ValueError:
        return ""
    if not _FIRST_YEAR <= first.year <= _LAST_YEAR:
        return ""
    if isinstance(place, str):
        return "+00:00" if place == "Z" else place.replace("-00:00", "+00:00")
    # Fold 0 has the offset of before a change and fold 1 that of after it: where both ends agree, nothing changes.
    last = datetime.fromisoformat(f"{minute}:59.999999").replace(fold=1)
    offset = _offset(first, place)
    if offset != _offset(last, place) or offset.seconds % 60:
        return ""
    return first.replace(tzinfo=timezone(offset)).isoformat()[19:]


@lru_cache(maxsize=4096)
def _moved(minute: str, offset: str, zone: ZoneInfo) -> tuple[str, str]:
    """A minute at an offset by the clock of a zone; as it is, where the zone's offset has seconds."""
    moment = datetime.fromisoformat(minute + offset).astimezone(zone)
    if _offset(moment, zone).seconds % 60:
        return minute, offset
    text = moment.isoformat(timespec="minutes")
    return text[:16], text[16:]


def _normal(text: str, zone: ZoneInfo) -> str:
    """Normal form of a text that `datetime.fromisoformat` reads as the contract does, if it is a date at all."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"is no date of the calendar; {_ACCEPTED}") from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        if _NONE.fullmatch(text):
            return NO_TIME
        raise ValueError(_BOUNDS)
    return (moment if moment.tzinfo else _at_home(moment, zone)).isoformat()


def _at_home(wall: datetime, zone: ZoneInfo) -> datetime:
    """A naive local time with its offset in `zone`.

    The offset is a fixed one: datetimes that share a ZoneInfo are compared by the wall clock, which orders the autumn
    hour wrongly.
    """
    offset, later = _offset(wall, zone), _offset(wall.replace(fold=1), zone)
    if offset < later:  # Only in a gap: the offset of before reads the missing time as one after it.
        wall, offset = wall + (later - offset), later
    if offset.seconds % 60:
        # Old local mean times have seconds, which ISO 8601 cannot write. Same instant, at the next whole minute: later
        # on the wall, so that the first instant of 1900 does not fall out of bounds.
        up = timedelta(seconds=-offset.seconds % 60)
        wall, offset = wall + up, offset + up
    return wall.replace(tzinfo=timezone(offset), fold=0)


def _offset(wall: datetime, zone: ZoneInfo) -> timedelta:
    offset = zone.utcoffset(wall)
    assert offset is not None, "a ZoneInfo knows the offset of every datetime"
    return offset


def _respelled(match: re.Match[str] | None, signs: str = "+-") -> str:
    """The common spelling of an ISO form; `signs` are those an offset may have. ValueError: none of the forms."""
    if match is None:
        raise ValueError(_ACCEPTED)
    day, clock, seconds, fraction, utc, sign, hours, minutes = match.groups()
    if sign is not None and sign not in signs:
        raise ValueError(_ACCEPTED)
    offset = "+00:00" if utc else f"{sign.replace(' ', '+')}{hours}:{minutes or '00'}" if sign else ""
    return f"{day}T{clock}{seconds or ':00'}{fraction or ''}{offset}"


def _query_respelled(text: str) -> str:
    if _DATE_ALONE.fullmatch(text):
        return f"{text}T00:00:00"
    culture = _CULTURE.fullmatch(text)
    if culture is None:
        return _respelled(_ISO.fullmatch(text), "+- ")
    month, day, year, hour, minute, second, half = culture.groups()
    hours = _hour(int(hour or 0), half)
    return f"{year}-{month:0>2}-{day:0>2}T{hours:02}:{minute or '00'}:{second or '00'}"


def _hour(hour: int, half: str | None) -> int:
    """0 to 23 from a clock of 24 hours, or from one of 12 with its half of the day (`a` or `p`)."""
    if half is None:
        first, last, result = 0, 23, hour
    else:
        first, last, result = 1, 12, hour % 12 + (12 if half in "Pp" else 0)
    if not first <= hour <= last:
        raise ValueError(_ACCEPTED_IN_QUERY)
    return result
