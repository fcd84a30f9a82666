"""No row crosses: a walk over every route with two tenants' credentials, each with data in every read model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from api.app import ROUTES
from api.problems import Kind
from ledger.commands import SetOutlet
from ledger.writer import Context, Writer
from tests.acceptance.bodies import (
    a_callback,
    a_customer,
    a_drawer_event,
    a_line,
    a_payment,
    a_product,
    a_receipt,
    a_return,
    a_swish_record,
    a_web_order,
    a_z_report,
    an_invoice,
    an_order,
    new_id,
    swish_id,
)
from tests.acceptance.server import Json, Server
from tests.acceptance.shops import Shop, Shops

STOCKHOLM = ZoneInfo("Europe/Stockholm")
READS = [route.path for route in ROUTES if route.kind is Kind.QUERY and route.roles]
# What is about the server, or the log as a whole: it goes on by itself, and holds no document.
GOING_ON = ("/metrics", "/v1/log/")
SWISH = "SwishOnlinePayment/PostSwishOnlinePayment"
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9A-F]{32}")
_AMOUNT = re.compile(r"\d{3,}\.\d{2}")


class Tenant(NamedTuple):
    """A shop with data in every read model. `marks` are what only it knows: its ids, names and amounts."""

    shop: Shop
    admin: Server
    bodies: dict[str, Json]
    marks: set[str]


def now() -> str:
    return datetime.now(UTC).isoformat()


def documents(word: str, price: float) -> dict[str, Json]:
    """One of each, all about `word` and multiples of `price`."""
    outlet, till, customer = new_id(), new_id(), new_id()
    product = a_product(Description=f"{word} latte", Category=f"{word} drycker", CategoryId=len(word) + 900)
    own: Json = {
        "OutletId": outlet, "Outlet": {"Id": outlet, "Name": f"{word} outlet"}, "TerminalId": till,
        "CreationDate": now(), "OrderTotal": 2 * price, "OrderComments": f"{word} comment",
    }  # fmt: skip

    def sold(**changes: Any) -> Json:
        paid = {"Payments": [a_payment(PaidAmount=2 * price, PaymentRef=f"{word} ref", DeviceTotal=price)]}
        receipts = {"Receipts": [a_receipt(ControlUnitName=f"{word} unit", GrossAmount=2 * price)]}
        line = {"OrderLines": [a_line(Product=product, ItemId=product["Id"], UnitPrice=price)]}
        return {**an_order(**own, **paid, **receipts, **line, InvoiceDate=now()), **changes}

    buyer = {"CustomerId": customer, "Customer": a_customer(Id=customer, Name=f"{word} customer", Email=f"{word}@x.se")}
    invoiced, order = sold(**buyer), sold()
    return {
        "Order/PostOrder": order,
        "Order/PostOrder 2": invoiced,
        "Order/PostOrder 3": a_return(**own, InvoiceDate=now()),
        "Order/PostOpenOrder": sold(Status=3, Payments=None, Receipts=None, Id=new_id()),
        "Order/PostOnlineOrder": a_web_order(**own, **buyer),
        "Order/PostOnlineOrder 2": sold(**buyer, IsOnlineOrder=True, Id=new_id()),
        "Order/PostCustomerInvoice": an_invoice(
            invoiced, CustomerId=customer, CustomerName=f"{word} AB", InvoiceTotal=2 * price, CreationDate=now(),
            TerminalId=till, OutletId=outlet, Remarks=f"{word} remark", InvoiceNumber=int(price * 100),
        ),
        "Order/PostReports": a_z_report(TerminalId=till, ActivityDate=now(), AppVersion=f"{word} 4.7"),
        "Order/PostCashDrawerLog": a_drawer_event(Amount=round(3 * price, 2), ActivityDate=now()),
        "CashDrawerLog/PostCashDrawerLog": a_drawer_event(
            CashDrawer={"Id": new_id(), "Name": f"{word} drawer", "TerminalId": till}, ActivityDate=now()
        ),
        SWISH: a_swish_record(order, SwishResponse=f"{word} response"),
        f"{SWISH} 2": a_callback(order, message=f"{word} message", amount=round(5 * price, 2)),
    }  # fmt: skip


def leaves(value: Any) -> Iterator[str]:
    """Every text and number in a document."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif value is not None:
        yield str(value)


def marks_of(word: str, price: float, bodies: dict[str, Json]) -> set[str]:
    """What a tenant's documents hold that no other's do."""
    texts = set(leaves(list(bodies.values())))
    ids = {found for text in texts for found in _GUID.findall(text) if set(found) != set("0-")}
    return {word, *ids, *(f"{times * price:.2f}" for times in (1, 2, 3, 5))}


async def filled(shops: Shops, shop: Shop, word: str, price: float) -> Tenant:
    """A shop that has sold, and whose read models show it."""
    admin, bodies = shops.client(shop.keys["admin"]), documents(word, price)
    writer = Writer(shops.pool, shops.vault)
    outlet = SetOutlet(outlet_id=uuid4(), name=f"{word} café", zone="Europe/Helsinki", day_starts=5)
    await writer.submit(shop.tenant, outlet, Context(actor="test"))
    await writer.close()
    for path, body in bodies.items():
        admin.post(path.partition(" ")[0], body)
    marks = marks_of(word, price, bodies) | {str(outlet.outlet_id), shop.tenant.name}
    return Tenant(shop, admin, bodies, marks - {"6a1f3c1e-8a55-4b6f-9d0c-0b8c6d0f1a01"})


@pytest.fixture(scope="module")
async def both(two_shops: Shops) -> tuple[Tenant, Tenant]:
    """A bakery and a florist, who know nothing of each other."""
    bakery = await filled(two_shops, two_shops.first, "Bakery", 7351.17)
    florist = await filled(two_shops, two_shops.second, "Florist", 4289.63)
    for tenant in (bakery, florist):  # totals, which stand in no document
        heard = answers(tenant, tenant.bodies["Order/PostOrder"]["OutletId"])
        tenant.marks.update(found for _, text in heard.values() for found in _AMOUNT.findall(text))
    common = bakery.marks & florist.marks
    assert all(_AMOUNT.fullmatch(mark) and float(mark) < 4000 for mark in common), common
    return bakery._replace(marks=bakery.marks - common), florist._replace(marks=florist.marks - common)


def asked(id_: str) -> list[str]:
    """Every read, about this id wherever a read takes one."""
    today = datetime.now(STOCKHOLM).date()  # the shops' day
    wide = "LastExecutedDate=2020-01-01&PageSize=5000"
    day = f"outletId={id_}&year={today.year}&month={today.month}&day={today.day}&dt={today}"
    extra = f"{wide}&all=true&{day}&productId=&orderId="
    plain = [f"{re.sub(r'{[a-zA-Z]+}', id_, path)}?{extra}" for path in READS]
    narrow = [f"/v1/stock?productId={id_}", f"/v1/swish?orderId={id_}", f"/v1/reports?terminalId={id_}"]
    narrow += [f"/v1/sales/explain?outletId={id_}&from={today - timedelta(1)}&to={today + timedelta(1)}"]
    return [*plain, *narrow, *(f"{path}?{wide}&TerminalId={id_}" for path in READS if "{" not in path)]


def answers(tenant: Tenant, id_: str) -> dict[str, tuple[int, str]]:
    """What a tenant hears to every question about an id; the id itself, which it has named, is taken out."""
    named = re.compile(f"{UUID(id_)}|{UUID(id_).hex}", re.IGNORECASE)
    found = {}
    for url in asked(id_):
        headers = {"Ledger-Min-Position": str(tenant.admin.position), "X-Correlation-ID": "walk"}
        answer = tenant.admin.client.get(url, headers=headers)
        text = f"{answer.headers} {answer.text}"
        found[url.replace(id_, "ID")] = (answer.status_code, named.sub("ID", text))
    return found


def standing(found: dict[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """The answers that stay the same while nobody writes, without what tells when they were sent, and of what."""
    return {
        url: (status, re.sub(r"'(date|content-length|etag)': '[^']+'", "", text))
        for url, (status, text) in found.items()
        if not url.startswith(GOING_ON)
    }


def test_each_sees_its_own(both: tuple[Tenant, Tenant]) -> None:
    """Or the rest of this file would prove nothing."""
    for tenant in both:
        order = tenant.bodies["Order/PostOrder"]
        ids = [order["Id"], tenant.bodies["Order/PostOnlineOrder"]["CustomerId"], order["OutletId"]]
        ids += [tenant.bodies[path]["Id"] for path in ("Order/PostCustomerInvoice", "Order/PostCashDrawerLog")]
        ids += [tenant.bodies[SWISH]["SwishId"]]
        heard = [item for id_ in ids for item in answers(tenant, id_).items()]
        for path in (re.sub(r"{[a-zA-Z]+}", "ID", path) for path in READS if not path.startswith(GOING_ON)):
            texts = [text for url, (_, text) in heard if url.partition("?")[0] == path]
            assert any(mark in text for text in texts for mark in tenant.marks), path


def test_nobody_sees_anything_of_the_other(both: tuple[Tenant, Tenant]) -> None:
    for own, other in (both, both[::-1]):
        unknown = standing(answers(own, new_id()))
        customer = other.bodies["Order/PostOnlineOrder"]["CustomerId"]
        ids = [
            other.bodies[path]["Id"] for path in other.bodies if "callback" not in path and "Id" in other.bodies[path]
        ]
        for id_ in [*ids, customer, other.bodies[SWISH]["SwishId"], other.bodies["Order/PostOrder"]["OutletId"],
                    other.bodies["Order/PostOrder"]["TerminalId"],
                    other.bodies["Order/PostOrder"]["OrderLines"][0]["ItemId"]]:  # fmt: skip
            found = answers(own, id_)
            assert standing(found) == unknown, "an id of another tenant is as unknown as any"
            leaked = {mark for _, text in found.values() for mark in other.marks if mark in text}
            assert leaked == set()


def commands_on(other: Tenant) -> list[tuple[str, str, Any]]:
    """Every way to lay hands on what is another tenant's."""
    order, returned = other.bodies["Order/PostOrder"], other.bodies["Order/PostOrder 3"]
    draft, invoice = other.bodies["Order/PostOpenOrder"], other.bodies["Order/PostCustomerInvoice"]
    reference = {"ExternalID": "taken", "FnResponse": "taken"}
    own = a_swish_record(order)
    return [
        *(("GET", f"/api/Order/UpdateOrderStatus/{id_['Id']}/14", None) for id_ in (order, draft, returned)),
        ("POST", "/api/Order/PostOrderExternalInformation", reference | {"Id": order["Id"]}),
        ("POST", "/api/Order/PostReturnOrderExternalInformation", reference | {"Id": returned["Id"]}),
        ("POST", "/api/Order/UpdateInviceGeneratedOpenOrder", [reference | {"Id": order["Id"]}]),
        ("POST", "/api/Order/PostCustomerInvoice", an_invoice(order, draft)),
        ("POST", "/api/Order/PostCustomerInvoice", invoice | {"OrdersGuid": [], "CustomerName": "taken"}),
        ("POST", "/api/Order/PostOrder", order | {"OrderTotal": 1, "Payments": [], "Receipts": []}),
        ("POST", "/api/Order/PostOpenOrder", draft | {"OrderTotal": 1, "OrderLines": []}),
        ("POST", "/api/Order/PostOnlineOrder", other.bodies["Order/PostOnlineOrder"] | {"OrderTotal": 1}),
        ("POST", "/api/Order/PostReports", other.bodies["Order/PostReports"] | {"AppVersion": "taken"}),
        ("POST", "/api/Order/PostCashDrawerLog", other.bodies["Order/PostCashDrawerLog"] | {"Amount": 1}),
        ("POST", "/api/CashDrawerLog/PostCashDrawerLog", other.bodies["Order/PostCashDrawerLog"] | {"Amount": 1}),
        ("POST", f"/api/{SWISH}", own),
        ("POST", f"/api/{SWISH}", other.bodies[SWISH] | {"SwishResponse": "taken"}),
        ("POST", f"/api/{SWISH}", a_callback(order, id=swish_id())),
    ]


@pytest.mark.parametrize("way", [0, 1])
async def test_a_command_on_what_is_the_others_changes_nothing_there(
    two_shops: Shops, both: tuple[Tenant, Tenant], way: int
) -> None:
    own, other = both[way], both[1 - way]
    id_ = other.bodies["Order/PostOrder"]["Id"]
    head = "SELECT head FROM ledger.heads() WHERE tenant_id = $1"
    tenant_id = other.shop.tenant.tenant_id
    before, position = standing(answers(other, id_)), await two_shops.pool.fetchval(head, tenant_id)
    for method, path, body in commands_on(other):
        answer = own.admin.send(method, path, body)
        assert answer.status_code in {200, 417}, answer.text
        if method == "GET" or "Information" in path or "Update" in path:
            assert answer.status_code == 417, "the order is unknown here"
        named = set(leaves(body)) | {path}
        leaked = {mark for mark in other.marks if mark in answer.text and not any(mark in text for text in named)}
        assert leaked == set(), answer.text
    assert await two_shops.pool.fetchval(head, tenant_id) == position
    assert standing(answers(other, id_)) == before


async def test_each_event_says_which_credential_wrote_it(two_shops: Shops, both: tuple[Tenant, Tenant]) -> None:
    for tenant in both:
        shop = tenant.shop
        async with two_shops.pool.acquire() as connection:
            await connection.act_for(shop.tenant.tenant_id)
            rows = await connection.fetch(
                "SELECT DISTINCT metadata ->> 'actor' AS actor, metadata ->> 'source' AS source"
                "  FROM ledger.events_as_json WHERE stream = $1",
                f"order-{tenant.bodies['Order/PostOrder']['Id']}",
            )
        source = tenant.admin.client.headers["X-Forwarded-For"]
        assert [tuple(row) for row in rows] == [(f"key:{shop.ids['admin']}", source)]
