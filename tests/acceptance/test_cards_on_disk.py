"""Card numbers and the payee's SSN never reach the disk: sent to every endpoint, and looked for in all there is."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.acceptance import dump
from tests.acceptance.bodies import (
    a_customer,
    a_drawer_event,
    a_line,
    a_payment,
    a_receipt,
    a_z_report,
    an_invoice,
    an_order,
    new_id,
    swish_id,
)
from tests.acceptance.server import Json, Server, serving
from tests.acceptance.swish import PATH

CARD, IN_FOURS, SSN = "4539578763621486", "5555 5555 5555 4444", "198312249876"
SENT = [CARD, IN_FOURS, SSN, "4539-5787", "5555 5555 5555"]


def full_of_cards() -> Json:
    """An order with card numbers wherever a till, or whoever uses one, may put them."""
    return an_order(
        Comments=f"ring om {IN_FOURS}", OrderComments=CARD, FnResponse=f'{{"pan":"{CARD}"}}', Kort=CARD, UserId=CARD,
        Customer=a_customer(CustomerNo=CARD, Note={"list": [IN_FOURS, int(CARD)]}),
        OrderLines=[a_line(ItemComments=IN_FOURS, Extra=int(CARD))],
        Payments=[a_payment(CreditCardNo=CARD, PaymentRef=IN_FOURS, PayerRef=CARD, CardNumber=CARD, PAN=IN_FOURS)],
        Receipts=[a_receipt(CustomerPaymentReceipt=f"VISA\n{CARD}", MerchantPaymentReceipt=IN_FOURS, CardNo=CARD)],
    )  # fmt: skip


async def test_no_card_number_and_no_ssn_is_anywhere_on_the_disk(tmp_path: Path) -> None:
    data_dir, log = tmp_path / "data", tmp_path / "server.log"
    with (
        serving(data_dir, log, LOG_LEVEL="DEBUG") as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        server, order = Server(client), full_of_cards()
        server.post("Order/PostOpenOrder", order | {"Status": 3})
        server.post("Order/PostOrder", order)
        server.again("Order/PostOrder", order)
        web = full_of_cards()
        server.post("Order/PostOnlineOrder", web, Idempotency_Key="once")
        server.post("Order/PostCustomerInvoice", an_invoice(order, Remarks=CARD, CustomerName=IN_FOURS, Kort=CARD))
        server.post("CashDrawerLog/PostCashDrawerLog", a_drawer_event(Note=CARD))
        report = a_z_report()
        report["ReportData"][0]["TextValue"] = CARD
        server.post("Order/PostReports", report)
        information = {"Id": order["Id"], "ExternalID": "V-1", "FnResponse": CARD}
        server.post("Order/PostOrderExternalInformation", information)
        request = {"id": swish_id(), "payeePaymentReference": order["Id"], "amount": 98, "status": "CREATED"}
        server.post(PATH, request | {"payeeSSN": SSN, "nested": {"PayeeSsn": SSN, "n": CARD}, "message": IN_FOURS})
        record = {"Id": new_id(), "SwishId": request["id"], "SwishResponse": f'{{"payeeSSN":"{SSN}","kort":"{CARD}"}}'}
        server.post(PATH, record | {"payeeSSN": SSN})
        refused = server.refused(
            "Order/PostOrder", full_of_cards() | {"Status": CARD, CARD: "\0", "OrderTotal": IN_FOURS}
        )
        answers = [refused, server.order(order), server.order(web), server.swish(order)]
        server.send("GET", f"/v1/orders/{CARD}")
        server.send("POST", "Order/PostOrder", f'{{"Id": {CARD}, "Comments": "{CARD}'.encode())
        places = [dump.pg_dump(data_dir), await dump.rows(data_dir)]
        places += [path.read_bytes() for path in (log, data_dir / "postgres.log")]
        assert dump.found(SENT, *places, str(answers).encode()) == []
        assert dump.found(["1486", "4444"], *places) == ["1486", "4444"], "the last four digits are kept"
