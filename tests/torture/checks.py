"""Afterwards: the log holds every acknowledged command exactly once, and every total is what the tills' oracle says."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode

import asyncpg

from ledger.database import queries
from tests.property import expected
from tests.torture.documents import MONTH, OUTLETS
from tests.torture.tills import Till
from tests.torture.wire import Answer, Cut, Request, send

_SQL = queries("tests/torture/queries.sql")
ORE = Decimal("0.01")
NOBODY = "00000000-0000-0000-0000-000000000000"


async def check_log(dsn: str, tills: Sequence[Till]) -> int:
    """Positions have no hole; each acknowledged command is one append, where its answer says. Gives the last one."""
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch(_SQL["log"])
    await connection.close()
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1)), "positions have a hole"
    appended: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if row["correlation"].startswith("till-"):
            appended[row["correlation"]].append(row)
    told = {name: one for till in tills for name, one in till.told.items()}
    assert appended.keys() == told.keys(), f"lost or unasked: {sorted(appended.keys() ^ told.keys())[:5]}"
    for name, events in appended.items():
        positions = [event["position"] for event in events]
        assert positions == list(range(positions[0], positions[0] + len(positions))), f"{name} twice: {positions}"
        assert len({event["recorded_at"] for event in events}) == 1, f"{name} is more than one append: {positions}"
        assert told[name].position == positions[-1], f"{name}: {told[name]} is not at {positions}"
    return len(rows)


class Books:
    """What the server shows, once its read models have come to `position`."""

    def __init__(self, url: str, position: int) -> None:
        self._url, self._position = url, position

    async def check(self, tills: Sequence[Till]) -> None:
        """Every list and every total."""
        await self._sales(tills)
        await self._stock(tills)
        await self._queues(tills)
        await self._drawer(tills)
        await self._numbers(tills)

    async def _sales(self, tills: Sequence[Till]) -> None:
        for outlet in (*OUTLETS, NOBODY):
            exact: dict[str, dict[Any, Decimal]] = {kind: defaultdict(Decimal) for kind in ("category", "day", "hour")}
            for till in tills:
                for kind, keys in _of_outlet(till, outlet).items():
                    for key, gross in keys.items():
                        exact[kind][key] += gross
            found = await self.get("/api/Sale/GetMonthalySale", outletId=outlet, year=MONTH.year, month=MONTH.month)
            shown = {
                "category": {row["GroupName"]: row["GrossTotal"] for row in found["Categories"]},
                "day": {row["SaleDay"]: row["GrossTotal"] for row in found["DailySales"]},
                "hour": {row["SaleHour"]: row["GrossTotal"] for row in found["HourlySales"]},
            }
            for kind, totals in exact.items():
                assert _rounded(shown[kind]) == _rounded(totals), (outlet, kind)

    async def _stock(self, tills: Sequence[Till]) -> None:
        wanted: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for key, quantity in itertools.chain.from_iterable(expected.stock(till.oracle).items() for till in tills):
            wanted[key] += quantity
        levels = await self.get("/v1/stock")
        found = {(level["ProductId"], level["OutletId"]): Decimal(level["Quantity"]) for level in levels}
        assert _some(found) == _some(wanted)

    async def _queues(self, tills: Sequence[Till]) -> None:
        for which, name in (
            ("open", "GetOpenOrder"),
            ("sales", "GetOrdersWithoutExternalID"),
            ("returns", "GetReturnOrdersWithoutExternalID"),
        ):
            wanted = sorted(id_ for till in tills for id_ in expected.listed(till.oracle, which))
            found = sorted([order["Id"] async for order in self._pages(f"/api/Order/{name}")])
            assert found == wanted, which

    async def _drawer(self, tills: Sequence[Till]) -> None:
        wanted = {entry["Id"]: entry["Amount"] for till in tills for entry in till.oracle.drawer.values()}
        entries = [entry async for entry in self._pages("/api/CashDrawerLog/GetCashDrawerLog")]
        assert {entry["Id"]: Decimal(entry["Amount"]) for entry in entries} == wanted
        assert len(entries) == len(wanted)

    async def _numbers(self, tills: Sequence[Till]) -> None:
        """Drawn numbers have no hole and no twin: 1, 2, 3 …, of the tenant and of each day."""
        of_day: dict[str, list[int]] = defaultdict(list)
        drawn, wanted = [], 0
        for till in tills:
            history = await self.get(f"/api/Order/GetOrdersHistory/{till.documents.customer}")
            assert {order["Id"] for order in history} == expected.listed(till.oracle, "online")
            wanted += len(history)
            for order in history:
                drawn.append(order["OrderIntID"])
                day, _, number = order["OrderNoOfDay"].partition("-")
                of_day[day].append(int(number))
        assert sorted(drawn) == list(range(1, wanted + 1))
        for day, numbers in of_day.items():
            assert sorted(numbers) == list(range(1, len(numbers) + 1)), day

    async def _pages(self, path: str) -> Any:
        for page in itertools.count():
            found = await self.get(path, PageNo=page, PageSize=2000)
            for one in found:
                yield one
            if not found:
                return

    async def get(self, path: str, **query: Any) -> Any:
        """An answer that reflects everything; the read models may still be on their way there."""
        request = Request("GET", f"{path}?{urlencode(query)}", b"", "check")
        for _ in range(600):
            answer = await self._ask(request)
            if answer is not None and answer.status == 200 and int(answer.headers["ledger-position"]) >= self._position:
                return answer.json
            assert answer is None or answer.status in (200, 503), answer
            await asyncio.sleep(0.1)
        raise AssertionError(f"{path} never gets to {self._position}: {answer}")

    async def _ask(self, request: Request) -> Answer | None:
        try:
            return await send(self._url, request)
        except Cut:
            return None


def _of_outlet(till: Till, outlet: str) -> dict[str, dict[Any, Decimal]]:
    """Exact gross of one till at one outlet, or at all, by category, day of the month and hour."""
    orders = till.oracle.orders
    if outlet != NOBODY:
        till.oracle.orders = {id_: one for id_, one in orders.items() if one["document"]["OutletId"] == outlet}
    found = expected.sales(till.oracle, dict.fromkeys(OUTLETS, 0), {})
    till.oracle.orders = orders
    return {
        "category": {name: amounts[0] for name, amounts in found["category"].items()},
        "day": {day.day: amounts[0] for day, amounts in found["day"].items()},
        "hour": {hour: amounts[0] for hour, amounts in found["hour"].items()},
    }


def _rounded(totals: dict[Any, Decimal]) -> dict[Any, Decimal]:
    return _some({key: Decimal(total).quantize(ORE, ROUND_HALF_UP) for key, total in totals.items()})


def _some(totals: dict[Any, Decimal]) -> dict[Any, Decimal]:
    return {key: total for key, total in totals.items() if total}


def summary(tills: Iterable[Till]) -> str:
    """How much was done."""
    tills = list(tills)
    return f"{sum(len(till.told) for till in tills)} acknowledged, {sum(till.retries for till in tills)} retries"
