"""Who lets a callback of Swish in, and what of Swish is never kept (contract, section 5)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ledger.commands import TakeSwish
from ledger.errors import NotAdmitted
from ledger.events import SwishStatusReceived
from ledger.reading import read_order, read_swish_payment
from ledger.records import SwishPayment
from ledger.swish import read_callback
from ledger.swish_door import OPEN, Door, admit, keyed_hash, text_without_secrets, without_secrets
from tests.unit.given import Books, number

STOCKHOLM = ZoneInfo("Europe/Stockholm")
OWN, TENANTS, OTHER = (keyed_hash(bytes(32), text) for text in (b"own", b"tenant", b"other"))
STREAM = "swish-A1"


@pytest.mark.parametrize(
    ("own", "agreed", "sent", "listed", "let_in"),
    [
        (None, None, None, False, False),
        (None, None, OTHER, False, False),
        (None, None, None, True, True),
        (None, None, OTHER, True, True),
        (None, TENANTS, None, True, False),
        (None, TENANTS, OTHER, True, False),
        (None, TENANTS, TENANTS, False, True),
        (OWN, None, None, True, False),
        (OWN, None, OTHER, True, False),
        (OWN, None, OWN, False, True),
        (OWN, TENANTS, TENANTS, True, False),
        (OWN, TENANTS, OWN, False, True),
    ],
)
def test_who_is_let_in(own: str | None, agreed: str | None, sent: str | None, listed: bool, let_in: bool) -> None:
    door = Door(is_listed=listed, identifier=sent, agreed=agreed)
    if let_in:
        admit(door, own)
    else:
        with pytest.raises(NotAdmitted):
            admit(door, own)
    admit(OPEN, own)


def callback(status: str = "PAID", **door: Any) -> TakeSwish:
    """A callback for the one payment of these tests."""
    said = SwishStatusReceived(kind="payment", status=status)
    return TakeSwish(stream=STREAM, said=said, swish_type=10, door=Door(**door), fingerprint=status)


def record(identifier: str | None, fingerprint: str = "record") -> TakeSwish:
    """The vendor's record of that payment."""
    said = SwishPayment(Id=number(5), SwishId="A1", SwishToken=fingerprint)
    return TakeSwish(stream=STREAM, said=said, swish_type=10, door=OPEN, identifier=identifier, fingerprint=fingerprint)


def test_who_is_refused_leaves_nothing() -> None:
    books = Books()
    books.take(record(OWN))
    for door in (Door(), Door(is_listed=True), Door(identifier=OTHER), Door(identifier=TENANTS, agreed=TENANTS)):
        books.refuse(TakeSwish(stream=STREAM, said=callback().said, swish_type=10, door=door), "a credential is needed")
    assert books.swish(STREAM).status is None
    books.take(callback(identifier=OWN))
    assert books.swish(STREAM).status == "PAID"


def test_a_retry_must_be_let_in_too() -> None:
    books = Books()
    books.take(record(OWN))
    books.take(callback(identifier=OWN))
    assert books.take(callback(identifier=OWN)).duplicate is not None
    books.refuse(callback(identifier=OTHER), "a credential is needed")


def test_a_record_without_an_identifier_keeps_the_one_before() -> None:
    books = Books()
    books.take(record(OWN, "first"))
    books.take(record(None, "second"))
    books.refuse(callback(is_listed=True), "a credential is needed")
    books.take(record(OTHER, "third"))
    books.refuse(callback(identifier=OWN), "a credential is needed")
    books.take(callback(identifier=OTHER))


def test_a_hash_is_of_one_tenant() -> None:
    assert keyed_hash(bytes(32), b"same") != keyed_hash(bytes([1] * 32), b"same")


@pytest.mark.parametrize(
    "name", ["payeeSSN", "PAYEESSN", "payee_ssn", "Payee-SSN", "callbackIdentifier", "callback identifier"]
)
def test_secret_members_are_dropped_at_any_depth(name: str) -> None:
    value = {"a": [{"b": {name: "19750108-8327", "kept": 1}}], name: {"x": 1}}
    assert without_secrets(value) == {"a": [{"b": {"kept": 1}}]}
    received = read_callback({"id": "A1", name.lower(): "19750108-8327", "nested": value}, STOCKHOLM)[1]
    assert received.callback == {"id": "A1", "nested": {"a": [{"b": {"kept": 1}}]}}
    body = b'{"Id": "%032d", "%b": "19750108-8327", "Kept": {"%b": 1}}' % (7, name.encode(), name.encode())
    assert read_swish_payment(body).extra == {"Kept": {}}
    order = read_order(b'{"Id": "%032d", "SwishPayment": %b}' % (1, body), lambda outlet: STOCKHOLM)
    assert order.SwishPayment is not None and order.SwishPayment.extra == {"Kept": {}}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"payeeSSN": "197501088327", "status": "PAID"}', '{"payeeSSN": null, "status": "PAID"}'),
        (r"{\"payeeSSN\":\"197501088327\",\"status\":\"PAID\"}", r"{\"payeeSSN\":null,\"status\":\"PAID\"}"),
        (r"{\\\"callbackIdentifier\\\":\\\"A-B\\\"}", r"{\\\"callbackIdentifier\\\":null}"),
        ('{"PayeeSSN":197501088327}', '{"PayeeSSN":null}'),
        ("payment: PAID", "payment: PAID"),
    ],
)
def test_a_text_that_holds_json_is_searched_too(text: str, kept: str) -> None:
    assert text_without_secrets(text) == kept
    received = read_callback({"id": "A1", "message": text}, STOCKHOLM)[1]
    assert (received.message, received.callback["message"]) == (kept, kept)
