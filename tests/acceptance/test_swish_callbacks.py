"""Refunds, payouts, and callbacks of every kind of strangeness (contract, section 5)."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.bodies import a_callback, a_swish_record, an_order, new_id, swish_id
from tests.acceptance.server import Json, Server
from tests.acceptance.swish import PATH, paid, placed, seen


def refund_of(payment: Json, **changes: object) -> Json:
    """A callback for a refund of a payment."""
    refund = {"id": swish_id(), "originalPaymentReference": payment["paymentReference"], "status": "PAID"}
    kept = {name: payment[name] for name in ("amount", "currency", "dateCreated", "datePaid", "payerAlias")}
    return refund | kept | {"payerPaymentReference": "R1", "paymentReference": swish_id()} | changes


def test_a_refund_goes_its_own_way(server: Server) -> None:
    order = placed(server)
    server.post(PATH, payment := a_callback(order))
    refund = refund_of(payment)
    for status in ("CREATED", "VALIDATED", "DEBITED", "PAID"):
        server.post(PATH, refund | {"status": status})
    server.post(PATH, refund | {"status": "ERROR"})
    assert len(paid(server, order)) == 1
    assert sorted(seen(server, order)) == [("payment", "PAID", []), ("refund", "PAID", ["after_final"])]


def test_a_declined_refund_is_not_final(server: Server) -> None:
    order = placed(server)
    server.post(PATH, payment := a_callback(order))
    refund = refund_of(payment)
    for status in ("DECLINED", "CANCELLED", "PAID"):
        server.post(PATH, refund | {"status": status})
    assert ("refund", "PAID", []) in seen(server, order)


def test_a_payout_is_kept(server: Server) -> None:
    payout = {
        "payoutInstructionUUID": swish_id(), "payerPaymentReference": "utbetalning", "payerAlias": "1231181189",
        "payeeAlias": "46712345678", "payeeSSN": "197501088327", "amount": "250.00", "currency": "SEK",
        "payoutType": "PAYOUT", "status": "CREATED", "dateCreated": "2026-11-23T11:00:00Z", "message": "",
    }  # fmt: skip
    for status in ("CREATED", "DEBITED", "PAID"):
        server.post(PATH, payout | {"status": status})
    (found,) = [row for row in server.get("/v1/swish") if row["SwishId"] == payout["payoutInstructionUUID"]]
    assert (found["Kind"], found["Status"], found["Amount"]) == ("payout", "PAID", 250)


@pytest.mark.parametrize("changes", [
    {"amount": "1e999999"}, {"amount": [1]}, {"amount": 10**40}, {"status": None}, {"status": 5}, {"datePaid": "soon"},
    {"message": "a\0b"}, {"message": "Fika \ud83d"}, {"payeePaymentReference": "\0"},
    {"payeePaymentReference": "x" * 1000}, {"id": None}, {"id": ""}, {"id": 7}, {"id": "x" * 1000},
    {"id": "å/ \0"}, {"paymentReference": "y" * 1000},
    {"extra": {"a\0": ["\0"]}},
    {"extra": 0.12345678901234567890123}, {"currency": None}, {"payerAlias": {}}, {"callbackIdentifier": "secret"},
])  # fmt: skip
def test_a_genuine_callback_is_always_200(server: Server, changes: Json) -> None:
    callback = a_callback(an_order(), **changes)
    assert server.send("POST", PATH, callback).status_code == 200
    assert server.send("POST", PATH, callback).json()["Duplicate"] is True
    server.position = max(server.position, int(server.send("POST", PATH, callback).headers["Ledger-Position"]))
    server.get("/v1/swish")


def test_an_idempotency_key_holds_for_swish_too(server: Server) -> None:
    key, order = new_id(), placed(server)
    server.post(PATH, a_callback(order), Idempotency_Key=key)
    server.refused(PATH, a_callback(order), Idempotency_Key=key)


def test_unknown_members_of_a_record_come_back_exactly(server: Server) -> None:
    order = placed(server)
    record = json.dumps(a_swish_record(order))[:-1] + ', "Fee": 123456789012.345678, "Shop": {"No": 7}}'
    server.post(PATH, record.encode())
    server.set_status(order, 10)
    server.order(order)
    text = server.ask(f"/v1/orders/{order['Id']}").text
    assert '"Fee":123456789012.345678' in text
    assert '"Shop":{"No":7}' in text


def test_a_swish_payment_in_an_order_needs_an_id(server: Server) -> None:
    server.refused("Order/PostOrder", an_order(SwishPayment={"SwishId": None}), at="$.SwishPayment.Id")
