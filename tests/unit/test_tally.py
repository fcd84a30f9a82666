"""Plain counts, and how Prometheus gets to see them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import Found, of_log, of_tally
from api.tally import NO_ANSWER, Tally
from projections.standing import Standing

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(found: Found) -> Samples:
    """What a scrape reads."""
    registry = CollectorRegistry()
    registry.register(found)
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def value(found: Samples, name: str, **labels: str) -> float:
    """One number."""
    return found[f"order_ledger_{name}", frozenset(labels.items())]


def test_requests_and_commands_are_counted_by_what_came_of_them() -> None:
    tally = Tally()
    for status, seconds in ((200, 0.001), (200, 0.3), (417, 0.002), (NO_ANSWER, 100.0)):
        tally.answered("/x", status, seconds)
    for outcome in ("appended", "appended", "duplicate"):
        tally.decided("/x", outcome)
    found = samples(Found(of_tally(tally)))
    assert value(found, "requests_total", route="/x", status="200") == 2
    assert value(found, "requests_total", route="/x", status="none") == 1
    assert value(found, "commands_total", route="/x", outcome="appended") == 2
    below = {le: value(found, "request_seconds_bucket", route="/x", le=le) for le in ("0.001", "0.0025", "0.5", "30.0")}
    assert below == {"0.001": 1, "0.0025": 2, "0.5": 3, "30.0": 3}
    assert value(found, "request_seconds_bucket", route="/x", le="+Inf") == 4
    assert value(found, "request_seconds_count", route="/x") == 4
    assert value(found, "request_seconds_sum", route="/x") == 100.303


def test_batches_are_measured() -> None:
    tally = Tally()
    tally.appended(commands=3, events=9, seconds=0.02)
    tally.appended(commands=256, events=0, seconds=0.5)
    found = samples(Found(of_tally(tally)))
    assert value(found, "appended_events_total") == 9
    assert value(found, "append_batch_commands_sum") == 259
    assert value(found, "append_batch_commands_bucket", le="4.0") == 1
    assert value(found, "append_seconds_count") == 2


def test_a_tenant_sees_its_own_log_only() -> None:
    standing = [
        Standing(1, "one", 10, "orders", 4, None, 2.5), Standing(2, "two", 20, "orders", 20, "event 21: KeyError", None)
    ]  # fmt: skip
    for tenant_id, seen in ((None, {"one", "two"}), (1, {"one"}), (3, set())):
        found = samples(Found(of_log(standing, tenant_id)))
        assert {dict(labels)["tenant"] for _, labels in found if "tenant" in dict(labels)} == seen
    assert value(samples(Found(of_log(standing, 1))), "projection_lag_events", tenant="one", projection="orders") == 6
    assert (
        value(samples(Found(of_log(standing, 1))), "projection_lag_seconds", tenant="one", projection="orders") == 2.5
    )
    assert value(samples(Found(of_log(standing, 2))), "projection_stopped", tenant="two", projection="orders") == 1
    assert samples(Found(of_log(None, None))) == {("order_ledger_database_up", frozenset()): 0.0}
