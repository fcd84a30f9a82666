"""Genuine callbacks where requests need a credential: who is let in, and that nobody else leaves a trace (contract,
section 5).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.bodies import a_callback, a_swish_record, an_unpaid_order, swish_id
from tests.acceptance.callers import ELSEWHERE, LISTED, OWN, TENANTS, House, house

TIED = ["swish.status_received", "swish.flagged"]


@pytest.fixture
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[House]:
    """Two tenants at one server."""
    async with house(dsn, tmp_path) as found:
        yield found


def a_payment(payment: str | None = None, **changes: Any) -> dict[str, Any]:
    """A callback for an order nobody knows."""
    return a_callback(an_unpaid_order(), **({"id": payment} if payment else {}), **changes)


def is_refused(answer: httpx.Response) -> None:
    """Everybody who is not let in gets the same answer, whatever was wrong."""
    assert answer.status_code == 401, answer.text
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json() == {
        "type": "urn:order-ledger:unauthorised",
        "title": "Credentials are missing or unknown",
        "status": 401,
        "detail": "a credential is needed, or a callback that is let in",
        "errors": [],
        "retryable": False,
    }


async def test_where_nothing_is_agreed_the_address_counts(here: House) -> None:
    for address in (LISTED, f"::ffff:{LISTED}", f"{LISTED}:4711", "2001:db8::5", f"{ELSEWHERE}, {LISTED}"):
        callback = a_payment()
        assert here.call(callback, X_Forwarded_For=address).status_code == 200
        assert await here.events("plain", callback["id"]) == TIED
    for address in (ELSEWHERE, f"{LISTED}, {ELSEWHERE}", "nonsense", "127.0.0.1"):
        is_refused(here.call(a_payment(), X_Forwarded_For=address))
    is_refused(here.call(a_payment()))
    is_refused(here.call(a_payment(), X_Forwarded_For=ELSEWHERE, callbackIdentifier=OWN))


async def test_what_a_tenant_agreed_on_counts_for_all_its_payments(here: House) -> None:
    callback = a_payment()
    assert here.call(callback, "agreed", callbackIdentifier=TENANTS).json()["Duplicate"] is False
    assert here.call(callback, "agreed", callbackIdentifier=TENANTS).json()["Duplicate"] is True
    assert await here.events("agreed", callback["id"]) == TIED
    for wrong in (OWN, TENANTS[:-1], TENANTS.lower(), f"{TENANTS}x", "x" * 5000):
        is_refused(here.call(a_payment(), "agreed", callbackIdentifier=wrong))
    is_refused(here.call(a_payment(), "agreed", X_Forwarded_For=LISTED))
    is_refused(here.call(a_payment(), "plain", callbackIdentifier=TENANTS))


async def test_what_is_agreed_for_one_payment_comes_first(here: House) -> None:
    for tenant in ("plain", "agreed"):
        payment = await here.record(tenant, OWN)
        is_refused(here.call(a_payment(payment), tenant, callbackIdentifier=TENANTS))
        is_refused(here.call(a_payment(payment), tenant, X_Forwarded_For=LISTED))
        for status, more in (("CREATED", []), ("PAID", []), ("CANCELLED", ["swish.flagged"])):
            before = await here.events(tenant, payment)
            answer = here.call(a_payment(payment, status=status), tenant, callbackIdentifier=OWN)
            assert answer.status_code == 200, answer.text
            after = await here.events(tenant, payment)
            assert after[len(before) :] == ["swish.status_received", *more]
        assert here.call(a_payment(), "plain", X_Forwarded_For=LISTED).status_code == 200


async def test_a_key_leads_to_one_tenant_only(here: House) -> None:
    payment = await here.record("plain", OWN)
    is_refused(here.call(a_payment(payment), "agreed", callbackIdentifier=OWN))
    for nobody in (None, "", "nobody", "\0", "å" * 500, here.keys["plain"][:-1], here.keys["plain"].upper()):
        is_refused(here.call(a_payment(payment), nobody, callbackIdentifier=OWN, X_Forwarded_For=LISTED))
    assert here.call(a_payment(payment), "plain", callbackIdentifier=OWN).status_code == 200


async def test_who_is_refused_leaves_nothing(here: House) -> None:
    payment = await here.record("plain", OWN)
    assert (
        here.call(a_payment(payment, status="CREATED"), callbackIdentifier=OWN, Idempotency_Key="k").status_code == 200
    )
    for tenant in ("agreed", "plain"):
        assert here.call(a_payment(), tenant, X_Forwarded_For=LISTED, callbackIdentifier=TENANTS).status_code == 200
    before = await here.dump()
    assert len(before["ledger.events"]) > 5 and before["ledger.idempotency_keys"] == []
    forged = "FORGED-SECRET-0123456789"
    for body in (
        a_payment(payment), a_payment(), a_payment(id=None), {"originalPaymentReference": swish_id(), "id": payment},
        {"payoutInstructionUUID": payment, "payeeSSN": "197501088327"}, a_swish_record(an_unpaid_order()),
        b"no json", b"[]", b"", b"[" * 1000,
    ):  # fmt: skip
        for tenant in ("plain", "agreed", "nobody"):
            is_refused(here.call(body, tenant, callbackIdentifier=forged, Idempotency_Key="k"))
            is_refused(here.call(body, tenant, Idempotency_Key=forged))
            is_refused(here.call(body, tenant, callbackIdentifier=forged, Content_Encoding="gzip"))
    is_refused(here.call(a_swish_record(an_unpaid_order()), X_Forwarded_For=LISTED))
    is_refused(here.call(a_swish_record(an_unpaid_order()), "agreed", callbackIdentifier=TENANTS))
    assert await here.dump() == before
    log = here.log.read_text()
    assert not [secret for secret in (forged, OWN, TENANTS, "197501088327", here.keys["plain"]) if secret in log]


async def test_who_is_let_in_is_told_what_is_wrong(here: House) -> None:
    assert here.call(b"no json", "agreed", callbackIdentifier=TENANTS).status_code == 417
    assert here.call(b"no json", "plain", X_Forwarded_For=LISTED).status_code == 417
    assert "gzip" in here.call(a_payment(), X_Forwarded_For=LISTED, Content_Encoding="gzip").json()["detail"]


async def test_a_credential_that_is_unknown_is_no_callback(here: House) -> None:
    answer = here.call(a_payment(), X_Forwarded_For=LISTED, Authorization="Bearer unknown")
    assert answer.status_code == 401
    assert "callback" not in answer.json()["detail"]


async def test_secrets_never_reach_the_disk(here: House) -> None:
    ssn, spelled = "197501088327", {"CallbackIdentifier": OWN, "PayeeSSN": "197501088327"}
    payout: dict[str, Any] = {
        "payoutInstructionUUID": swish_id(),
        "status": "PAID",
        "more": [{"deep": spelled}],
        **spelled,
    }
    payout["message"] = f'{{"payeeSSN": "{ssn}"}}'
    assert here.call(payout, X_Forwarded_For=LISTED).status_code == 200
    dump = str(await here.dump())
    assert payout["payoutInstructionUUID"] in dump
    assert ssn not in dump and OWN not in dump and ssn not in here.log.read_text()


async def test_nobody_writes_his_own_address(dsn: str, tmp_path: Path) -> None:
    async with house(dsn, tmp_path, TRUSTED_PROXIES="") as found:
        is_refused(found.call(a_payment(), X_Forwarded_For=LISTED))
    async with house(dsn, tmp_path, TRUSTED_PROXIES="", SWISH_ADDRESSES="127.0.0.1") as found:
        assert found.call(a_payment(), X_Forwarded_For=ELSEWHERE).status_code == 200
