"""However a body is spelled, it is the same document: one record, one fingerprint, by the fast way and the slow."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any
from unittest import mock

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import decoding, posted, reading, tolerant
from ledger.append import fingerprint
from ledger.codec import encoder
from ledger.errors import BadInput
from ledger.records import Order, Product, Record
from projections.documents import document
from tests.unit import rich
from tests.unit.given import ORDER, number
from tests.unit.speller import STOCKHOLM, Speller

# The order of unknown members says nothing.
ORDERED = msgspec.json.Encoder(decimal_format="number", order="deterministic")
BOM = b"\xef\xbb\xbf"
# What a record may not be without, beside its required members.
NEEDED = ("OrderLine.Id", "OrderLine.ItemId")
KINDS: list[tuple[Callable[..., Record], Record]] = [
    (reading.read_order, rich.an_order()),
    (reading.read_invoice, rich.an_invoice()),
    (reading.read_drawer_log, rich.a_drawer_entry()),
    (reading.read_terminal_log, rich.a_terminal_log()),
    (reading.read_swish_payment, rich.a_swish_payment()),
]
each_kind = pytest.mark.parametrize(("reader", "example"), KINDS, ids=[type(example).__name__ for _, example in KINDS])
seeds = st.integers(0, 2**32)


def read(reader: Callable[..., Record], body: bytes) -> Record:
    """A record of a body; every outlet is in Stockholm."""
    return reader(body) if reader is reading.read_swish_payment else reader(body, lambda outlet: STOCKHOLM)


def read_fast(reader: Callable[..., Record], body: bytes) -> Record:
    """A record of a body for which one strict decode must do."""
    with mock.patch.object(tolerant, "loose", side_effect=AssertionError("the slow way was taken")):
        return read(reader, body)


def read_slowly(reader: Callable[..., Record], body: bytes) -> Record:
    """A record of a body that no decoder knows."""
    with mock.patch.object(decoding, "read_posted", side_effect=ValueError):
        return read(reader, body)


def assert_same(one: Record, other: Record) -> None:
    """The same record, stored as the same bytes, and known again as the same document."""
    assert one == other
    assert ORDERED.encode(one) == ORDERED.encode(other)
    assert fingerprint(b"secret", "x", one) == fingerprint(b"secret", "x", other)


@each_kind
def test_a_record_in_normal_form_is_read_as_it_is(reader: Callable[..., Record], example: Record) -> None:
    expected = msgspec.structs.replace(example, Version=0) if isinstance(example, Order) else example
    assert_same(read(reader, Speller().body(example)), expected)


@each_kind
def test_an_answer_can_be_posted_again(reader: Callable[..., Record], example: Record) -> None:
    assert_same(read(reader, document(example)), read(reader, Speller().body(example)))


@each_kind
@settings(max_examples=40, deadline=None)
@given(data=st.data(), seed=seeds)
def test_the_fast_way_and_the_slow_way_agree(
    reader: Callable[..., Record], example: Record, data: st.DataObject, seed: int
) -> None:
    sent = data.draw(rich.thinned(example, NEEDED, never=("extra",)))
    plain = Speller().body(sent)
    fast = read_fast(reader, plain)
    assert_same(read(reader, BOM + plain), fast)
    assert_same(read(reader, Speller(Random(seed)).body(sent)), fast)


def by_dotnet(record: Record, rename: Callable[[str], str], *, newer: bool = False) -> dict[str, Any]:
    """A document as .NET writes one whose author made everything nullable: all members, null where there is nothing.
    With `newer` also members that we do not know, the record's own and one wherever a record is.
    """
    fields = [field for field in msgspec.structs.fields(type(record)) if field.name != "extra"]
    usual = type(record)(**{field.name: getattr(record, field.name) for field in fields if field.required})
    members = {field.name: getattr(record, field.name) for field in fields}
    known = {
        rename(name): None
        if value == getattr(usual, name) and name not in [field.name for field in fields if field.required]
        else by_dotnet(value, rename, newer=newer)
        if isinstance(value, Record)
        else [by_dotnet(one, rename, newer=newer) if isinstance(one, Record) else one for one in value]
        if isinstance(value, list)
        else value
        for name, value in members.items()
    }
    if not newer:
        return known
    # What a product holds within one another may be nested too deep.
    extra = msgspec.UNSET if isinstance(record, Product) else getattr(record, "extra", msgspec.UNSET)
    return known | (extra or {}) | {"Since48": None}


@each_kind
@pytest.mark.parametrize("rename", [str, posted.camel_case], ids=["as it is", "camel case"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_dotnet_writes_is_read_the_fast_way(
    reader: Callable[..., Record], example: Record, rename: Callable[[str], str], data: st.DataObject
) -> None:
    sent = data.draw(rich.thinned(example, NEEDED, never=("extra",)))
    text = encoder.encode(by_dotnet(sent, rename)).decode()
    escaped = re.sub(r"[^\x00-\x7f]|[&'+<>`]", lambda found: json.dumps(found[0])[1:-1], text)
    plain = read(reader, Speller().body(sent))
    for spelled in (text, escaped, "\ufeff" + text):
        assert_same(read_fast(reader, spelled.encode()), plain)


@each_kind
@pytest.mark.parametrize("rename", [str, posted.camel_case], ids=["as it is", "camel case"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_a_newer_dotnet_writes_is_read_nearly_as_fast(
    reader: Callable[..., Record], example: Record, rename: Callable[[str], str], data: st.DataObject
) -> None:
    sent = data.draw(rich.thinned(example, NEEDED))
    body = encoder.encode(by_dotnet(sent, rename, newer=True))
    slowly = read_slowly(reader, body)
    with mock.patch.object(tolerant, "convert", side_effect=AssertionError("the slow way was taken")):
        assert_same(read(reader, body), slowly)
    assert encoder.encode(slowly).count(b'"Since48":') == body.count(b'"Since48":')


@pytest.mark.parametrize("order", ['"Kitchen":1,"kitchen":2,"Kitchen":3', '"PayeeSSN":"x","CallbackIdentifier":1'])
@pytest.mark.parametrize("more", ["", '"orderlines":null,', '"Outlet":{"Id":null,"id":null,"Floor":1},', '"Id":null,'])
def test_names_that_come_twice_or_are_none_of_ours(order: str, more: str) -> None:
    body = f'{{{more}{order},"Id":"{ORDER}","Outlet":{{"Name":"Kafé","Floor":2}}}}'.encode()
    found = read(reading.read_order, body)
    assert_same(found, read_slowly(reading.read_order, body))
    assert isinstance(found, Order) and (found.extra is msgspec.UNSET) == ("SSN" in order), "a secret leaves no trace"


@pytest.mark.parametrize("member", [r'"a\u0000b"', "1e999", '{"a":[1e-999]}', "[" * 70 + "]" * 70, '{"\\u0000":1}'])
@pytest.mark.parametrize("place", ["", '"OrderLines":[%s]', '"OrderLines":[{"Product":%s}]'])
def test_what_is_wrong_with_an_unknown_member_is_named_as_ever(member: str, place: str) -> None:
    inner = f'{{"Id":"{ORDER}","ItemId":"{ORDER}","Kitchen":{member}}}'
    body = f'{{"Id":"{ORDER}",{place % inner if place else inner[1:-1]}}}'.encode()
    with pytest.raises(BadInput) as quick:
        read(reading.read_order, body)
    with pytest.raises(BadInput) as slow:
        read_slowly(reading.read_order, body)
    assert quick.value.problems == slow.value.problems


@pytest.mark.parametrize("more", ["", '"Kitchen":1,', '"kitchen":1,'])
@pytest.mark.parametrize(
    "wrong",
    [
        f'"Id":"{number(0)}","CreationDate":"nonsense"',
        f'"Id":"{ORDER}","Status":7,"CreationDate":"nonsense"',
        f'"Id":"{ORDER}","Customer":{{"Kitchen":1}},"Status":"open"',
    ],
)
def test_a_refusal_names_the_same_however_it_was_found(more: str, wrong: str) -> None:
    body = f"{{{more}{wrong}}}".encode()
    with pytest.raises(BadInput) as quick:
        read(reading.read_order, body)
    with pytest.raises(BadInput) as slow:
        read_slowly(reading.read_order, body)
    assert quick.value.problems == slow.value.problems


def test_what_is_deep_enough_for_a_product_is_too_deep_within_its_order() -> None:
    product = f'{{"Unit":0,"Deep":{"[" * 62}{"]" * 62}}}'
    body = f'{{"Id":"{ORDER}","OrderLines":[{{"Id":"{ORDER}","ItemId":"{ORDER}","Quantity":1,"Product":{product}}}]}}'
    with pytest.raises(BadInput) as caught:
        read(reading.read_order, body.encode())
    assert caught.value.problems == (("$", "is nested too deep"),)


@pytest.mark.parametrize(
    ("name", "written"),
    [("Id", "id"), ("PLU", "plu"), ("OrderIntID", "orderIntID"), ("WC_ID", "wC_ID"), ("IsInInvoice", "isInInvoice")],
)
def test_camel_case_as_dotnet_has_it(name: str, written: str) -> None:
    assert posted.camel_case(name) == written


@each_kind
@settings(max_examples=40, deadline=None)
@given(data=st.data(), seed=seeds)
def test_unknown_members_are_no_hindrance(
    reader: Callable[..., Record], example: Record, data: st.DataObject, seed: int
) -> None:
    sent = data.draw(rich.thinned(example, NEEDED))
    plain = read(reader, Speller().body(sent))
    assert_same(read(reader, Speller(Random(seed)).body(sent)), plain)
    assert encoder.encode(plain).count(b'"$extra":') == encoder.encode(sent).count(b'"$extra":')


ESCAPED = ["$extra", r"\u0024extra", r"$\u0065xtra", r"$ex\u0074r\u0061", r"\u0024\u0065\u0078\u0074\u0072\u0061"]


@pytest.mark.parametrize("name", [*ESCAPED, "extra", "$Extra", "$EXTRA"])
@pytest.mark.parametrize("member", ['{"Status":13,"Id":"x"}', "null", "5", '"x"', "[]"])
def test_our_own_name_for_unknown_members_is_one_of_them(name: str, member: str) -> None:
    plain = json.loads(f'"{name}"')
    product = f'{{"Id":"{number(7)}","{name}":{member}}}'
    line = f'{{"Id":"{number(2)}","Quantity":1,"Product":{product},"{name}":{member}}}'
    body = f'{{"Id":"{ORDER}","{name}":{member},"OrderLines":[{line}]}}'
    found = read(reading.read_order, body.encode())
    assert isinstance(found, Order) and found.OrderLines and found.OrderLines[0].Product and found.Status == 0
    for record in (found, found.OrderLines[0], found.OrderLines[0].Product):
        assert record.extra == {plain: json.loads(member)}
    shown = json.loads(document(found))
    assert shown[plain] == shown["OrderLines"][0][plain] == shown["OrderLines"][0]["Product"][plain]
    assert shown[plain] == json.loads(member) and shown["Status"] == 0


def nested(lines: int, more: str = "") -> bytes:
    """An order with lines inside one another."""
    line = f'{{"Id":"{number(2)}","ItemId":"{number(3)}","Quantity":1,"Product":{{"Unit":0}},"IngredientItems":['
    return f'{{"Id":"{ORDER}",{more}"OrderLines":[{line * lines}{"]}" * lines}]}}'.encode()


def unknown(levels: int) -> bytes:
    """An order with an unknown member of arrays inside one another."""
    return f'{{"Id":"{ORDER}","Loyalty":{"[" * levels}{"]" * levels}}}'.encode()


@pytest.mark.parametrize("body", [nested(31), nested(31, '"Loyalty":1,'), unknown(63)])
def test_what_is_taken_can_be_shown_from_any_depth_of_the_stack(body: bytes) -> None:
    def show(order: Record, depth: int) -> bytes:
        return show(order, depth - 1) if depth else document(order)

    assert show(read(reading.read_order, body), 300).count(b"[") >= 32


@pytest.mark.parametrize("body", [nested(32), nested(32, '"Loyalty":1,'), unknown(64), unknown(900), nested(3000)])
def test_64_levels_are_enough(body: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        read(reading.read_order, body)
    assert caught.value.problems == (("$", "is nested too deep"),)


@pytest.mark.parametrize("member", ["IngredientItems", "ItemDetails", "OrderLines", "Payments", "Receipts"])
def test_a_list_holds_no_nulls(member: str) -> None:
    line: dict[str, Any] = {"Id": str(number(2)), "ItemId": str(number(3)), "Quantity": 1}
    inside = member in ("IngredientItems", "ItemDetails")
    body = {"Id": str(ORDER), "OrderLines": [line | {member: [None]}]} if inside else {"Id": str(ORDER), member: [None]}
    with pytest.raises(BadInput) as caught:
        read(reading.read_order, json.dumps(body).encode())
    path = f"$.OrderLines[0].{member}[0]" if inside else f"$.{member}[0]"
    assert caught.value.problems == ((path, "must not be null"),)
