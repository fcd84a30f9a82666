"""Bodies to records: dates, Guids, decimals, flags, unknown members, masks, defaults, and every error by its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ledger import reading
from ledger.amounts import ZERO
from ledger.business_time import NO_TIME
from ledger.errors import BadInput
from ledger.records import NO_ID, Order, OrderLine
from tests.unit.given import ORDER, number

STOCKHOLM, HELSINKI = ZoneInfo("Europe/Stockholm"), ZoneInfo("Europe/Helsinki")
ABROAD = number(6)
LINE = {"Id": str(number(2)), "ItemId": str(number(3)), "Quantity": 1}
PAYMENT = {"Id": str(number(4)), "PaidAmount": 50}
RECEIPT = {"ReceiptId": str(number(5))}


def zones(outlet: UUID) -> ZoneInfo:
    """One outlet lies abroad."""
    return HELSINKI if outlet == ABROAD else STOCKHOLM


def order(text: str = "", **members: Any) -> Order:
    """An order with these members; `text` is JSON that `json.dumps` would not write, after a comma."""
    body = json.dumps({"Id": str(ORDER), **members})
    return reading.read_order((body[:-1] + (f", {text}" if text else "") + "}").encode(), zones)


def line(**members: Any) -> OrderLine:
    """The one line of an order."""
    (found,) = order(OrderLines=[{**LINE, **members}]).OrderLines or []
    return found


def problems(read: Callable[..., object], *arguments: Any, **members: Any) -> dict[str, str]:
    """What is wrong, by place."""
    with pytest.raises(BadInput) as caught:
        read(*arguments, **members)
    return dict(caught.value.problems)


def test_an_order_of_nothing_but_its_id() -> None:
    assert order() == Order(Id=ORDER)
    assert order().OrderLines == [] and order().Payments is None


@pytest.mark.parametrize(
    "text",
    ["0D9C1B7A-62C5-4F3A-B6D1-2F7C6B1E0C55", "0d9c1b7a62c54f3ab6d12f7c6b1e0c55",
     "{0d9c1b7a-62c5-4f3a-b6d1-2f7c6b1e0c55}", "{0D9C1B7A62C54F3AB6D12F7C6B1E0C55}"],
)  # fmt: skip
def test_a_guid_in_every_spelling(text: str) -> None:
    assert order(CustomerId=text).CustomerId == UUID("0d9c1b7a-62c5-4f3a-b6d1-2f7c6b1e0c55")


@pytest.mark.parametrize("none", ["", None, "00000000-0000-0000-0000-000000000000", "0" * 32])
def test_no_guid_in_every_spelling(none: str | None) -> None:
    assert order(CustomerId=none).CustomerId == NO_ID
    assert order(CustomerInvoiceId=none).CustomerInvoiceId is None


@pytest.mark.parametrize("text", ["x", "0d9c1b7a", "(0d9c1b7a-62c5-4f3a-b6d1-2f7c6b1e0c55)", 5, True, []])
def test_what_is_no_guid(text: object) -> None:
    assert problems(order, CustomerId=text) == {"$.CustomerId": "must be a Guid"}


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ("49.90", "49.9"), ('"49.90"', "49.9"), ("49", "49"), ("0.100000000", "0.1"), ("-0.17", "-0.17"),
        ("1e2", "100"), ("-0.0", "0"), ("999999999999.999999", "999999999999.999999"),
        ("1e17", "100000000000000000"), ("null", "0"),
    ],
)  # fmt: skip
def test_decimals_are_exact(sent: str, value: str) -> None:
    assert str(order(f'"OrderTotal": {sent}').OrderTotal) == value


@pytest.mark.parametrize(
    "sent",
    ["0.0000001", "1e18", "1234567890123456789", "1e400", "1e-400", "1e99999999", '"NaN"', '"Infinity"', '"much"', '""',
     "true", "[]", "{}"],
)  # fmt: skip
def test_what_is_no_amount(sent: str) -> None:
    assert [*problems(order, f'"OrderTotal": {sent}')] == ["$.OrderTotal"]


@pytest.mark.parametrize("sent", ["0.0000001", "1e-7", "1e-400", "1e-401", "1e-99999999999", '"1e-999"'])
def test_an_amount_that_is_too_fine_is_told_so(sent: str) -> None:
    assert problems(order, f'"OrderTotal": {sent}') == {"$.OrderTotal": "has more than 6 decimals"}


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        ("2026-11-23T11:42:07.1234567", "2026-11-23T11:42:07.123456+01:00"),
        ("2026-11-23T23:59:59.9999999", "2026-11-23T23:59:59.999999+01:00"),
        ("2026-11-23T10:42:07Z", "2026-11-23T11:42:07+01:00"),
        ("2026-11-23 11:42", "2026-11-23T11:42:00+01:00"),
        ("2026-11-23T12:42:07+02:00", "2026-11-23T11:42:07+01:00"),
        ("2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00"),
        ("2026-03-29T02:30:00", "2026-03-29T03:30:00+02:00"),
        ("0001-01-01T00:00:00", NO_TIME), ("", NO_TIME), (None, NO_TIME),
    ],
)  # fmt: skip
def test_dates_are_local_at_the_outlet(sent: str | None, moment: str) -> None:
    assert order(CreationDate=sent).CreationDate == moment
    assert order(InvoiceDate=sent).InvoiceDate == (None if moment == NO_TIME else moment)


def test_each_outlet_has_its_own_clock() -> None:
    at = "2026-11-23T11:42:07"
    assert order(CreationDate=at, OutletId=str(ABROAD)).CreationDate == f"{at}+02:00"
    nested = order(CreationDate=at, Outlet={"Id": str(ABROAD)}, Payments=[{**PAYMENT, "PaymentDate": at}])
    assert nested.OutletId == ABROAD and nested.Payments is not None
    assert nested.Payments[0].PaymentDate == f"{at}+02:00"


@pytest.mark.parametrize("sent", ["2026-11-23", "23/11/2026", "2026-13-01T00:00:00", "1899-12-31T00:00:00", "soon", 5])
def test_what_is_no_date(sent: object) -> None:
    assert [*problems(order, CreationDate=sent)] == ["$.CreationDate"]


@pytest.mark.parametrize(("sent", "flag"), [(True, 1), (False, 0), (1, 1), (0, 0), ("true", 1), ("0", 0), (2, 2)])
def test_flags_are_numbers_or_words(sent: object, flag: int) -> None:
    assert order(InvoiceGenerated=sent).InvoiceGenerated == flag
    read = line(Active=sent, IngredientItems=[{"Quantity": 1, "Active": sent}])
    assert (read.Active, read.IngredientItems[0].Active) == (flag, flag)


@pytest.mark.parametrize(
    ("sent", "value"), [(True, True), (1, True), ("1", True), ("True", True), (0, False), (None, False)]
)
def test_booleans_are_words_or_numbers(sent: object, value: bool) -> None:
    assert order(TrainingMode=sent).TrainingMode is value


@pytest.mark.parametrize("sent", [2, "yes", [], {}])
def test_what_is_no_boolean(sent: object) -> None:
    assert [*problems(order, TrainingMode=sent)] == ["$.TrainingMode"]


@pytest.mark.parametrize("sent", [2**31, -(2**31) - 1, 1.5, 10**30, True, "x"])
def test_whole_numbers_fit_their_type(sent: object) -> None:
    assert [*problems(order, TableId=sent)] == ["$.TableId"]
    assert order(TableId=2**31 - 1).TableId == order(TableId=f"{2**31 - 1}").TableId == 2**31 - 1
    big = order(Receipts=[{**RECEIPT, "ReceiptNumber": 2**63 - 1}]).Receipts
    assert big is not None and big[0].ReceiptNumber == 2**63 - 1


@pytest.mark.parametrize("status", [7, 12, 22, -1])
def test_any_other_status_is_refused(status: int) -> None:
    assert [*problems(order, Status=status)] == ["$.Status"]


def test_names_come_in_any_case_and_the_last_one_wins() -> None:
    read = reading.read_order(
        b'{"ID":"%b","orderlines":[],"ordertotal":1,"OrderTotal":2,"orderTOTAL":3}' % str(ORDER).encode(), zones
    )
    assert read.OrderTotal == 3
    assert order('"ExternalId": "V-1"').ExternalID == "V-1"
    assert order('"OrderTotal": 1, "orderTotal": null').OrderTotal == 0


def test_a_needed_member_that_is_null_in_the_end_is_missing() -> None:
    bodies = ['"Quantity": 1, "quantity": null', '"Quantity": null']
    for body in bodies:
        text = f'"OrderLines": [{{"Id": "{number(2)}", "ItemId": "{number(3)}", {body}}}]'
        assert problems(order, text) == {"$.OrderLines[0].Quantity": "is missing"}


def test_unknown_members_are_kept_where_they_were() -> None:
    read = order(Loyalty={"points": 12.50, "names": ["Eva"]}, OrderLines=[{**LINE, "Fired": True}])
    assert read.extra == {"Loyalty": {"points": Decimal("12.5"), "names": ["Eva"]}}
    assert (read.OrderLines or [])[0].extra == {"Fired": True}
    assert order('"$extra": {"Status": 13}').Status == 0, "our own name for them is a member like any other"


def test_u_0000_is_refused_wherever_it_is() -> None:
    assert [*problems(order, Comments="a\0b")] == ["$.Comments"]
    assert [*problems(order, Loyalty={"name": "a\0b"})] == ["$.Loyalty"]
    assert problems(order, **{"a\0b": 1})


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (r"\ud83d", "\ufffd"), (r"a\uD83Db", "a\ufffdb"), (r"\udc4d", "\ufffd"), (r"\udc4d\ud83d", "\ufffd\ufffd"),
        (r"\ud83d\ud83d\udc4d", "\ufffd👍"), (r"\ud83d\udc4d\udc4d", "👍\ufffd"), (r"\ud83d\u0041", "\ufffdA"),
        (r"\ud83d\n", "\ufffd\n"), (r"\ud83d\\", "\ufffd\\"), (r"\\ud83d\ud83d", r"\ud83d" + "\ufffd"),
        (r"\\\ud83d", "\\\ufffd"), (r"\ud83d\\udc4d", "\ufffd" + r"\udc4d"), (r"👍\ud83d\"", '👍\ufffd"'),
    ],
)  # fmt: skip
def test_half_a_character_is_one_that_nobody_can_read(sent: str, kept: str) -> None:
    read = order(f'"Comments": "{sent}", "Loyalty": {{"{sent}": "{sent}"}}')
    assert read.Comments == kept and read.extra == {"Loyalty": {kept: kept}}
    assert order(f'"Comments": "{sent}"') == order(Comments=kept), "a retry in another spelling is known again"


def test_half_a_character_does_not_mend_what_is_no_json() -> None:
    assert [*problems(order, r'"Comments": "\ud83d\x"')] == ["$"]


def test_members_that_are_searched_by_hold_200_characters() -> None:
    assert order(InvoiceNumber="å" * 200).InvoiceNumber == "å" * 200
    assert [*problems(order, InvoiceNumber="å" * 201)] == ["$.InvoiceNumber"]
    assert order(Comments="å" * 5000).Comments == "å" * 5000


def test_every_member_at_fault_is_named() -> None:
    lines = [LINE, {**LINE, "Quantity": "two", "Product": {"Price": "free"}}, {"Id": str(number(2))}]
    assert {*problems(order, OrderTotal="x", OrderLines=lines)} == {
        "$.OrderTotal", "$.OrderLines[1].Quantity", "$.OrderLines[1].Product.Price", "$.OrderLines[2].Quantity",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"Id": None}, "$.Id"), ({"Id": ""}, "$.Id"), ({"OrderLines": [{**LINE, "Id": ""}]}, "$.OrderLines[0].Id"),
        ({"OrderLines": [{**LINE, "ItemId": None}]}, "$.OrderLines[0].ItemId"),
        ({"OrderLines": [{**LINE, "TaxPercent": -100}]}, "$.OrderLines[0].TaxPercent"),
        ({"OrderLines": [{**LINE, "IngredientItems": [{"Quantity": 1, "TaxPercent": -101}]}]},
         "$.OrderLines[0].IngredientItems[0].TaxPercent"),
        ({"OrderLines": [None]}, "$.OrderLines[0]"), ({"OrderLines": {}}, "$.OrderLines"),
        ({"Payments": [{"Id": str(number(4))}]}, "$.Payments[0].PaidAmount"),
        ({"Payments": [{"PaidAmount": 1, "Id": ""}]}, "$.Payments[0].Id"),
        ({"Receipts": [{}]}, "$.Receipts[0].ReceiptId"),
        ({"Customer": "Eva"}, "$.Customer"),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_named_by_its_path(members: dict[str, Any], path: str) -> None:
    assert path in problems(order, **members)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"5", b'"x"', b"{", b'{"Id": "\xff"}', b'{"Id"}', b"[" * 100_000]
)
def test_what_is_no_order_at_all(body: bytes) -> None:
    assert [path.partition(".")[0] for path in problems(reading.read_order, body, zones)] == ["$"]


def test_a_byte_order_mark_is_accepted() -> None:
    assert reading.read_order(b'\xef\xbb\xbf{"Id":"%b"}' % str(ORDER).encode(), zones) == Order(Id=ORDER)


def test_a_line_has_what_the_wire_leaves_open() -> None:
    read = line(Product={"Id": str(number(7))}, ItemId="")
    assert (read.ItemId, read.OrderId, read.Active) == (number(7), ORDER, 1)
    assert (read.Direction, read.TaxPercent) == (1, ZERO)
    assert line(Direction=0).Direction == 1 and line(Active=0).Active == 0
    assert line(Active=None).Active == 1


def test_an_ingredient_has_its_lines_direction_and_vat_where_it_has_none() -> None:
    items = [{"Quantity": 1}, {"Quantity": 1, "Direction": 1, "TaxPercent": 0}]
    mine, own = line(Direction=-1, TaxPercent=12, IngredientItems=items).IngredientItems
    assert (mine.Direction, mine.TaxPercent) == (-1, Decimal(12))
    assert (own.Direction, own.TaxPercent) == (1, ZERO)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("4111111111114242", "************4242"), ("4111 1111 1111 4242", "**** **** **** 4242"), ("4242", "4242"),
     ("************4242", "************4242"), ("", ""), (None, None)],
)  # fmt: skip
def test_of_a_card_number_four_digits_are_kept(sent: str | None, kept: str | None) -> None:
    read = order(Payments=[{**PAYMENT, "CreditCardNo": sent}]).Payments
    assert read is not None and read[0].CreditCardNo == kept


def test_a_card_number_on_a_slip_is_masked_too() -> None:
    slip = "VISA 4111 1111 1111 4242\nTotal 253,00 2026-11-23"
    read = order(Receipts=[{**RECEIPT, "CustomerPaymentReceipt": slip, "MerchantPaymentReceipt": slip}]).Receipts
    assert read is not None and read[0].CustomerPaymentReceipt == read[0].MerchantPaymentReceipt
    assert read[0].CustomerPaymentReceipt == "VISA **** **** **** 4242\nTotal 253,00 2026-11-23"


def test_the_version_of_a_body_is_not_taken() -> None:
    assert order(Version=77).Version == 0
