"""Card numbers are masked wherever a client may put them; what only looks like one stays as it is."""

from __future__ import annotations

import json
import uuid
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger import swish
from ledger.cards import is_card, masked, masked_number
from ledger.codec import encoder
from ledger.errors import BadInput
from ledger.reading import (
    read_drawer_log,
    read_external_information,
    read_external_informations,
    read_invoice,
    read_order,
    read_swish_payment,
    read_terminal_log,
)

ZONE = ZoneInfo("Europe/Stockholm")
VISA, AMEX, DINERS = "4539578763621486", "371449635398431", "30569309025904"
CARDS = [VISA, AMEX, DINERS, "4222222222222", "5555555555554444", "2223003122003222", "6011111111111117",
         "3530111333300000", "6304000000000000", "6212345678901232001"]  # fmt: skip
SPELLED = [VISA, "4539 5787 6362 1486", "4539-5787-6362-1486", "4539.5787.6362.1486",
           "4539\u00a05787\u00a06362\u00a01486", AMEX, "3714 496353 98431", "3056-930902-5904"]  # fmt: skip
# 16 digits that pass every check, and are something else where they stand.
IN_A_GUID = "45395787-6362-1486-8000-000000000001"


def with_check_digit(digits: str) -> str:
    """The digits, and the one that makes them a card's."""
    return next(digits + last for last in "0123456789" if is_card(digits + last))


@pytest.mark.parametrize("number", CARDS)
def test_a_card_number_is_known(number: str) -> None:
    assert is_card(number)
    assert masked(f"kort {number}, tack") == f"kort {'*' * (len(number) - 4)}{number[-4:]}, tack"
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert masked(wrong) == wrong


@pytest.mark.parametrize("spelled", SPELLED)
@pytest.mark.parametrize(
    "around", ["{}", "Kort:{}", "({})", "PAN={};", "{} 12/27", "2026-11-23 {} 98,00", '{{"a":"{}"}}', "{}\n{}"]
)
def test_however_it_is_spelled_the_last_four_are_left(spelled: str, around: str) -> None:
    text = around.replace("{}", spelled).replace("{{", "{").replace("}}", "}")
    kept = masked_number(spelled)
    assert sum(letter.isdigit() for letter in kept) == 4 and kept[-4:] == spelled[-4:]
    assert masked(text) == text.replace(spelled, kept)


@given(st.sampled_from(["4", "51", "55", "2221", "2720", "35", "62", "67"]), st.integers(12, 18), st.data())
def test_every_number_of_a_network_is_masked(start: str, length: int, data: st.DataObject) -> None:
    digits = data.draw(st.text("0123456789", min_size=length - len(start), max_size=length - len(start)))
    number = with_check_digit(start + digits)
    assert masked(f"x {number} y") == f"x {'*' * (len(number) - 4)}{number[-4:]} y"


@given(st.uuids())
@example(uuid.UUID(IN_A_GUID))
def test_a_guid_stays_in_any_spelling(guid: uuid.UUID) -> None:
    for text in (str(guid), guid.hex, guid.hex.upper(), f"{{{guid}}}", f"order {guid}."):
        assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "7310865004703", "556036-0793", "SE556036079301", "0701740605", "+46 70 174 06 05", "46701740605", "5050-1055",
        "5D59DA1B1632424E874DDB219AD54597", "A0000000031010", "45395787636214860", "0004539578763621486",
        "x4539578763621486", "4539578763621486x", "SE45 5000 0000 0583 9825 7466", "2026-11-23T11:42:07.123456+01:00",
        "1732360927123", "20261123114207", "10017", "20261123-7", "4539 5787 6362", "4539-5787 6362-1486",
        "49.90 98.00 1234.50 10.50 112.40", "************1486", "",
    ],
)  # fmt: skip
def test_what_is_no_card_number_stays(text: str) -> None:
    assert masked(text) == text


def everywhere(value: Any) -> dict[str, Any]:
    """A body with a text in every member that may hold one, known and unknown, deep down and as a number."""
    unknown = {"Kort": value, "CardNumber": value, "deep": [{"PAN": value, "list": [value]}], f"n {value}": 1}
    line = {"Id": str(uuid.UUID(int=2)), "ItemId": str(uuid.UUID(int=3)), "Quantity": 1, "ItemComments": value,
            "ItemDescription": value, "DiscountDescription": value, "Product": {"Extra": value}, **unknown}  # fmt: skip
    line["IngredientItems"] = [{"Quantity": 1, "ItemComments": value}]
    payment = {"Id": str(uuid.UUID(int=4)), "PaidAmount": 1, "CreditCardNo": value, "PaymentRef": value,
               "PayerRef": value, "ProductName": value, **unknown}  # fmt: skip
    receipt = {"ReceiptId": str(uuid.UUID(int=5)), "CustomerPaymentReceipt": f"VISA {value}\nPIN",
               "MerchantPaymentReceipt": value, "VatDetail": value, **unknown}  # fmt: skip
    customer = {"Name": value, "Phone": value, "CustomerNo": value, "Address1": value, **unknown}
    return {
        "Id": str(uuid.UUID(int=1)), "Status": 13, "OrderLines": [line], "Payments": [payment], "Receipts": [receipt],
        "Customer": customer, "Customr": customer, "Comments": value, "OrderComments": value, "FnResponse": value,
        "UserId": value, "Bong": value, "SwishPayment": {"Id": str(uuid.UUID(int=6)), "SwishResponse": value},
        **unknown,
    }  # fmt: skip


def only_known(body: Any, known: Any) -> Any:
    """The body with the members of the strict decode only."""
    unknown = ("Kort", "CardNumber", "deep", "Extra")
    if isinstance(body, list):
        return [only_known(item, known) for item in body]
    if not isinstance(body, dict):
        return body
    return {name: only_known(value, known) for name, value in body.items() if name not in unknown and name[:2] != "n "}


@pytest.mark.parametrize("spelled", SPELLED)
@pytest.mark.parametrize("strict", [True, False])
def test_it_is_masked_wherever_it_is_in_an_order(spelled: str, strict: bool) -> None:
    body = only_known(everywhere(spelled), spelled) if strict else everywhere(spelled)
    for text in (json.dumps(body), json.dumps(body).replace("5", "\\u0035")[:-1] + "}"):
        if "\\u0035" in text and strict:
            continue
        try:
            stored = encoder.encode(read_order(text.encode(), lambda outlet: ZONE)).decode()
        except BadInput:
            continue  # an escape where none may be
        assert spelled not in stored and stored.count(masked_number(spelled)) >= 15


def test_it_is_masked_among_numbers_that_we_do_not_know() -> None:
    for number in (int(VISA), float(VISA)):
        stored = encoder.encode(read_order(json.dumps(everywhere(number)).encode(), lambda outlet: ZONE)).decode()
        assert VISA not in stored and "************1486" in stored


def test_it_is_masked_in_every_other_document() -> None:
    id_, documents = str(uuid.UUID(int=1)), []
    unknown = {"Note": VISA, "deep": {"x": [VISA]}}
    read: list[tuple[Any, dict[str, Any]]] = [
        (lambda body: read_invoice(body, lambda outlet: ZONE), {"Remarks": VISA, "CustomerName": VISA}),
        (lambda body: read_drawer_log(body, lambda outlet: ZONE), {"ActivityType": 1, "UserId": VISA}),
        (lambda body: read_terminal_log(body, lambda outlet: ZONE),
         {"TerminalId": id_, "ReportData": [{"TextValue": VISA}]}),
        (read_swish_payment, {"SwishResponse": VISA, "SwishPaymentStatus": 7}),
        (read_external_information, {"FnResponse": VISA, "ExternalID": "V-1"}),
        (lambda body: read_external_informations(b"[" + body + b"]"), {"FnResponse": VISA}),
    ]  # fmt: skip
    for reader, members in read:
        documents.append(encoder.encode(reader(json.dumps({"Id": id_, **members, **unknown}).encode())))
    assert VISA.encode() not in b"".join(documents)
    _, received = swish.read_callback({"id": "A" * 32, "message": VISA, "additionalinformation": [VISA]}, ZONE)
    assert VISA.encode() not in encoder.encode(received)


def test_what_identifies_products_and_documents_stays() -> None:
    product = {"Id": str(uuid.UUID(int=3)), "BarCode": VISA, "PLU": VISA, "SKU": VISA, "ExternalID": VISA}
    line = {"Id": str(uuid.UUID(int=2)), "Quantity": 1, "Product": product, "EAN": VISA}
    body = {"Id": str(uuid.UUID(int=1)), "OrderLines": [line], "InvoiceNumber": VISA, "ExternalID": VISA}
    read = read_order(json.dumps(body).encode(), lambda outlet: ZONE)
    assert encoder.encode(read).decode().count(VISA) == 7


@pytest.mark.parametrize("member", ["Quantity", "Id", "Active", "TaxPercent"])
def test_an_error_does_not_repeat_it(member: str) -> None:
    line = {"Id": str(uuid.UUID(int=2)), "ItemId": str(uuid.UUID(int=3)), "Quantity": 1, member: [VISA], VISA: "\0"}
    with pytest.raises(BadInput) as caught:
        read_order(json.dumps({"Id": str(uuid.UUID(int=1)), "OrderLines": [line]}).encode(), lambda outlet: ZONE)
    assert VISA not in str(caught.value) and VISA not in str(caught.value.problems)
