"""Random commands, retries, duplicates, reorderings and amendments over several orders and tills, on real PostgreSQL:
after each, every answer and every read model equals a plain oracle's; at the end, equals a rebuild from position 0.

`HYPOTHESIS_PROFILE=large` looks much further.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger import database
from projections import filling
from projections.rebuild import rebuild
from projections.window import Window
from tests.property import bodies, expected
from tests.property.oracle import DUPLICATE, NEW, REFUSED, Body, Oracle, same
from tests.property.world import Ask, World

T = TypeVar("T")
LARGE = os.environ.get("HYPOTHESIS_PROFILE") == "large"
PROFILE = settings(
    max_examples=400 if LARGE else 30,
    stateful_step_count=60 if LARGE else 25,
    # Making a failure small takes minutes.
    phases=[Phase.generate, *([Phase.shrink] if LARGE else [])],
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
STATUSES = st.sampled_from([0, 3, 10, 13, 13, 14, 15, 20])
KEYS = bodies.mostly(None, "k1", "k2")
# A day of business; everything was recorded today.
DAY = Window(datetime(2021, 11, 22, 23, tzinfo=UTC), datetime(2021, 11, 23, 23, tzinfo=UTC))


class Till(RuleBasedStateMachine):
    """Whatever tills, web shops, integrators and Swish may do."""

    world: World
    loop: asyncio.AbstractEventLoop

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs async code on the test's thread."""
        return self.loop.run_until_complete(coroutine)

    @initialize()
    def a_new_business(self) -> None:
        """A tenant of its own, whose categories are known."""
        self.oracle = Oracle(bodies.MOMENTS)
        self.asked: list[Ask] = []
        self.keys: dict[tuple[str, str], str] = {}
        self.run(self.world.begin())
        categories = [{"CategoryId": number, "Category": name} for number, name in bodies.CATEGORIES.items()]
        line = {"Id": bodies.guid("2", 9), "ItemId": bodies.guid("1", 9), "Quantity": 1}
        lines = [{**line, "Product": product} for product in categories]
        teaching = {"Id": bodies.guid("9", 9), "Status": 14, "OrderLines": lines, "CreationDate": "2021-11-23T10:00:00"}
        assert self.run(self.world.ask(Ask("PostOrder", teaching))) == NEW

    def ask(self, ask: Ask, respell: bool = False) -> None:
        """Both are asked, and must say the same."""
        version = None
        if ask.stale:
            order = self.run(self.world.order(ask.body["Id"]))
            version = order["Version"] - 1 if order else 7
        expected_answer = self.answer(ask)
        self.asked.append(ask)
        assert self.run(self.world.ask(ask, respell=respell, version=version)) == expected_answer, ask

    def answer(self, ask: Ask) -> str:
        """The oracle's answer, an Idempotency-Key minded."""
        if ask.key is None:
            return self.answer_to(ask)
        before = self.keys.get((ask.endpoint, ask.key))
        if before is not None:
            return DUPLICATE if before == same(ask.body) else REFUSED
        found = self.answer_to(ask)
        if found != REFUSED:
            self.keys[ask.endpoint, ask.key] = same(ask.body)
        return found

    def answer_to(self, ask: Ask) -> str:
        """The oracle's answer."""
        oracle, body = self.oracle, ask.body
        match ask.endpoint:
            case "PostOpenOrder" | "PostOrder" | "PostOnlineOrder":
                draft_only, online = ask.endpoint == "PostOpenOrder", ask.endpoint == "PostOnlineOrder"
                return oracle.post_order(body, draft_only=draft_only, online=online, stale=ask.stale)
            case "UpdateOrderStatus":
                return oracle.set_status(*body)
            case "PostOrderExternalInformation" | "PostReturnOrderExternalInformation":
                return oracle.assign(body["Id"], body["ExternalID"], "Return" in ask.endpoint)
            case "UpdateInviceGeneratedOpenOrder":
                return oracle.mark_synced([one["Id"] for one in body], body[0]["ExternalID"])
            case "PostCustomerInvoice":
                return oracle.post_invoice(body)
            case "Order/PostCashDrawerLog" | "CashDrawerLog/PostCashDrawerLog":
                return oracle.post_drawer(body, ask.endpoint.startswith("Order/"))
        return oracle.post_swish(body.get("SwishId") or body["id"], body)

    @rule(body=bodies.orders(), endpoint=st.sampled_from(["PostOpenOrder", "PostOrder", "PostOrder"]), key=KEYS)
    def a_till_posts_an_order(self, body: Body, endpoint: str, key: str | None) -> None:
        self.ask(Ask(endpoint, body, key))

    @rule(body=bodies.orders(online=True), key=KEYS)
    def a_web_shop_posts_an_order(self, body: Body, key: str | None) -> None:
        self.ask(Ask("PostOnlineOrder", body, key))

    @rule(body=bodies.orders(), endpoint=st.sampled_from(["PostOpenOrder", "PostOrder"]))
    def a_till_changes_what_has_changed_meanwhile(self, body: Body, endpoint: str) -> None:
        self.ask(Ask(endpoint, body, stale=True))

    @rule(id_=st.sampled_from(bodies.ORDERS), status=STATUSES)
    def somebody_moves_an_order(self, id_: str, status: int) -> None:
        self.ask(Ask("UpdateOrderStatus", (id_, status)))

    @rule(id_=st.sampled_from(bodies.ORDERS), reference=bodies.mostly("V-1", "V-2", ""), of_return=st.booleans())
    def an_integrator_gives_a_reference(self, id_: str, reference: str, of_return: bool) -> None:
        endpoint = "PostReturnOrderExternalInformation" if of_return else "PostOrderExternalInformation"
        self.ask(Ask(endpoint, {"Id": id_, "ExternalID": reference}))

    @rule(
        ids=st.lists(st.sampled_from(bodies.ORDERS), unique=True, min_size=1, max_size=2),
        reference=st.sampled_from([None, "B-1"]),
    )
    def the_bookkeeping_takes_invoices(self, ids: list[str], reference: str | None) -> None:
        self.ask(Ask("UpdateInviceGeneratedOpenOrder", [{"Id": id_, "ExternalID": reference} for id_ in ids]))

    @rule(body=bodies.invoices, key=KEYS)
    def an_invoice_is_saved(self, body: Body, key: str | None) -> None:
        self.ask(Ask("PostCustomerInvoice", body, key))

    @rule(body=bodies.drawer_entries, room=st.sampled_from(["Order", "CashDrawerLog"]))
    def a_drawer_is_opened(self, body: Body, room: str) -> None:
        self.ask(Ask(f"{room}/PostCashDrawerLog", body))

    @rule(said=st.one_of(bodies.callbacks(), bodies.callbacks(), bodies.swish_records(), bodies.refunds()))
    def swish_is_heard_of(self, said: tuple[str, Body]) -> None:
        self.ask(Ask("PostSwishOnlinePayment", said[1]))

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), respell=st.booleans())
    def a_client_asks_again(self, data: st.DataObject, respell: bool) -> None:
        self.ask(data.draw(st.sampled_from(self.asked)), respell)

    @rule(body=bodies.orders())
    def two_tills_post_the_same_at_the_same_instant(self, body: Body) -> None:
        answers = sorted(self.answer(Ask("PostOrder", body)) for _ in range(2))

        async def both() -> list[str]:
            return sorted(await asyncio.gather(*(self.world.ask(Ask("PostOrder", body)) for _ in range(2))))

        assert self.run(both()) == answers

    @invariant()
    def everything_shown_is_what_was_said(self) -> None:
        """Every read model against the oracle."""
        self.run(self.world.catch_up())
        self.run(self.orders_match())
        self.run(self.lists_match())
        self.run(self.documents_match())
        self.run(self.totals_match())

    async def orders_match(self) -> None:
        for id_ in bodies.ORDERS:
            found = await self.world.order(id_)
            assert (found is not None) == (id_ in self.oracle.orders), id_
            if found is not None:
                assert shown(found) == self.oracle.shown(id_) | {"Swish": self.oracle.shown(id_)["Swish"]}, id_

    async def lists_match(self) -> None:
        for which in ("open", "sales", "nameless", "returns", "invoice generated"):
            wanted = expected.listed(self.oracle, which)
            everything = [order["Id"] for order in await self.world.orders(which, "", Window())]
            assert sorted(everything) == sorted(wanted), which
            times = [expected.business_time(self.oracle, id_) for id_ in everything]
            assert times == sorted(times), f"{which}: oldest first"
            of_day = {id_ for id_ in wanted if is_on_the_day(expected.business_time(self.oracle, id_))}
            assert {order["Id"] for order in await self.world.orders(which, "", DAY)} == of_day, which
        for which, customer in ((which, one) for which in ("online", "basket") for one in bodies.CUSTOMERS):
            listed = expected.listed(self.oracle, which)
            wanted = {id_ for id_ in listed if self.oracle.shown(id_)["CustomerId"] == customer}
            orders = [order["Id"] for order in await self.world.orders(which, customer, Window())]
            created = {id_: bodies.MOMENTS[self.oracle.orders[id_]["document"]["CreationDate"]] for id_ in wanted}
            if which == "online":
                assert sorted(orders) == sorted(wanted) and [*map(created.get, orders)] == sorted(created.values())
            else:
                assert [created[id_] for id_ in orders] == [max(created.values())] if wanted else not orders

    async def documents_match(self) -> None:
        found = {one["Id"]: (one["InvoiceTotal"], one["OrdersGuid"]) for one in await self.world.invoices()}
        assert found == {id_: (one["InvoiceTotal"], one["OrdersGuid"]) for id_, one in self.oracle.invoices.items()}
        entries = {one["Id"]: (one["Amount"], one["OrderId"]) for one in await self.world.drawer(Window())}
        assert entries == {id_: (one["Amount"], one["OrderId"]) for id_, one in self.oracle.drawer.items()}
        for till in bodies.TILLS:
            at_till = {one["Id"] for one in await self.world.drawer(Window(terminal=UUID(till)))}
            assert at_till == {id_ for id_, one in self.oracle.drawer.items() if self.terminal_of(one) == till}
        payments = {one["SwishId"]: one for one in await self.world.swish()}
        assert {id_: (one["Status"], one["OrderId"], sorted(one["Flags"])) for id_, one in payments.items()} == {
            id_: (one["status"], one["order"] or bodies.NOBODY, sorted(one["flags"]))
            for id_, one in self.oracle.swish.items()
        }

    def terminal_of(self, entry: Body) -> str | None:
        """CashDrawer.TerminalId, else that of its order."""
        own = (entry["CashDrawer"] or {}).get("TerminalId", bodies.NOBODY)
        order = self.oracle.orders.get(entry["OrderId"])
        return own if own != bodies.NOBODY else order["document"]["TerminalId"] if order else None

    async def totals_match(self) -> None:
        levels = {(one["ProductId"], one["OutletId"]): one["Quantity"] for one in await self.world.stock()}
        assert {key: Decimal(n) for key, n in levels.items() if n} == expected.stock(self.oracle)
        everything = expected.sales(self.oracle, bodies.DAY_STARTS, bodies.CATEGORIES)
        found: dict[str, dict[Any, expected.Amounts]] = {kind: {} for kind in everything}
        for month in bodies.MONTHS:
            totals = await self.world.sales(month)
            groups: dict[str, Sequence[Any]] = {
                "category": totals.categories,
                "day": totals.days,
                "hour": totals.hours,
                "outlet": totals.outlets,
            }
            for kind, rows in groups.items():
                for key, gross, net in [(str(row[0]) if kind == "outlet" else row[0], *row[-2:]) for row in rows]:
                    before = found[kind].get(key, (Decimal(0), Decimal(0)))
                    found[kind][key] = before[0] + gross, before[1] + net
        assert found == everything


def is_on_the_day(at: datetime) -> bool:
    """Whether a wall clock's time lies in `DAY`, whose end belongs to it."""
    return datetime(2021, 11, 23) < at <= datetime(2021, 11, 24)


def shown(order: Body) -> Body:
    """What the oracle knows of an order, as the ledger shows it."""
    payments = [(Decimal(one["PaidAmount"]), one["PaymentRef"] or "") for one in order["Payments"]]
    lines = [(one["Id"], Decimal(one["Quantity"])) for one in order["OrderLines"]]
    names = ("InvoiceNumber", "IsOnlineOrder", "Type", "Status", "PaymentStatus", "OrderIntID", "CustomerInvoiceId")
    return {
        **{name: order[name] for name in (*names, "IsVismaInvoiceGenerated")},
        "OrderTotal": Decimal(order["OrderTotal"]), "ExternalID": order["ExternalID"] or "",
        "OrderNoOfDay": order["OrderNoOfDay"] or "",
        "CustomerId": None if order["CustomerId"] == bodies.NOBODY else order["CustomerId"],
        "Payments": sorted(payments), "OrderLines": sorted(lines),
        "Swish": order["SwishPayment"] and order["SwishPayment"]["SwishPaymentStatus"],
    }  # fmt: skip


def test_everything_shown_is_what_was_said(dsn: str) -> None:
    loop = asyncio.new_event_loop()
    pool = loop.run_until_complete(database.open_pool(dsn))
    world = World(pool)
    machine = type("Machine", (Till,), {"world": world, "loop": loop})
    try:
        run_state_machine_as_test(machine, settings=PROFILE)
        loop.run_until_complete(world.histories_end_where_read_models_stand())
        loop.run_until_complete(a_rebuild_changes_nothing(world))
    finally:
        loop.run_until_complete(world.writer.close())
        loop.run_until_complete(pool.close())
        loop.close()


async def a_rebuild_changes_nothing(world: World) -> None:
    """Every row of every read model of all examples, before and after a rebuild from position 0."""
    async with world.pool.acquire() as connection:
        await connection.execute("SET ROLE NONE")  # a superuser sees over the wall between tenants
        before = await world.rows(connection)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(filling, "EVENTS_AT_ONCE", 101)  # many an order goes on in another page
            await rebuild(world.pool, world.vault)
        after = await world.rows(connection)
    assert sum(map(len, before.values())) > 100
    for table, rows in before.items():
        assert rows == after[table], table
