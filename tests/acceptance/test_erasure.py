"""A customer asks to be forgotten: `order-ledger customer erase` beside a running server, and what is left then."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.acceptance import dump
from tests.acceptance.bodies import (
    NO_ID,
    a_customer,
    a_draft,
    a_drawer_event,
    a_line,
    a_payment,
    a_receipt,
    a_web_order,
    an_invoice,
    an_order,
    new_id,
    swish_id,
)
from tests.acceptance.server import SCRIPT, Json, Server, serving
from tests.acceptance.swish import PATH

NAME, MAIL, PHONE, STREET = "Ingeborg Åkerblad", "ingeborg.akerblad@example.org", "0739174265", "Sjöbjörnsvägen 417B"
# Whatever she or somebody else has said of her.
SAID = [
    "allergisk mot paprika", "vän till kocken", "nyckelkod 7719", "korthållare I. Åkerblad", "present från mormor",
    "hälsningar från Ingeborg", "hämtas av grannen", "fakturan till sommarstugan", "kvittot till Ingeborg",
]  # fmt: skip
WORDS = [NAME, MAIL, PHONE, STREET, *SAID]


class House(NamedTuple):
    """A server of this test's own, and where it keeps everything."""

    server: Server
    data_dir: Path
    log: Path

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """A command beside the server."""
        environment = os.environ | {"DATA_DIR": str(self.data_dir)} | settings
        return subprocess.run(
            [SCRIPT, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    def erase(self, customer: str) -> Json:
        """`customer erase`, in JSON."""
        done = self.run("customer", "erase", customer, "--json")
        assert done.returncode == 0, done.stderr
        found: Json = json.loads(done.stdout)
        return found

    async def everything(self) -> list[bytes]:
        """All bytes there are of the ledger: the database twice, and the logs."""
        logs = [path.read_bytes() for path in (self.log, self.data_dir / "postgres.log")]
        return [dump.pg_dump(self.data_dir), await dump.rows(self.data_dir), *logs]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """It logs all it can."""
    data_dir, log = tmp_path / "data", tmp_path / "server.log"
    with (
        serving(data_dir, log, LOG_LEVEL="DEBUG") as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        yield House(Server(client), data_dir, log)
    assert "Traceback" not in log.read_text("utf-8")


def her(customer: str) -> Json:
    """Her record."""
    return a_customer(Id=customer, Name=NAME, Email=MAIL, Phone=PHONE, Address1=STREET)


def her_order(customer: str, **changes: object) -> Json:
    """A sale to her, with all that can be said beside it."""
    return an_order(
        **{
            "CustomerId": customer, "Customer": her(customer), "Comments": SAID[0], "OrderComments": SAID[1],
            "PortKod": {"text": [SAID[2]]}, "OrderLines": [a_line(ItemComments=SAID[4])],
            "Payments": [a_payment(PayerRef=SAID[3], Avsändare=NAME)],
            "Receipts": [a_receipt(CustomerPaymentReceipt=SAID[8])],
        }
        | changes
    )  # fmt: skip


def her_life(server: Server, customer: str) -> list[Json]:
    """All she has bought, one way or another; her orders."""
    first = her_order(customer)
    server.post("Order/PostOrder", first)
    nameless = a_draft(Comments=SAID[6], Customr=a_customer(Id=NO_ID, Name=NAME, Phone=PHONE))
    server.post("Order/PostOpenOrder", nameless)
    server.post("Order/PostOrder", her_order(customer, Id=nameless["Id"], Customer=None, Customr=her(customer)))
    web = a_web_order(CustomerId=customer, Customer=her(customer))
    server.post("Order/PostOnlineOrder", web)
    invoiced = an_order()
    server.post("Order/PostOrder", invoiced)
    personal = {"CustomerName": NAME, "Email": MAIL, "Address1": STREET, "Remarks": SAID[7]}
    server.post("Order/PostCustomerInvoice", an_invoice(invoiced, CustomerId=customer, **personal))
    server.post("Order/PostCustomerInvoice", an_invoice(first, CustomerId=NO_ID, **personal))
    unpaid = an_order(CustomerId=customer, PaymentStatus=0, Payments=[])
    server.post("Order/PostOrder", unpaid)
    request = {"id": swish_id(), "payeePaymentReference": unpaid["Id"], "amount": 98, "currency": "SEK"}
    server.post(PATH, request | {"payerAlias": PHONE, "message": SAID[5], "status": "CREATED"})
    server.post(PATH, {"Id": new_id(), "SwishId": request["id"], "OrderId": unpaid["Id"], "SwishResponse": NAME})
    paid = {"status": "PAID", "paymentReference": swish_id(), "payerAlias": PHONE, "payerName": NAME}
    server.post(PATH, request | paid)
    server.post("Order/PostCashDrawerLog", a_drawer_event(OrderId=first["Id"], ActivityType=6, Note=NAME))
    return [first, nameless, web, invoiced, unpaid]


def shown(server: Server, customer: str) -> str:
    """What the API tells of her and of everybody."""
    paths = ("Order/GetCustomerInvoice", "Order/GetOpenOrder", "Order/GetOrdersWithoutExternalID",
             "Order/GetInviceGeneratedOpenOrder", f"Order/GetOrdersHistory/{customer}?all=true",
             "CashDrawerLog/GetCashDrawerLog", "/v1/swish", "/v1/stock")  # fmt: skip
    return "\n".join(server.ask(path).text for path in paths)


def sums(server: Server, orders: list[Json]) -> list[object]:
    """What the bookkeeping needs of the orders."""
    found = [server.order(order) for order in orders]
    return [
        (one["OrderTotal"], one["InvoiceDate"], one["Status"], [p["PaidAmount"] for p in one["Payments"]],
         [line["Quantity"] for line in one["OrderLines"]], [r["ReceiptNumber"] for r in one["Receipts"]])
        for one in found
    ]  # fmt: skip


async def test_nothing_of_an_erased_customer_is_left(house: House) -> None:
    server, customer, somebody = house.server, new_id(), new_id()
    orders = her_life(server, customer)
    other = an_order(CustomerId=somebody, Customer=a_customer(Id=somebody, Name="Torbjörn Någonannan"))
    server.post("Order/PostOrder", other)
    before, written = sums(server, orders), await dump.digests(house.data_dir)
    assert {word for word in WORDS if word in shown(server, customer) or word in SAID} == set(WORDS)
    await dump.analyze(house.data_dir)
    assert dump.found([NAME, PHONE, STREET], await dump.rows(house.data_dir)), "the search finds what is there"

    said = house.erase(customer)
    assert said["duplicate"] is False and said["position"] > written[-1][0] - 1
    assert dump.found(WORDS, *await house.everything(), shown(server, customer).encode()) == []
    assert sums(server, orders) == before
    assert (await dump.digests(house.data_dir))[: len(written)] == written
    assert server.order(orders[0])["Customer"] is None and server.order(orders[0])["CustomerId"] == customer
    assert server.order(other)["Customer"]["Name"] == "Torbjörn Någonannan"
    assert {row["InvoiceNumber"] for row in server.get("Order/GetCustomerInvoice")} == {5001}

    told, documents = shown(server, customer), [server.order(order) for order in orders]
    assert house.run("project", "--rebuild", "all").returncode == 0
    assert (shown(server, customer), [server.order(order) for order in orders]) == (told, documents)
    assert house.erase(customer) == said | {"duplicate": True}


async def test_what_comes_after_the_erasure_is_not_kept(house: House) -> None:
    server, customer = house.server, new_id()
    first = her_order(customer)
    server.post("Order/PostOrder", first)
    house.erase(customer)
    server.again("Order/PostOrder", first)
    late = her_order(customer, CreationDate="2026-11-20T10:00:00")
    server.post("Order/PostOrder", late)
    server.post("Order/PostOrder", first | {"TableId": 4})
    server.set_status(first, 14)
    draft = a_draft(Comments=SAID[6])
    server.post("Order/PostOpenOrder", draft)
    server.post("Order/PostOpenOrder", draft | {"CustomerId": customer, "Customer": her(customer)})
    unpaid = an_order(Payments=[], PaymentStatus=0, CustomerId=customer)
    server.post("Order/PostOrder", unpaid)
    callback = {"id": swish_id(), "payeePaymentReference": unpaid["Id"], "amount": 98, "status": "PAID"}
    server.post(PATH, callback | {"payerAlias": PHONE, "message": SAID[5], "paymentReference": swish_id()})
    server.post("Order/PostCustomerInvoice", an_invoice(late, CustomerId=customer, CustomerName=NAME, Address1=STREET))
    server.post("Order/PostCustomerInvoice", an_invoice(late, CustomerId=NO_ID, CustomerName=NAME, Address1=STREET))
    assert server.order(late)["OrderTotal"] == 98 and server.order(unpaid)["PaymentStatus"] == 1
    assert house.erase(customer)["duplicate"] is True
    assert dump.found(WORDS, *await house.everything(), shown(server, customer).encode()) == []


async def test_a_customer_is_erased_while_tills_sell(house: House) -> None:
    server, customer, stop = house.server, new_id(), threading.Event()
    server.post("Order/PostOrder", her_order(customer))
    sold: list[Json] = []

    def sell() -> None:
        with httpx.Client(base_url=server.client.base_url, timeout=30) as client:
            while not stop.is_set():
                order = her_order(customer)
                assert client.post("/api/Order/PostOrder", json=order).status_code == 200
                sold.append(order)

    tills = [threading.Thread(target=sell) for _ in range(3)]
    for till in tills:
        till.start()
    house.erase(customer)
    at_the_erasure = await house.everything()
    stop.set()
    for till in tills:
        till.join()
    assert dump.found(WORDS, *at_the_erasure) == dump.found(WORDS, *await house.everything()) == []
    history = server.get(f"Order/GetOrdersHistory/{customer}", all="true", PageSize=5000)
    assert len(history) == len(sold) + 1


async def test_alone_it_does_all_the_work_itself(tmp_path: Path) -> None:
    data_dir, log, customer = tmp_path / "data", tmp_path / "server.log", new_id()
    with serving(data_dir, log, "--no-projectors") as url, httpx.Client(base_url=url, timeout=30) as client:
        Server(client).post("Order/PostOrder", her_order(customer))
        house = House(Server(client), data_dir, log)
        assert house.erase(customer)["duplicate"] is False
    assert House(Server(client), data_dir, log).erase(customer)["duplicate"] is True


def test_nobody_knows_him(house: House) -> None:
    done = house.run("customer", "erase", new_id())
    assert done.returncode == 1 and "no order and no invoice names this customer" in done.stderr
    assert house.run("customer", "erase", "Ingeborg").returncode == 2
