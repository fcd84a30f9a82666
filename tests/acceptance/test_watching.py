"""What watches over the server sees: /health and /metrics, in good times and in bad."""

from __future__ import annotations

import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from ledger.embedded import start
from ledger.embedded_cluster import send_to_all
from projections import NAMES
from tests.acceptance.bodies import a_callback, an_order
from tests.acceptance.callers import House, house
from tests.acceptance.server import Json, serving
from tests.acceptance.swish import PATH

TOKEN = "0123456789abcdef0123456789abcdef"
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}
SECRET = "Tuva Hemligsson"
POISON = (
    "INSERT INTO ledger.events SELECT $1, 1, gen_random_uuid(), 'order-x', 1, 'order.drafted', 1, now(), now(),"
    " '{}', convert_to($2, 'UTF8')"
)


@pytest.fixture
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[House]:
    """Two tenants at one server."""
    async with house(dsn, tmp_path, METRICS_TOKEN=TOKEN) as found:
        yield found


def ready(url: str) -> tuple[int, Json]:
    """Status and report."""
    answer = httpx.get(f"{url}/health/ready", timeout=30)
    return answer.status_code, answer.json()


def until(url: str, wanted: Callable[[int, Json], bool]) -> Json:
    """The first report that is as wanted."""
    deadline = time.monotonic() + 60
    while not wanted(*(found := ready(url))):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found[1]


def is_ready(status: int, report: Json) -> bool:
    return (status, report["status"]) == (200, "ready")


def stopped(report: Json) -> dict[str, list[Json]]:
    """The projections that have stopped, and where."""
    return {one["name"]: one["stopped"] for one in report["projections"] if one["stopped"]}


def scraped(url: str, **headers: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample of a scrape."""
    answer = httpx.get(f"{url}/metrics", headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def value(url: str, name: str, **labels: str) -> float | None:
    """One number, as the operator sees it."""
    return scraped(url, **OPERATOR).get((f"order_ledger_{name}", frozenset(labels.items())))


async def test_a_server_that_is_well(here: House) -> None:
    report = until(here.url, is_ready)
    assert report["database"] == {"answers": True}
    assert [one["name"] for one in report["projections"]] == list(NAMES)
    assert stopped(report) == {}
    live = httpx.get(f"{here.url}/health/live")
    assert (live.status_code, live.json()) == (200, {"status": "live"})
    for path in ("live", "ready", "READY/"):
        assert httpx.head(f"{here.url}/health/{path}").status_code == 200
        assert httpx.post(f"{here.url}/health/{path}").status_code == 405


async def test_an_event_that_cannot_be_read_stops_what_cannot_go_on(here: House) -> None:
    tenant = here.tenants["plain"].tenant_id
    await here.database.execute(POISON, tenant, f'{{"order": {{"Id": "{SECRET}"}}}}')
    report = until(here.url, lambda status, report: len(stopped(report)) == len(NAMES))
    assert report["status"] == "not ready"
    error = "event 1: order.drafted version 1: ValidationError"
    assert stopped(report) == {name: [{"tenant": tenant, "position": 0, "error": error}] for name in NAMES}
    assert SECRET not in here.log.read_text()
    assert value(here.url, "projection_stopped", tenant="plain", projection="sales") == 1
    assert value(here.url, "projection_stopped", tenant="agreed", projection="sales") == 0


async def test_a_projection_that_fails_stops_alone(here: House) -> None:
    await here.database.execute("DROP TABLE read_stock.stock CASCADE")
    order = an_order(Comments=SECRET)
    posted = httpx.post(f"{here.url}/api/Order/PostOrder", json=order, headers=await here.key("plain"))
    assert posted.status_code == 200, posted.text
    report = until(here.url, lambda status, report: bool(stopped(report)))
    ((name, (found,)),) = stopped(report).items()
    assert (name, found["position"], report["status"]) == ("stock", 0, "not ready")
    assert found["error"].startswith("event 1 (order.finalised): UndefinedTableError: ")
    assert SECRET not in str(report) and SECRET not in here.log.read_text()


@contextmanager
def _served(directory: Path, **settings: str) -> Iterator[str]:
    with serving(directory, directory / "server.log", METRICS_TOKEN=TOKEN, **settings) as url:
        until(url, is_ready)
        yield url


def is_away(url: str) -> None:
    """The database is away: red, but alive, and whoever runs the server still sees what the process does."""
    report = until(url, lambda status, report: status == 503)
    assert (report["status"], report["database"], report["projections"]) == ("not ready", {"answers": False}, [])
    assert httpx.get(f"{url}/health/live").status_code == 200
    # Swish sends a callback again for as long as it is told that nobody could take it.
    callback = httpx.post(
        f"{url}/api/{PATH}", json=a_callback(an_order()), headers={"callbackIdentifier": "x"}, timeout=60
    )
    assert (callback.status_code, callback.json()["retryable"]) == (503, True), callback.text
    assert int(callback.headers["Retry-After"]) > 0
    assert value(url, "database_up") == 0
    assert value(url, "requests_total", route="/health/ready", status="503") is not None


def test_a_frozen_database_is_red_and_not_waited_for(tmp_path: Path) -> None:
    with _served(tmp_path) as url:
        (cluster,) = [path.parent for path in tmp_path.glob("**/postmaster.pid")]
        send_to_all(cluster, signal.SIGSTOP)
        try:
            is_away(url)
        finally:
            send_to_all(cluster, signal.SIGCONT)
        until(url, is_ready)
        assert value(url, "database_up") == 1


def test_a_database_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    postgres = start(tmp_path / "postgres")
    with _served(tmp_path, DATABASE_URL=postgres.dsn) as url:
        postgres.stop()
        is_away(url)
        postgres = start(tmp_path / "postgres")
        until(url, is_ready)
    postgres.stop()


async def test_metrics_count_what_happens(here: House) -> None:
    key, order = await here.key("plain"), an_order()
    path = "/api/Order/PostOrder"
    answers = [httpx.post(f"{here.url}{path}", json=body, headers=key) for body in (order, order, order | {"Id": "x"})]
    assert [answer.status_code for answer in answers] == [200, 200, 417]
    assert (
        httpx.get(f"{here.url}/v1/orders/{order['Id']}", headers=key | {"Ledger-Min-Position": "1"}).status_code == 200
    )
    for outcome in ("appended", "duplicate", "refused"):
        assert value(here.url, "commands_total", route=path, outcome=outcome) == 1
    assert value(here.url, "requests_total", route=path, status="200") == 2
    assert value(here.url, "request_seconds_count", route=path) == 3
    assert value(here.url, "requests_total", route="/v1/orders/{id}", status="200") == 1
    head = float(answers[0].headers["Ledger-Position"])
    assert value(here.url, "log_head", tenant="plain") == value(here.url, "appended_events_total") == head
    assert value(here.url, "append_batch_commands_count") == value(here.url, "append_seconds_count") == 2
    assert value(here.url, "queued_commands") == value(here.url, "body_bytes") == 0
    assert (value(here.url, "pool_size", pool="writes") or 0) >= 1
    assert value(here.url, "pool_waiting", pool="reads") == 0
    until(here.url, lambda status, report: all(one["lag_events"] == 0 for one in report["projections"]))
    for name in NAMES:
        assert value(here.url, "projection_checkpoint", tenant="plain", projection=name) == head
        assert value(here.url, "projection_lag_seconds", tenant="plain", projection=name) == 0


async def test_who_sees_whose_metrics(here: House) -> None:
    def tenants(headers: dict[str, str]) -> set[str]:
        return {dict(labels)["tenant"] for _, labels in scraped(here.url, **headers) if "tenant" in dict(labels)}

    assert tenants(OPERATOR) == {"plain", "agreed"}
    for role in ("admin", "auditor"):
        assert tenants(await here.key("plain", role)) == {"plain"}
    refused: list[tuple[dict[str, str], int]] = [
        ({}, 401), ({"Authorization": "Bearer wrong"}, 401), ({"Authorization": f"Basic {TOKEN}"}, 401),
        (await here.key("plain", "integrator"), 403), (await here.key("plain", "terminal"), 403),
    ]  # fmt: skip
    for headers, status in refused:
        assert httpx.get(f"{here.url}/metrics", headers=headers).status_code == status


async def test_metrics_speak_openmetrics_too(here: House) -> None:
    accept: dict[str, Any] = {"Accept": "application/openmetrics-text; version=1.0.0", **OPERATOR}
    answer = httpx.get(f"{here.url}/metrics", headers=accept)
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    parse: Any = openmetrics.text_string_to_metric_families
    families = {family.name: family for family in parse(answer.text)}
    assert families["order_ledger_requests"].type == "counter"
    assert families["order_ledger_append_seconds"].type == "histogram"
    assert families["order_ledger_build"].samples[0].labels["version"]
    assert "process_resident_memory_bytes" in families
