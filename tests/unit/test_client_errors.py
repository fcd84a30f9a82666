"""What the client makes of answers that are no success, the ledger's and those of whatever stands before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from api.client.errors import problem_of, retry_after
from api.client.sending import FIRST_PAUSE, LONGEST_PAUSE, pause_before

REFUSED = {"type": "urn:order-ledger:refused", "title": "No", "status": 417, "detail": "why", "errors": [
    {"path": "$.Id", "message": "is missing"}], "retryable": False}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "content", "headers", "retryable", "refusal"),
    [
        (417, REFUSED, {}, False, True),
        (417, REFUSED | {"retryable": True}, {"retry-after": "1"}, True, False),
        (417, None, {}, False, False), (413, None, {}, False, True),
        (400, REFUSED, {}, False, False), (401, REFUSED, {}, False, False), (403, REFUSED, {}, False, False),
        (403, REFUSED | {"type": "urn:order-ledger:other-terminal"}, {}, False, True),
        (403, REFUSED | {"type": "urn:order-ledger:forbidden"}, {}, False, False),
        (404, REFUSED, {}, False, False), (404, REFUSED, {"retry-after": "1"}, True, False),
        (500, REFUSED, {}, False, False), (502, None, {}, True, False), (503, "<html>", {}, True, False),
        (504, [], {}, True, False), (429, {}, {}, True, False), (408, REFUSED, {}, True, False),
    ],
)  # fmt: skip
def test_what_can_succeed_later_and_what_is_the_documents_fault(
    status: int, content: object, headers: dict[str, str], retryable: bool, refusal: bool
) -> None:
    found = problem_of(status, content, headers)
    assert (found.status, found.retryable, found.is_refusal) == (status, retryable, refusal)


def test_a_problem_says_what_the_ledger_said() -> None:
    found = problem_of(417, REFUSED, {})
    assert found.document == {name: value for name, value in REFUSED.items() if name != "retryable"}
    assert str(found) == "417 No: why; $.Id is missing"
    assert problem_of(502, {"errors": 7, "title": None}, {}).errors == []


def test_when_to_come_again_is_a_number_or_a_date() -> None:
    assert retry_after("7") == 7.0
    in_a_minute = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True))
    assert in_a_minute is not None and 50 < in_a_minute <= 60
    assert retry_after("Fri, 27 Nov 2020 06:00:00 GMT") == 0.0
    for nothing in ("", "soon", "-1", "1.5", "7" * 400):
        assert (retry_after(nothing) or 0.0) < 1e9


def test_pauses_grow_to_a_bound_and_differ() -> None:
    for number in (0, 3, 100, 10**6):
        pauses = {pause_before(number) for _ in range(50)}
        assert len(pauses) > 40
        assert min(pauses) >= 0 and max(pauses) <= min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(number, 16))
    assert all(5.0 <= pause_before(0, 5.0) <= 5.0 + FIRST_PAUSE for _ in range(50))
    assert pause_before(0, 86_400.0) < 130
