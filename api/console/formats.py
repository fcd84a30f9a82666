"""Numbers, money and time as people write them: `1 234,50 kr` in Swedish, `1,234.50 kr` in English. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import parse_pattern

from api.console.language import Language
from ledger.amounts import to_ore

NO_BREAK = "\u00a0"
MINUS = "\u2212"

# English as in Europe: 23 November, and hours from 0 to 24.
_LOCALES = {"sv": Locale("sv", "SE"), "en": Locale("en", "GB")}
_THOUSANDS = {"sv": f"{NO_BREAK}tkr", "en": "k"}
_AMOUNT, _WHOLE, _EXACT, _PERCENT = (
    parse_pattern(text) for text in ("#,##0.00", "#,##0", "#,##0.######", f"#,##0{NO_BREAK}%")
)


class Formats:
    """One language's way of writing. Moments are aware; they are told by the wall clock of `zone`."""

    def __init__(self, language: Language, zone: ZoneInfo) -> None:
        self._locale = _LOCALES[language]
        self._thousand = _THOUSANDS[language]
        self.zone = zone

    def kronor(self, amount: Decimal) -> str:
        """An amount in kronor, rounded to öre: `1 234,50 kr`, in which no line breaks."""
        return f"{self.amount(amount)}{NO_BREAK}kr"

    def amount(self, amount: Decimal) -> str:
        """The same without its unit, for columns that name it once."""
        return self._signed(_AMOUNT.apply(to_ore(amount), self._locale))

    def whole(self, number: Decimal | int) -> str:
        """A number without decimals: `1 234`."""
        return self._signed(_WHOLE.apply(Decimal(number), self._locale))

    def thousands(self, amount: Decimal) -> str:
        """A round amount, in thousands of kronor: `20 tkr`, `20k`."""
        return f"{self.whole(amount / 1000)}{self._thousand}" if amount else "0"

    def number(self, number: Decimal | int) -> str:
        """A number with the decimals it has: `0,125`."""
        return self._signed(_EXACT.apply(Decimal(number), self._locale))

    def gigabytes(self, size: int) -> str:
        """Bytes in billions, with one decimal: `38,9 GB`."""
        return f"{self.number(round(Decimal(size) / 10**9, 1))}{NO_BREAK}GB"

    def change(self, now: Decimal, before: Decimal) -> str:
        """By how much `now` is more or less than `before`, in percent: `+12 %`; `""` where there was nothing."""
        if before <= 0:
            return ""
        percent = (now - before) / before
        sign = "+" if percent > 0 else ""
        return sign + self._signed(_PERCENT.apply(percent, self._locale))

    def part(self, done: int, total: int) -> str:
        """How much of it is done: `12 %`."""
        return self._signed(_PERCENT.apply(Decimal(done) / (total or 1), self._locale))

    def day(self, day: date, pattern: str = "EEEE d MMMM") -> str:
        """A date in a pattern of CLDR: `fredag 27 november`."""
        return format_date(day, pattern, self._locale)

    def month(self, day: date) -> str:
        """`november 2026`."""
        return format_date(day, "LLLL y", self._locale)

    def clock(self, moment: datetime | time) -> str:
        """`14:05`."""
        return format_time(self._local(moment), "HH:mm", locale=self._locale)

    def seconds(self, moment: datetime | time) -> str:
        """`14:05:09`."""
        return format_time(self._local(moment), "HH:mm:ss", locale=self._locale)

    def moment(self, moment: datetime) -> str:
        """`27 nov. 2026 14:05:09`."""
        local = moment.astimezone(self.zone)
        return f"{format_date(local, 'd MMM y', self._locale)} {self.seconds(local)}"

    def short(self, moment: datetime) -> str:
        """`27 nov. 2026 14:05`."""
        local = moment.astimezone(self.zone)
        return f"{format_date(local, 'd MMM y', self._locale)} {self.clock(local)}"

    def span(self, seconds: float) -> str:
        """A length of time, roughly: `3 minuter`."""
        return format_timedelta(timedelta(seconds=max(round(seconds), 1)), locale=self._locale)

    def ago(self, seconds: float) -> str:
        """How long it is since then, roughly: `för 3 minuter sedan`."""
        return format_timedelta(-timedelta(seconds=max(round(seconds), 1)), add_direction=True, locale=self._locale)

    def _local(self, moment: datetime | time) -> time:
        return moment.astimezone(self.zone).time() if isinstance(moment, datetime) else moment

    @staticmethod
    def _signed(text: str) -> str:
        return text.replace("-", MINUS)
