"""GET /v1/events over HTTP: every event once, in order, in three forms, and whoever may not see names sees none."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger.events import STORED
from tests.acceptance import bodies
from tests.acceptance.server import SCRIPT, Json, Server, serving

EVENTS = "/v1/events"
MEMBERS = {"Position", "EventId", "Stream", "Version", "Type", "SchemaVersion", "OccurredAt", "RecordedAt"} | {
    "Metadata", "Data",
}  # fmt: skip


def pages(server: Server, **query: object) -> list[Json]:
    """Every event there is, page by page."""
    found, after = list[Json](), 0
    while True:
        page = server.get(EVENTS, after=after, **query)
        found += page["Events"]
        after = page["Next"]
        if after >= page["Head"]:
            return found


def streamed(lines: Iterator[str], until: int) -> list[tuple[int, str, Json]]:
    """Server-sent events up to a position, as (id, event, data)."""
    found, fields = list[tuple[int, str, Json]](), dict[str, str]()
    for line in lines:
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "data" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
            fields = {}
            if found[-1][0] >= until:
                break
    return found


def test_positions_run_from_one_without_a_hole(server: Server) -> None:
    for _ in range(3):
        server.post("Order/PostOrder", bodies.an_order())
    events = pages(server, limit=7)
    assert [event["Position"] for event in events] == list(range(1, server.position + 1))
    assert all(set(event) == MEMBERS for event in events)
    assert {event["Type"] for event in events} <= {name for name, _ in STORED}
    versions = dict[str, int]()
    for event in events:
        assert event["Version"] == versions.get(event["Stream"], 0) + 1
        versions[event["Stream"]] = event["Version"]


def test_an_order_in_the_feed_says_who_and_what(server: Server) -> None:
    order = bodies.an_order(Customer=bodies.a_customer(Name="Astrid Feed"))
    said = server.post("Order/PostOrder", order)
    events = server.get(EVENTS, stream=f"order-{order['Id']}")["Events"]
    assert events[-1]["Position"] == said["Position"]
    assert events[0]["Type"] == "order.finalised"
    assert events[0]["Metadata"]["actor"] == "demo"
    assert events[0]["Data"]["order"]["Customer"]["Name"] == "Astrid Feed"
    assert "sealed" not in events[0]["Data"]


def test_types_are_chosen_by_name_and_paging_goes_on(server: Server) -> None:
    for _ in range(3):
        server.post("Order/PostOrder", bodies.an_order())
    events = pages(server, type="order.finalised,payment.captured", limit=2)
    everything = [e for e in pages(server) if e["Type"] in ("order.finalised", "payment.captured")]
    assert events == everything


def test_lines_are_the_same_events(server: Server) -> None:
    server.post("Order/PostOrder", bodies.an_order())
    found = server.client.get(EVENTS, headers={"Accept": "application/x-ndjson"})
    assert found.headers["Content-Type"].startswith("application/x-ndjson")
    assert [json.loads(line) for line in found.content.splitlines()] == pages(server)
    some = server.client.get(EVENTS, params={"format": "ndjson", "after": 2, "limit": 3}).content.splitlines()
    assert [json.loads(line)["Position"] for line in some] == [3, 4, 5]


def test_a_reader_that_stays_is_sent_what_comes_and_resumes_where_it_was(server: Server) -> None:
    first = server.post("Order/PostOrder", bodies.an_order())["Position"]
    with server.client.stream("GET", EVENTS, params={"format": "sse", "after": first - 1}) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert [id_ for id_, _, _ in streamed(lines, first)] == [first]
        posted = threading.Thread(target=lambda: server.post("Order/PostOrder", bodies.an_order()))
        posted.start()
        posted.join()
        live = streamed(lines, server.position)
    assert [id_ for id_, _, _ in live] == list(range(first + 1, server.position + 1))
    assert all((id_, type_) == (data["Position"], data["Type"]) for id_, type_, data in live)
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(first + 1)}
    with server.client.stream("GET", EVENTS, headers=headers) as answer:
        assert [id_ for id_, _, _ in streamed(answer.iter_lines(), server.position)] == [i for i, _, _ in live[1:]]


@pytest.mark.parametrize(
    "query",
    [
        {"after": "-1"}, {"after": "x"}, {"limit": "0"}, {"limit": "many"}, {"type": "order.eaten"}, {"format": "xml"},
        {"stream": "order 1"}, {"stream": "'; DROP TABLE ledger.events; --"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_named(server: Server, query: Json) -> None:
    server.bad(EVENTS, **query)


def test_a_last_event_id_that_is_none_is_refused(server: Server) -> None:
    found = server.client.get(EVENTS, headers={"Accept": "text/event-stream", "Last-Event-ID": "seven"})
    assert found.status_code == 400


def test_the_feed_ends_when_the_server_stops(tmp_path: Path) -> None:
    with serving(tmp_path / "data", tmp_path / "log") as url, httpx.Client(base_url=url, timeout=30) as client:
        reader = client.send(client.build_request("GET", EVENTS, params={"format": "sse"}), stream=True)
        assert streamed(reader.iter_lines(), 2)
    assert (tmp_path / "log").read_text() == "", "nothing is said of a reader that was sent away"


def key(environment: dict[str, str], role: str) -> str:
    """A new key of that role."""
    command = [str(SCRIPT), "key", "create", "--role", role]
    made = subprocess.run(command, env=environment, capture_output=True, check=True).stdout
    return made.decode().strip()


def test_an_integrator_reads_everything_but_what_is_personal(tmp_path: Path) -> None:
    environment = {"DATA_DIR": str(tmp_path / "data"), "PATH": "/usr/bin:/bin"}
    with serving(tmp_path / "data", tmp_path / "log") as url, httpx.Client(base_url=url, timeout=30) as client:
        customer = bodies.a_customer(Name="Astrid Hemlig", Email="astrid@hemlig.example")
        posted = client.post("/api/Order/PostOrder", json=bodies.an_order(Customer=customer, Comments="ring Astrid"))
        assert posted.status_code == 200
        told = dict[str, Any]()
        for role in ("auditor", "integrator", "terminal"):
            headers = {"Authorization": f"Bearer {key(environment, role)}"}
            told[role] = client.get(EVENTS, headers=headers)
    assert (told["auditor"].status_code, told["integrator"].status_code, told["terminal"].status_code) == (
        200,
        200,
        403,
    )
    assert "Astrid Hemlig" in told["auditor"].text
    assert "ring Astrid" in told["auditor"].text
    for secret in ("Astrid", "hemlig", "sealed", "box"):
        assert secret not in told["integrator"].text
    both = [[e["Position"] for e in told[role].json()["Events"]] for role in ("auditor", "integrator")]
    assert both[0] == both[1]
