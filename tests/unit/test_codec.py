"""Stored bytes: what was written once can be read for ever, and personal data only with its key."""

from __future__ import annotations

import base64
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings

from ledger import codec, events
from ledger.append import occurred_at
from ledger.codec import Metadata
from ledger.errors import CannotDecode
from ledger.events import NAMES, STORED, Encoded, Event
from ledger.records import Customer, Order, Payment
from tests.unit import rich
from tests.unit.given import number
from tests.unit.rich import SECRET

GOLDEN = Path(__file__).parent / "golden"
KEY, NONCE, CONTEXT = b"k" * 32, b"n" * codec.NONCE_BYTES, b"event id"
SUBJECT = "customer-00000000-0000-0000-0000-0000000000c0"
CALLBACK = events.SwishStatusReceived(
    kind="payment", status="PAID", amount=Decimal("74.85"), currency="SEK", payment_reference="6D6C",
    payee_payment_reference="F-17", original_payment_reference="0AF1", date_paid="2026-11-23T11:52:00+01:00",
    payer_alias=f"4670{SECRET}", message=f"hej {SECRET}", callback={"payername": SECRET, "amount": Decimal("74.85")},
)  # fmt: skip
# What each golden file is read as. A file of an old version stays, and is read as the newest event.
EXAMPLES: dict[tuple[str, int], Event] = {
    ("order.drafted", 1): events.OrderDrafted(order=rich.an_order()),
    ("order.finalised", 1): events.OrderFinalised(order=rich.an_order()),
    ("order.amended", 1): events.OrderAmended(order=rich.an_order()),
    ("order.closed", 1): events.OrderClosed(order=Order(Id=number(1), Status=14)),
    ("order.numbered", 1): events.OrderNumbered(order_int_id=44, order_no_of_day="20261123-7"),
    ("order.status_changed", 1): events.OrderStatusChanged(status=10),
    ("order.external_id_assigned", 1): events.OrderExternalIdAssigned(external_id="V-1", fn_response="OK", wc_id=9),
    ("order.invoiced", 1): events.OrderInvoiced(invoice_id=number(0xF1), customer_id=number(0xC0)),
    ("order.uninvoiced", 1): events.OrderUninvoiced(invoice_id=number(0xF1)),
    ("order.invoice_synced", 1): events.OrderInvoiceSynced(external_id="V-1"),
    ("order.swish_changed", 1): events.OrderSwishChanged(swish_payment=rich.a_swish_payment()),
    ("payment.captured", 1): events.PaymentCaptured(payment=rich.a_payment(), swish="AB" * 16),
    ("payment.voided", 1): events.PaymentVoided(payment_id=number(200)),
    ("receipt.issued", 1): events.ReceiptIssued(receipt=rich.a_receipt()),
    ("drawer.logged", 1): events.DrawerEntryLogged(entry=rich.a_drawer_entry()),
    ("drawer.corrected", 1): events.DrawerEntryCorrected(entry=rich.a_drawer_entry()),
    ("invoice.saved", 1): events.InvoiceSaved(invoice=rich.an_invoice()),
    ("terminal.reported", 1): events.TerminalReported(log=rich.a_terminal_log()),
    ("report.received", 1): events.ReportReceived(log=rich.a_terminal_log()),
    ("swish.recorded", 1): events.SwishRecorded(record=rich.a_swish_payment()),
    ("swish.status_received", 1): CALLBACK,
    ("swish.tied", 1): events.SwishTied(order_id=number(1)),
    ("swish.flagged", 1): events.SwishFlagged(flag="amount_mismatch"),
    ("outlet.set", 1): events.OutletSet(outlet_id=number(0x0A), name="Kafé", zone="Europe/Helsinki", day_starts=4),
    ("customer.erased", 1): events.CustomerErased(customer_id=number(0xC0), streams=[f"order-{number(1)}"]),
}
COMPACT = msgspec.json.Decoder(Order, float_hook=Decimal)
PERSONAL = [stored for stored, event in EXAMPLES.items() if codec.encode(event).personal]


def golden_file(stored: tuple[str, int]) -> Path:
    """Where the stored bytes of an event's example lie."""
    return GOLDEN / f"{stored[0]}.{stored[1]}.json"


def data_of(event: Event) -> bytes:
    """The bytes as `append` writes them, under a key that is known here."""
    encoded = codec.encode(event)
    return codec.seal(encoded, SUBJECT, KEY, NONCE, CONTEXT) if encoded.personal else encoded.data


def write_new_golden_files() -> None:
    """To be run by hand, once, for a new event or version; a file that is there is history, and never written again:

    `python -c "from tests.unit.test_codec import write_new_golden_files; write_new_golden_files()"`
    """
    for stored in EXAMPLES:
        if stored in STORED and not golden_file(stored).exists():
            golden_file(stored).write_bytes(data_of(EXAMPLES[stored]))


def opened(stored: tuple[str, int], data: bytes, **keys: bytes) -> Event:
    """The event of stored bytes."""
    return codec.decode(*stored, data, keys or {SUBJECT: KEY}, CONTEXT)


def test_every_event_ever_stored_has_its_bytes_and_an_example() -> None:
    files = {path.name for path in GOLDEN.glob("*.json")}
    assert files == {golden_file(stored).name for stored in EXAMPLES}
    assert EXAMPLES.keys() >= STORED.keys(), "write an example, then its bytes: write_new_golden_files"


@pytest.mark.parametrize("stored", EXAMPLES)
def test_stored_bytes_are_read_for_ever(stored: tuple[str, int]) -> None:
    assert opened(stored, golden_file(stored).read_bytes()) == EXAMPLES[stored]


@pytest.mark.parametrize("stored", STORED)
def test_the_format_does_not_drift(stored: tuple[str, int]) -> None:
    assert data_of(EXAMPLES[stored]) == golden_file(stored).read_bytes()


def test_a_stored_name_belongs_to_one_event() -> None:
    assert len(NAMES) == len(STORED) and {stored[0] for stored in STORED} == {stored[0] for stored in NAMES.values()}


def values_of(record: Any, members: tuple[str, ...]) -> list[Any]:
    """The values of the members wherever they are inside an event, records and lists of them included."""
    found: list[Any] = []
    for name in getattr(record, "__struct_fields__", ()):
        value = getattr(record, name)
        found += [value] if name in members else []
        for inner in value if isinstance(value, list) else [value]:
            found += values_of(inner, members)
    return found


def test_nothing_personal_is_stored_in_the_clear() -> None:
    assert len(PERSONAL) == 13
    for stored in PERSONAL:
        data, kind = golden_file(stored).read_bytes(), type(EXAMPLES[stored])
        assert SECRET.encode() not in data and SECRET.encode("ascii", "backslashreplace") not in data
        assert b"$extra" not in data and b"Loyalty" not in data and b"Customr" not in data
        whole = codec.encoder.encode(EXAMPLES[stored])
        assert whole.count(SECRET.encode()) > 0, f"{kind.__name__} has nothing to hide"


@pytest.mark.parametrize("stored", PERSONAL)
def test_without_its_key_personal_data_is_not_there_and_all_else_is(stored: tuple[str, int]) -> None:
    erased = opened(stored, golden_file(stored).read_bytes(), somebody=KEY)
    left = codec.encode(erased).data
    assert SECRET.encode() not in left and not codec.encode(erased).personal
    bare: dict[str, Any] = msgspec.json.decode(golden_file(stored).read_bytes())
    bare.pop("sealed")
    assert msgspec.json.decode(left) == bare


def test_without_its_key_an_order_is_still_a_sale() -> None:
    stored = ("order.finalised", 1)
    erased, whole = opened(stored, golden_file(stored).read_bytes(), somebody=KEY), EXAMPLES[stored]
    assert isinstance(erased, events.OrderFinalised) and isinstance(whole, events.OrderFinalised)
    assert (erased.order.Customer, erased.order.Comments, erased.order.CustomerId) == (None, None, number(0xC0))
    kept = ("Quantity", "UnitPrice", "ItemDiscount", "TaxPercent", "Direction", "PaidAmount", "CreditCardNo", "Price")
    assert values_of(erased, kept) == values_of(whole, kept) and len(values_of(erased, ("Quantity",))) == 5


@pytest.mark.parametrize("stored", PERSONAL)
def test_a_box_opens_only_where_it_was_closed(stored: tuple[str, int]) -> None:
    data = golden_file(stored).read_bytes()
    with pytest.raises(CannotDecode, match=stored[0]):
        codec.decode(*stored, data, {SUBJECT: KEY}, b"another event")
    with pytest.raises(CannotDecode, match=stored[0]):
        codec.decode(*stored, data, {SUBJECT: b"x" * 32}, CONTEXT)


@pytest.mark.parametrize("stored", EXAMPLES)
def test_the_bytes_say_whose_key_they_need(stored: tuple[str, int]) -> None:
    data = golden_file(stored).read_bytes()
    assert codec.subject(data) == (SUBJECT if stored in PERSONAL else None)


def test_a_client_cannot_name_the_key() -> None:
    order = Order(Id=number(1), Bong='x,"sealed":{"key":"mine"}', extra={"sealed": {"key": "mine", "box": ""}})
    event = events.OrderDrafted(order=order)
    data = data_of(event)
    assert codec.subject(data) == SUBJECT and opened(("order.drafted", 1), data) == event
    plain = events.OrderDrafted(order=Order(Id=number(1), Bong='x,"sealed":{"key":"mine"}'))
    assert codec.subject(data_of(plain)) is None and opened(("order.drafted", 1), data_of(plain)) == plain


@pytest.mark.parametrize("stored", [("order.drafted", 2), ("order.drafted", 0), ("order.eaten", 1), ("", 1)])
@pytest.mark.parametrize("data", [b'{"order":{"Id":"00000000-0000-0000-0000-000000000001"}}', b'{"a":1,"sealed":{}}'])
def test_an_event_nobody_knows_stops_the_reader(stored: tuple[str, int], data: bytes) -> None:
    with pytest.raises(CannotDecode):
        opened(stored, data)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"null", b"[]", b'{"order":{}}', b'{"order":1}', b'{"order":{"Id":"1"},"sealed":{"box":""}}',
             b'{"order":{"Id":"00000000-0000-0000-0000-000000000001"},"sealed":{"key":"' + SUBJECT.encode() +
             b'","box":"AAAA"}}'],
)  # fmt: skip
def test_bytes_that_are_no_event_stop_the_reader(data: bytes) -> None:
    with pytest.raises(CannotDecode):
        opened(("order.drafted", 1), data)


@settings(max_examples=60, deadline=None)
@given(rich.thinned(rich.an_order()))
def test_any_order_comes_back_as_it_was(order: Order) -> None:
    event = events.OrderDrafted(order=order)
    stored = data_of(event)
    assert opened(("order.drafted", 1), stored) == event
    full = codec.decode("order.drafted", 1, stored, {SUBJECT: KEY}, CONTEXT, full=True)
    assert isinstance(full, events.OrderDrafted) and type(full.order).__name__ == "FullOrder"
    assert COMPACT.decode(codec.encoder.encode(full.order)) == order


@settings(max_examples=60, deadline=None)
@given(rich.thinned(rich.an_order()))
def test_what_a_lean_order_carries_on_is_what_a_full_one_writes(order: Order) -> None:
    event = events.OrderDrafted(order=order)
    stored = data_of(event)
    full, lean = (
        codec.decode("order.drafted", 1, stored, {SUBJECT: KEY}, CONTEXT, full=not lean, lean=lean)
        for lean in (False, True)
    )
    assert isinstance(lean, events.OrderDrafted) and type(lean.order).__name__ == "LeanOrder"
    assert codec.encoder.encode(lean) == codec.encoder.encode(full)


@pytest.mark.parametrize("event", [e for s, e in EXAMPLES.items() if s not in PERSONAL])
def test_what_holds_nothing_personal_is_stored_as_it_is(event: Event) -> None:
    assert codec.encode(event) == Encoded(codec.encoder.encode(event), b"")


class TillOpened(Event, frozen=True, kw_only=True):
    """An event that is in its second version: `payment` was called `paid` before, and `floor` is new."""

    payment: Payment
    floor: int = 0


def test_old_bytes_are_read_in_todays_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    def renamed(tree: dict[str, Any]) -> dict[str, Any]:
        return {"payment": tree["paid"], "floor": 3}

    monkeypatch.setitem(STORED, ("till.opened", 2), TillOpened)
    monkeypatch.setitem(codec.UPCASTERS, ("till.opened", 1), renamed)
    newest = TillOpened(payment=rich.a_payment(), floor=3)
    old = data_of(newest).replace(b'"payment":', b'"paid":').replace(b',"floor":3', b"")
    # The box too has the shape of its day.
    cut = b'{"paid":' + codec.encoder.encode({"PayerRef": rich.a_payment().PayerRef, "$extra": rich.UNKNOWN}) + b"}"
    box = base64.b64encode(NONCE + AESGCM(KEY).encrypt(NONCE, cut, CONTEXT))
    old = old[: old.index(b'"box":"') + 7] + box + b'"}}'
    assert opened(("till.opened", 1), old) == newest == opened(("till.opened", 2), data_of(newest))
    full = codec.decode("till.opened", 1, old, {SUBJECT: KEY}, CONTEXT, full=True)
    assert isinstance(full, TillOpened) and type(full.payment).__name__ == "FullPayment" and full.floor == 3
    erased = opened(("till.opened", 1), old, somebody=KEY)
    assert isinstance(erased, TillOpened) and (erased.payment.PayerRef, erased.floor) == (None, 3)


def test_metadata_comes_back() -> None:
    metadata = Metadata("key:1", "10.0.0.1", "c", "d", "e", "f")
    assert codec.decode_metadata(codec.encoder.encode(metadata)) == metadata
    assert codec.encoder.encode(Metadata("key:1")) == b'{"actor":"key:1"}'
    with pytest.raises(CannotDecode):
        codec.decode_metadata(b"{}")


@pytest.mark.parametrize("said", [{"Comments": ""}, {"OrderComments": ""}, {"Customer": Customer()}])
def test_a_blank_is_nothing_personal(said: dict[str, Any]) -> None:
    """Many clients write an empty text where they have none, and a customer with nothing in it."""
    bare = events.OrderDrafted(order=Order(Id=number(1), **said))
    assert not codec.encode(bare).personal and opened(("order.drafted", 1), data_of(bare)) == bare
    told = events.OrderDrafted(order=Order(Id=number(1), **said | {"Customr": Customer(Name=SECRET)}))
    stored = data_of(told)
    assert SECRET.encode() not in stored and opened(("order.drafted", 1), stored) == told


def test_every_event_that_has_a_date_occurred_then() -> None:
    """Of what happened by nobody's clock but ours there is none."""
    dates = {stored[0]: occurred_at(event) for stored, event in EXAMPLES.items() if stored in STORED}
    undated = {name for name, date in dates.items() if date is None}
    # The example of `order.closed` has no date.
    assert undated == {"order.closed", "order.numbered", "order.status_changed", "order.external_id_assigned",
                       "order.invoiced", "order.uninvoiced", "order.invoice_synced", "order.swish_changed",
                       "payment.voided", "swish.recorded", "swish.tied", "swish.flagged", "outlet.set",
                       "customer.erased"}  # fmt: skip
    assert dates["order.finalised"] == rich.an_order().InvoiceDate
    assert dates["drawer.corrected"] == rich.a_drawer_entry().ActivityDate == dates["drawer.logged"]
    assert dates["report.received"] == rich.a_terminal_log().ActivityDate == dates["terminal.reported"]
    assert dates["invoice.saved"] == rich.an_invoice().CreationDate
