"""The sales that the books have beside those that the server tells, by day, hour, category, month and outlet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable
from datetime import date, datetime

from api.simulate import answers
from api.simulate.asking import Reader, all_of
from api.simulate.books import Books, Sum
from api.simulate.comparing import Compared, Told, add, compared, rounded
from api.simulate.sums import ZERO
from api.simulate.town import Town

_SALE = "/api/Sale"


class Sales:
    """All that is asked about the sales of one town."""

    def __init__(self, reader: Reader, town: Town, books: Books) -> None:
        self._reader, self._books = reader, books
        self._names = {outlet.id: outlet.name for outlet in town.outlets}
        self._days = sorted({(outlet, day) for outlet, day, _, _ in books.sales})

    def parts(self) -> dict[str, Callable[[], Awaitable[Compared]]]:
        """What is compared, by the name of the answer."""
        return {
            "GetOutlets": self._outlets, "GetDailySale": self._by_day, "GetHourlySale": self._by_hour,
            "GetMonthalySale": self._by_month, "GetTodaySale": self._today,
        }  # fmt: skip

    async def _outlets(self) -> Compared:
        found = await self._reader.get(f"{_SALE}/GetOutlets", list[answers.Outlet])
        told: Told = {outlet.Id: outlet.Name for outlet in found if outlet.Id in self._names}
        wanted: Told = dict(self._names.items())
        return compared("GetOutlets", wanted, told)

    async def _by_day(self) -> Compared:
        async def ask(outlet: str, day: date) -> Told:
            answer = await self._reader.get(f"{_SALE}/GetDailySale", answers.CategorySale, outletId=outlet, dt=day)
            return self._told(outlet, str(day), answer)

        wanted = self._wanted(lambda day: str(day), by_day=False)
        return compared("GetDailySale", wanted, await all_of(ask(*one) for one in self._days))

    async def _by_hour(self) -> Compared:
        async def ask(outlet: str, day: date) -> Told:
            when = {"outletId": outlet, "year": day.year, "month": day.month, "day": day.day}
            answer = await self._reader.get(f"{_SALE}/GetHourlySale", list[answers.SaleDetail], **when)
            return {(self._names[outlet], str(day), one.GroupName): _amounts(one) for one in answer}

        sums: defaultdict[Hashable, Sum] = defaultdict(Sum)
        for (outlet, day, hour, _), sum_ in self._books.sales.items():
            add(sums[self._names[outlet], str(day), f"{hour}.00"], sum_)
        return compared("GetHourlySale", rounded(sums), await all_of(ask(*one) for one in self._days))

    async def _by_month(self) -> Compared:
        async def ask(outlet: str, month: str) -> Told:
            when = {"outletId": outlet, "year": month[:4], "month": int(month[5:])}
            answer = await self._reader.get(f"{_SALE}/GetMonthalySale", answers.CategorySale, **when)
            return self._told(outlet, month, answer)

        months = sorted({(outlet, str(day)[:7]) for outlet, day in self._days})
        wanted = self._wanted(lambda day: str(day)[:7], by_day=True)
        return compared("GetMonthalySale", wanted, await all_of(ask(*one) for one in months))

    async def _today(self) -> Compared:
        """Which day runs, the server says; it must tell what the books have of that day and of its month."""
        answer = await self._reader.get(f"{_SALE}/GetTodaySale", answers.Dashboard)
        told: Told = {}
        sums: defaultdict[Hashable, Sum] = defaultdict(Sum)
        for period, form in ((answer.DailySale, "%d %B %Y"), (answer.MonthlySale, "%B %Y")):
            when = datetime.strptime(period.Description, form).date()
            for one in period.OutletSale:
                if one.OutletId in self._names:
                    told[self._names[one.OutletId], form, when] = _amounts(one)
            for (outlet, day, _, _), sum_ in self._books.sales.items():
                if day == when or (form == "%B %Y" and day.replace(day=1) == when):
                    add(sums[self._names[outlet], form, when], sum_)
        return compared("GetTodaySale", rounded(sums), told)

    def _wanted(self, period: Callable[[date], str], *, by_day: bool) -> Told:
        """Totals and groups of every day or month."""
        totals: dict[Hashable, Sum] = {}
        sums: defaultdict[Hashable, Sum] = defaultdict(Sum)
        for (outlet, day, hour, category), sum_ in self._books.sales.items():
            name, when = self._names[outlet], period(day)
            add(totals.setdefault((name, when, "total"), Sum(lines=1)), sum_)
            add(sums[name, when, "category", category], sum_)
            add(sums[name, when, "hour", hour], sum_)
            if by_day:
                add(sums[name, when, "day", day.day], sum_)
                add(sums[name, when, "outlet"], sum_)
        return rounded(totals) | rounded(sums)

    def _told(self, outlet: str, when: str, answer: answers.CategorySale) -> Told:
        name = self._names[outlet]
        told: Told = {(name, when, "total"): (answer.GrandTotal or ZERO, answer.NetTotal or ZERO)}
        told |= {(name, when, "category", one.GroupName): _amounts(one) for one in answer.Categories}
        told |= {(name, when, "hour", one.SaleHour): _amounts(one) for one in answer.HourlySales}
        told |= {(name, when, "day", one.SaleDay): _amounts(one) for one in answer.DailySales}
        return told | {(self._names[one.OutletId], when, "outlet"): _amounts(one) for one in answer.OutletSales}


def _amounts(one: answers.SaleDetail | answers.OutletSale) -> tuple[object, object]:
    return one.GrossTotal, one.NetTotal
