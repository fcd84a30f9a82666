"""Whatever is sent to whichever route: no answer of 500 or more, each in the contract's shape, and nothing stops."""

from __future__ import annotations

import json
import time
from datetime import timedelta

from hypothesis import HealthCheck, Phase, event, given, settings

from api.problems import Kind
from tests.acceptance.bodies import a_line, a_payment, an_order, new_id
from tests.acceptance.raw import Answer, connected, everything
from tests.acceptance.raw import answers as parsed
from tests.fuzz.asking import Asked, requests
from tests.fuzz.conftest import REQUESTS, Target

MEMBERS = {"type", "title", "status", "detail", "errors", "retryable"}
ALWAYS = {400, 401, 403, 404, 405, 413, 429, 431}
POSSIBLE = {
    Kind.COMMAND: {200, 417, 401, 403, 413, 429},
    Kind.QUERY: {200, 400, 401, 403, 404, 413, 429, 503},
    Kind.PAGE: {200, 303, 400, 401, 403, 404, 413, 429, 503},
}


def answered(url: str, asked: Asked) -> list[Answer]:
    """What is answered, interim answers apart; that of a HEAD has no body."""
    with connected(url) as connection:
        connection.sendall(asked.content)
        content = everything(connection)
    if asked.method == "HEAD":
        head, _, _ = content.partition(b"\r\n\r\n")
        return [Answer(int(head.split(b" ")[1]), {}, b"")]
    return [answer for answer in parsed(content) if answer.status >= 200]


def check(asked: Asked, answer: Answer) -> None:
    """An answer of the contract, section 1."""
    status = answer.status
    assert status < 500 or (status == 503 and "retry-after" in answer.headers), (asked.content[:3000], answer)
    if status >= 400 and answer.headers.get("content-type", "").startswith("text/html"):
        assert asked.route is None or asked.route.kind is Kind.PAGE
        assert b"</html>" in answer.body
    elif status >= 400 and answer.headers:
        assert answer.headers["content-type"] == "application/problem+json"
        found = answer.json()
        assert set(found) - {"error"} == MEMBERS, found
        assert (found["status"], type(found["retryable"]), type(found["detail"])) == (status, bool, str)
        assert all(set(error) == {"path", "message"} for error in found["errors"])
        assert found["retryable"] == ("retry-after" in answer.headers) or status == 429
    elif answer.body and answer.headers["content-type"].startswith("application/json"):
        answer.json()
    if asked.route is None:
        assert status in ALWAYS | {200, 204, 303, 417, 503}
    else:
        # An escape that is none, or a target of no form, is refused before it is known which route was meant.
        assert status in POSSIBLE.get(asked.route.kind, ALWAYS | {200, 503}) | {400, 404, 431}, (asked.content, answer)


@settings(
    max_examples=REQUESTS,
    derandomize=REQUESTS < 5000,  # `make test` says the same twice; `make fuzz` looks further each time
    deadline=timedelta(seconds=30),
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(requests())
def test_every_answer_is_one_of_the_contract(target: Target, asked: Asked) -> None:
    found = answered(target.url, asked)
    assert len(found) == 1, (asked.content[:3000], found)
    event(f"{asked.route.kind.value if asked.route else 'no route'}: {found[0].status}")
    check(asked, found[0])


def test_afterwards_everything_goes_on(target: Target) -> None:
    """No projection has stopped, all of them have read the whole log, and a sale is counted as ever."""
    outlet, line = new_id(), a_line()
    order = an_order(OutletId=outlet, OrderLines=[line], Payments=[a_payment()])
    said = target.server.post("Order/PostOrder", order)
    deadline = time.monotonic() + 60
    behind = "SELECT projection, position, error FROM ledger.checkpoints WHERE position < $1 OR error IS NOT NULL"
    while rows := target.ask(behind, said["Position"]):
        assert [row for row in rows if row["error"] is not None] == []
        assert time.monotonic() < deadline, rows
        time.sleep(0.1)
    assert target.server.order(order)["OrderTotal"] == order["OrderTotal"]
    assert target.server.stock(line["ItemId"], outlet) == -2
    sold = target.server.get("Sale/GetMonthalySale", outletId=outlet, year=2026, month=11)
    assert sold["GrandTotal"] == 98
    target.server.again("Order/PostOrder", order)
    for path in ("Order/GetOpenOrder", "Order/GetCustomerInvoice", "CashDrawerLog/GetCashDrawerLog", "/v1/swish",
                 "/v1/terminals", "/v1/reports", "/v1/stock", "Sale/GetTodaySale", "Sale/GetOutlets"):  # fmt: skip
        json.dumps(target.server.get(path), allow_nan=False)
    (count,) = target.ask("SELECT count(*), max(position) FROM ledger.events WHERE tenant_id = 1")
    assert count[0] == count[1], "positions have no hole"
