"""GET /metrics: what the tally counted and how things stand, for Prometheus."""

from __future__ import annotations

import asyncio
import hmac
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from api import guard
from api.described import TEXT, Answer, Content, described
from api.openapi import shown
from api.tally import NO_ANSWER, Buckets, Tally
from api.watch import Seen
from api.wire import Reply, header
from ledger.audit import seals
from projections.standing import Standing

_PREFIX = "order_ledger_"
_PROCESS = ProcessCollector(registry=None)


@described(
    "Operation",
    "For Prometheus, in the form its `Accept` asks for. What the process as a whole does is in both.",
    answers=[
        Answer(
            "Metrics.",
            [
                Content(media, {"type": "string"}, {"metrics": shown.METRICS_TEXT})
                for media in (TEXT, "application/openmetrics-text")
            ],
            position=False,
        )
    ],
)
async def get_metrics(request: Request) -> Response:
    """All tenants' numbers with the settings' token, one tenant's with a credential of its own.

    What the process as a whole does (requests, batches, pools) is in both. Raises what `guard.admit` raises.
    """
    tenant_id = None
    if not _is_operator(request):
        await guard.admit(request.scope, request.scope["header"])
        tenant_id = request.state.tenant.tenant_id
    seen: Seen | None = await request.app.state.watch.look()
    encode, content_type = choose_encoder(header(request, b"accept"))
    # What is still counted is read here, and all of it written beside the requests: a thousand tenants take a while.
    content = await asyncio.to_thread(_written, encode, list(_process(request)), seen, tenant_id)
    headers = [(b"content-type", content_type.encode()), (b"cache-control", b"no-store")]
    return Reply(200, content, [*headers, (b"content-length", b"%d" % len(content))])


def _written(
    encode: Callable[[CollectorRegistry], bytes], process: list[Metric], seen: Seen | None, tenant_id: int | None
) -> bytes:
    registry = CollectorRegistry()
    registry.register(Found([*process, *_of_database(seen, tenant_id)]))
    registry.register(_PROCESS)
    return encode(registry)


def _is_operator(request: Request) -> bool:
    token: str | None = request.app.state.settings.metrics_token
    scheme, _, sent = request.scope["header"].get(b"authorization", b"").partition(b" ")
    return bool(token) and scheme.lower() == b"bearer" and hmac.compare_digest(sent.strip(), (token or "").encode())


class Found(Collector):
    """Metrics that are there already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        """All of them."""
        return self._metrics


def _process(request: Request) -> Iterator[Metric]:
    state = request.app.state
    info = InfoMetricFamily(f"{_PREFIX}build", "What runs here")
    info.add_metric([], {"version": version("order-ledger"), "python": platform.python_version()})
    yield info
    yield from of_tally(state.tally)
    yield _gauge("queued_commands", "Commands that wait for their batch", state.writer.queued)
    yield _gauge("body_bytes", "Bytes of request bodies in hand", state.load.taken)
    yield from _pools(state.pools)


def of_tally(tally: Tally) -> Iterator[Metric]:
    """What was counted."""
    requests = CounterMetricFamily(f"{_PREFIX}requests", "Requests by route and status", labels=("route", "status"))
    for (route, status), count in tally.requests.items():
        requests.add_metric((route, "none" if status == NO_ANSWER else str(status)), count)
    yield requests
    seconds = HistogramMetricFamily(f"{_PREFIX}request_seconds", "From request to answer", labels=("route",))
    for route, buckets in tally.request_seconds.items():
        _add(seconds, (route,), buckets)
    yield seconds
    commands = CounterMetricFamily(f"{_PREFIX}commands", "Commands by outcome", labels=("route", "outcome"))
    for labels, count in tally.commands.items():
        commands.add_metric(labels, count)
    yield commands
    size = HistogramMetricFamily(f"{_PREFIX}append_batch_commands", "Commands of a batch", labels=())
    _add(size, (), tally.batch_commands)
    yield size
    took = HistogramMetricFamily(f"{_PREFIX}append_seconds", "From a batch's first decision to its commit", labels=())
    _add(took, (), tally.batch_seconds)
    yield took
    yield CounterMetricFamily(f"{_PREFIX}appended_events", "Events appended", value=tally.events)


def _add(family: HistogramMetricFamily, labels: Sequence[str], buckets: Buckets) -> None:
    """Prometheus counts in each bucket what lies below its bound, those of the buckets before included."""
    found, count = [], 0
    for bound, more in zip((*map(str, buckets.bounds), "+Inf"), buckets.counts, strict=True):
        count += more
        found.append((bound, float(count)))
    family.add_metric(labels, found, buckets.total)


def _pools(pools: Mapping[str, Any]) -> Iterator[Metric]:
    numbers: dict[str, tuple[str, Callable[[Any], float]]] = {
        "size": ("Connections there are", lambda pool: pool.get_size()),
        "in_use": ("Connections at work", lambda pool: pool.get_size() - pool.get_idle_size()),
        "waiting": ("Requests that wait for a connection", lambda pool: pool.waiting),
    }
    for name, (about, number) in numbers.items():
        gauge = GaugeMetricFamily(f"{_PREFIX}pool_{name}", about, labels=("pool",))
        for pool_name, pool in pools.items():
            gauge.add_metric((pool_name,), number(pool))
        yield gauge


def _of_database(seen: Seen | None, tenant_id: int | None) -> Iterator[Metric]:
    yield from of_log(seen.projections if seen else None, tenant_id)
    yield from of_seals(seen.seals if seen else (), tenant_id)


def of_seals(standing: Sequence[seals.Standing], tenant_id: int | None) -> Iterator[Metric]:
    """Logs of one tenant, or of all, as far as they are sealed."""
    size = GaugeMetricFamily(f"{_PREFIX}sealed_size", "Events under the newest signed checkpoint", labels=("tenant",))
    stopped = GaugeMetricFamily(f"{_PREFIX}seal_stopped", "Whether a log is not what was signed", labels=("tenant",))
    for one in standing:
        if tenant_id in (None, one.tenant_id):
            size.add_metric((one.name,), one.size or 0)
            stopped.add_metric((one.name,), one.stopped is not None)
    yield size
    yield stopped


def of_log(standing: Sequence[Standing] | None, tenant_id: int | None) -> Iterator[Metric]:
    """Logs and projections of one tenant, or of all; where the database is away, only that it is."""
    yield _gauge("database_up", "Whether the database answers", standing is not None)
    seen = [one for one in standing or () if tenant_id in (None, one.tenant_id)]
    heads = GaugeMetricFamily(f"{_PREFIX}log_head", "The newest position", labels=("tenant",))
    for tenant, head in {one.tenant: one.head for one in seen}.items():
        heads.add_metric((tenant,), head)
    yield heads
    numbers: dict[str, tuple[str, Callable[[Standing], float]]] = {
        "checkpoint": ("The position it has come to", lambda one: one.checkpoint),
        "lag_events": ("Events it has not applied yet", lambda one: one.lag),
        "lag_seconds": ("Since the oldest of them was recorded", lambda one: one.seconds),
        "stopped": ("Whether it met an event it cannot apply", lambda one: one.error is not None),
    }
    for name, (about, number) in numbers.items():
        gauge = GaugeMetricFamily(f"{_PREFIX}projection_{name}", about, labels=("tenant", "projection"))
        for one in seen:
            gauge.add_metric((one.tenant, one.projection), number(one))
        yield gauge


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{_PREFIX}{name}", about, value=value)
