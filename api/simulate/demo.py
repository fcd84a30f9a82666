"""The demo's town: a month that ends now, and goes on. It is found again on a server that has it already."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from api.simulate import answers
from api.simulate.asking import Reader
from api.simulate.calendar import Options, days_of
from api.simulate.hours import ZONE
from api.simulate.line import Server
from api.simulate.run import Run, Show
from api.simulate.town import outlet_id

PER_MINUTE = 6.0  # orders of the town when it is live
_OUTLETS, _TILLS = 3, 2
_OLDEST = 366  # days that a town may be old, to be gone on with
_SEED = "demo"


async def demo_run(server: Server, days: int, show: Show) -> tuple[Run, bool]:
    """The run that brings the demo's town up to now, and whether it is a new town. LedgerError: no server.

    A new one has sold for so many `days`. A town is known by the first of them; of one that is there already only the
    newest days are posted once more, and what of them is known is a duplicate.
    """
    now = datetime.now(ZONE).replace(tzinfo=None)
    candidates = {_first_outlet(day): day for day in (now.date() - timedelta(days=back) for back in range(_OLDEST))}
    reader = Reader(server, 0)
    outlets = await reader.get("/api/Sale/GetOutlets", list[answers.Outlet])
    known = [candidates[outlet.Id] for outlet in outlets if outlet.Id in candidates]
    first = max(known, default=now.date() - timedelta(days=days - 1))
    resume = await _sold_until(reader, _first_outlet(first), now.date()) if known else None
    reader.close()
    return Run(server, _options(first, now, resume), show), not known


async def _sold_until(reader: Reader, outlet: str, today: date) -> date:
    """The day from which on something may be missing: the one before the last that has sales.

    All tills go from day to day together; only what a till held while it was offline comes a day later.
    """
    last = date.min
    for month in (today, today.replace(day=1) - timedelta(days=1)):
        when = {"outletId": outlet, "year": month.year, "month": month.month}
        sold = await reader.get("/api/Sale/GetMonthalySale", answers.CategorySale, **when)
        days = (month.replace(day=one.SaleDay) for one in sold.DailySales)
        last = max((last, *(day for day in days if day <= today)))
    return last - timedelta(days=1) if last != date.min else date.min


def _options(first: date, now: datetime, resume: date | None) -> Options:
    days = days_of(first, now.date())
    return Options(_SEED, _OUTLETS, _TILLS, True, days, now, resume)


def _first_outlet(first: date) -> str:
    """The id of the first outlet of the town that began on a day."""
    options = Options(_SEED, _OUTLETS, _TILLS, True, (first,), datetime.max)
    return outlet_id(options.key(datetime.max), 0)
