"""Every cell of every sales endpoint, and what explains it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote

from api import explain, sales
from tests.integration.books import Books
from tests.property.oracle import Body

NOBODY = "00000000-0000-0000-0000-000000000000"


class Cell(NamedTuple):
    """A number that somebody may ask about, as an endpoint shows it."""

    outlet: str
    first: date
    last: date
    hour: int | None
    category: str | None
    gross: Decimal
    net: Decimal

    @property
    def query(self) -> str:
        """The parameters that ask for it."""
        hour = "" if self.hour is None else f"&hour={self.hour}"
        category = "" if self.category is None else f"&category={quote(self.category)}"
        return f"outletId={self.outlet}&from={self.first}&to={self.last}{hour}{category}"


async def cells(books: Books, months: list[date], outlets: list[str], now: datetime) -> list[Cell]:
    """All of them, of some months and outlets, and of the day that runs `now`."""
    found = [cell async for cell in _running(books, now)]
    for outlet in outlets:
        for first in months:
            month = await books.ask(sales.get_monthaly_sale, f"outletId={outlet}&year={first.year}&month={first.month}")
            found += _of_month(month, outlet, first)
            for day in (first.replace(day=row["SaleDay"]) for row in month["DailySales"]):
                shown = await books.ask(sales.get_daily_sale, f"outletId={outlet}&dt={day}")
                hours = f"outletId={outlet}&year={day.year}&month={day.month}&day={day.day}"
                assert await books.ask(sales.get_hourly_sale, hours) == shown["HourlySales"]
                found += _groups(shown, outlet, day, day)
    return found


def _of_month(month: Body, outlet: str, first: date) -> list[Cell]:
    last = _end(first)
    found = _groups(month, outlet, first, last)
    for row in month["DailySales"]:
        day = first.replace(day=row["SaleDay"])
        found.append(Cell(outlet, day, day, None, None, row["GrossTotal"], row["NetTotal"]))
    return found + _outlets(month["OutletSales"], first, last)


def _groups(shown: Body, outlet: str, first: date, last: date) -> list[Cell]:
    found = [Cell(outlet, first, last, None, None, shown["GrandTotal"], shown["NetTotal"])]
    for row in shown["Categories"]:
        found.append(Cell(outlet, first, last, None, row["GroupName"], row["GrossTotal"], row["NetTotal"]))
    for row in shown["HourlySales"]:
        found.append(Cell(outlet, first, last, row["SaleHour"], None, row["GrossTotal"], row["NetTotal"]))
    return found


def _outlets(rows: list[Body], first: date, last: date) -> list[Cell]:
    # Zero asks for all outlets, so the nameless one's own row can be asked for by nobody.
    return [
        Cell(row["OutletId"], first, last, None, None, row["GrossTotal"], row["NetTotal"])
        for row in rows
        if row["OutletId"] != NOBODY
    ]


async def _running(books: Books, now: datetime) -> AsyncIterator[Cell]:
    """Of the reports whose day is the one that runs."""
    today = await books.ask(sales.get_today_sale, now=now)
    for row in today["DailySale"]["OutletSale"]:
        day = date.fromisoformat(row["SaleDate"][:10])
        for cell in _outlets([row], day, day):
            yield cell
    first = now.date().replace(day=1)
    month = await books.ask(sales.get_sale_by_month, f"month={first.month}", now=now)
    for report, named in ((today, now.date()), (month, first)):
        for cell in _outlets(report["MonthlySale"]["OutletSale"], named.replace(day=1), _end(named)):
            yield cell
        total = report["MonthlySale"]
        yield Cell(NOBODY, named.replace(day=1), _end(named), None, None, total["GrandTotal"], total["NetTotal"])
    for cell in _of_month(await books.ask(sales.get_current_month_sale, now=now), NOBODY, first):
        yield cell


def _end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


async def explained(books: Books, cell: Cell, **query: Any) -> Body:
    """What the endpoint says about a cell, all pages of it; checked to add up."""
    asked = cell.query + "".join(f"&{name}={value}" for name, value in query.items())
    found: Body = await books.ask(explain.get_explanation, asked)
    page = found
    while page["Next"] or page["NextChange"]:
        # A list that is at its end is asked for again, and its last page left out.
        at = f"{asked}&as_of={found['Position']}" if "as_of" not in query else asked
        cursor = f"&after={page['Next'] or '2199-12-31_0_' + NOBODY + '_' + NOBODY + '_0'}"
        following = await books.ask(explain.get_explanation, f"{at}{cursor}&changesAfter={page['NextChange'] or 2**61}")
        assert following["Total"] == found["Total"]
        found["Entries"] += following["Entries"]
        found["Changes"] += following["Changes"]
        page = following
    _adds_up(found, cell)
    return found


def _adds_up(found: Body, cell: Cell) -> None:
    for member in ("Gross", "Net"):
        entries = sum((entry[member] for entry in found["Entries"]), Decimal(0))
        changes = sum((change[member] for change in found["Changes"]), Decimal(0))
        assert found["Total"][member] == entries
        assert found["Now"]["Total"][member] == entries + changes
    for entry in found["Entries"]:
        assert cell.outlet in (NOBODY, entry["OutletId"])
        assert cell.first <= date.fromisoformat(entry["Day"]) <= cell.last
        assert cell.hour in (None, entry["Hour"]) and cell.category in (None, entry["Category"])
        assert all(position <= found["Position"] for position in entry["Positions"])
    positions = [change["Position"] for change in found["Changes"]]
    assert positions == sorted(set(positions))
    assert all(found["Position"] < position <= found["Now"]["Position"] for position in positions)
