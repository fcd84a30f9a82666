"""Every query that a reader asks, what it is asked with on a large log, and how many rows it may look at for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import md5
from typing import Any, NamedTuple
from uuid import UUID

from ledger.database import ROOT, queries

ORDERS = 30_000
PAGE = 50
# Rooms whose queries are told apart here, and the files of theirs that no reader asks.
ROOMS = ("ledger", "projections", "api")
# Of the log's own queries, those that readers ask too, and what a post waits for; the others are the writer's, the
# sealer's or a command's.
OF_READERS = {
    "ledger/queries.sql": {"books", "head", "position_at", "read_batch", "read_stream"},
    "ledger/audit/queries.sql": {
        "sealed", "checkpoint", "checkpoints_after", "tiles", "parts_of_tiles", "roots_of_tiles", "position_of",
        "leaf_hashes",
    },
}  # fmt: skip
OF_OTHERS = {
    "ledger/queries.sql": {
        "lock_tenant", "wait_for_writers", "read_log", "read_streams", "read_outlets", "append",
        "find_event", "read_idempotency_keys", "read_personal_keys", "tenants", "tenant_by_name",
        "add_tenant", "set_tenant_zone", "has_zone", "tenant_facts", "notify", "act_as_owner_for_now", "end_backend",
        "backend_lives",
    },
    "ledger/audit/queries.sql": {
        "hole_after", "seals", "seal_ages", "try_lock", "add_key", "add_tiles", "add_checkpoints", "other_checkpoint",
        "add_stop",
    },
}  # fmt: skip
_WHOLLY = re.compile(r"(api/\w+|ledger/feed|ledger/finding|projections/(\w+_reads|explain))\.sql")
_QUALIFIED = re.compile(r"\bread_[a-z]+\.[a-z]")


def of_readers() -> Iterator[tuple[str, str]]:
    """File and name of every query that a reader asks: those that name the read models in use, and those of files that
    are for readers alone.
    """
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.sql")):
        file = str(path.relative_to(ROOT))
        for name, text in queries(file).items():
            named = name in OF_READERS.get(file, ())
            if named or _WHOLLY.fullmatch(file) or _QUALIFIED.search(text):
                yield file, name


def uuid(name: str) -> UUID:
    """The id that grown.sql gives something."""
    return UUID(md5(name.encode()).hexdigest())


class Asked(NamedTuple):
    """Arguments after the tenant; `rows` it may fetch at most, `passed` it may see in an index on the way, beside."""

    arguments: tuple[Any, ...]
    rows: int = 3 * PAGE
    passed: int = 0


START = datetime(2026, 1, 1, tzinfo=UTC)
MIDDLE = START + timedelta(seconds=ORDERS / 2)
MINUTE = timedelta(minutes=1)
RARE, USUAL, ORDER = uuid("till99"), uuid("till3"), uuid("order1/77")
DAY, OUTLET, CATEGORY = date(2026, 3, 3), uuid("outlet1"), "Mat"
PLACE = (DAY, 0, UUID(int=0), UUID(int=0))
# What is recorded within a minute while sixty orders a minute come, and what may be late or early of a few hours.
_NARROW = Asked((MIDDLE, MIDDLE + MINUTE, None, 0, PAGE), 3 * PAGE, 3000)
NOON = datetime(2026, 3, 10, 11, tzinfo=UTC)
_WINDOWS = [
    Asked((None, None, None, 0, PAGE)),
    Asked((None, None, RARE, 0, PAGE)),
    Asked((None, None, USUAL, 0, PAGE)),
    Asked((None, None, None, 5000, PAGE), 3 * PAGE, 11_000),
    # The whole of the log, and nothing of it.
    Asked((START - timedelta(days=9000), None, None, 0, PAGE), 3 * PAGE, 11_000),
    Asked((START - timedelta(days=9000), START + timedelta(days=900), None, 0, PAGE), 3 * PAGE, 11_000),
    Asked((None, START - timedelta(days=9), None, 0, PAGE), 3 * PAGE, 11_000),
    _NARROW,
    Asked((MIDDLE, MIDDLE + MINUTE, USUAL, 0, PAGE), 500, 3000),
    Asked((MIDDLE, MIDDLE + MINUTE, RARE, 0, PAGE), 500, 3000),
]


def _windows(*more: Any, newest_first: bool = False) -> list[Asked]:
    first = (datetime.max if newest_first else datetime.min), UUID(int=0)
    # The last: as the first, deep in it, behind a page that was read before.
    return [one._replace(arguments=(*one.arguments, *first, *more)) for one in _WINDOWS] + [
        Asked((None, None, till, 0, PAGE, MIDDLE, ORDER, *more)) for till in (None, USUAL)
    ]


_CELL = (OUTLET, DAY, DAY, None, None)
# A month of three outlets by hours and by categories.
_MONTH = 3 * 31 * (10 + 6)
READS: dict[tuple[str, str], list[Asked]] = {
    ("projections/orders_reads.sql", "queue"): [
        *_windows("sale", "sale of nobody"), *_windows("sale", None), *_windows("return", None),
        *_windows("open", None),
    ],
    ("projections/orders_reads.sql", "invoice_queue"): _windows(),
    ("projections/orders_reads.sql", "history"): [Asked((uuid("customer7"), all_)) for all_ in (False, True)],
    ("projections/orders_reads.sql", "cart"): [Asked((uuid("customer7"),))],
    ("projections/orders_reads.sql", "order"): [Asked((ORDER,))],
    ("projections/orders_reads.sql", "search"): [
        Asked((None, None, None, None, None, None, 1000, None, None, PAGE), passed=1000),
        Asked(([14], OUTLET, 3, 5, START, MIDDLE, 1000, MIDDLE, ORDER, PAGE), passed=1000),
    ],
    ("projections/orders_reads.sql", "lights"): [Asked(([ORDER, uuid("order1/78")],))],
    ("projections/orders_reads.sql", "of_customer"): [
        Asked((uuid("customer7"), None, None, PAGE)), Asked((uuid("customer7"), MIDDLE, ORDER, PAGE)),
    ],
    ("projections/drawer_reads.sql", "entries"): [
        Asked((MIDDLE, MIDDLE + 60 * MINUTE, till, PAGE)) for till in (None, USUAL)
    ],
    ("projections/swish_reads.sql", "newest"): [Asked((3000, PAGE))],
    ("projections/swish_reads.sql", "of_order"): [Asked((ORDER, 3000, PAGE))],
    ("projections/swish_reads.sql", "flagged"): [
        Asked((flag, 5000, 1000, PAGE), passed=1000) for flag in (None, "orphan", "amount_mismatch")
    ],
    ("projections/queues_reads.sql", "external"): [Asked((["sale", "return"], 1001, PAGE), 3 * PAGE, 2100)],
    ("projections/queues_reads.sql", "invoiced"): [Asked((1001, PAGE), passed=1100)],
    ("ledger/finding.sql", "by_reference"): [Asked(("77", ["invoice-number", "order-int-id"], 20))],
    ("ledger/finding.sql", "by_receipt"): [Asked((str(USUAL), "77"))],
    ("ledger/finding.sql", "by_receipt_anywhere"): [Asked(("77", 20))],
    ("projections/sales_reads.sql", "by_outlet"): [Asked((MIDDLE, month, UUID(int=0)), _MONTH) for month in (None, 3)],
    ("projections/sales_reads.sql", "by_group"): [
        Asked((MIDDLE, outlet, unit, day, UUID(int=0)), _MONTH)
        for outlet in (None, OUTLET) for unit in ("day", "month") for day in (None, DAY)
    ],
    ("projections/sales_reads.sql", "outlet_zone"): [Asked((OUTLET,))],
    ("projections/explain.sql", "total"): [
        Asked(_CELL, 10 * 6), Asked((None, *_CELL[1:3], 9, "Category 1"), 3 * 10 * 6),
    ],
    ("projections/explain.sql", "sheets"): [
        Asked((*_CELL[:4], None, ORDERS, *PLACE, PAGE), 600),
        Asked((None, DAY, DAY, 9, b"Mat", ORDERS, *PLACE, PAGE), 600),
    ],
    # What changed within a day is asked of the day.
    ("projections/explain.sql", "changes"): [Asked((*_CELL, 100, ORDERS, 0, PAGE), 600)],
    ("projections/explain.sql", "papers"): [Asked(([ORDER],))],
    ("projections/explain.sql", "events"): [Asked(([5, 6, 7],))],
    # Two days by hours and categories, and the orders of an hour.
    ("projections/today.sql", "today"): [Asked((NOON, outlet, UUID(int=0)), 600) for outlet in (None, OUTLET)],
    ("projections/tenders_reads.sql", "of_today"): [Asked((NOON, outlet)) for outlet in (None, OUTLET)],
    ("projections/tenders_reads.sql", "of_days"): [Asked((outlet, DAY, DAY)) for outlet in (None, OUTLET)],
    ("projections/tenders_reads.sql", "paid_by"): [
        Asked((None, DAY, DAY + timedelta(days=30), 4, DAY, UUID(int=0), PAGE)),
        Asked((OUTLET, DAY, DAY + timedelta(days=30), 4, DAY, ORDER, PAGE), passed=4 * PAGE),
    ],
    ("projections/stock.sql", "levels"): [Asked((uuid("product7"), None)), Asked((uuid("product7"), OUTLET))],
    ("projections/swish.sql", "payments"): [Asked((None, PAGE)), Asked((ORDER, PAGE))],
    ("projections/terminals.sql", "terminals"): [Asked((), 20 * 4)],
    ("projections/terminals.sql", "reports"): [Asked((None, PAGE)), Asked((USUAL, PAGE))],
    ("projections/catalogue.sql", "outlets_by_name"): [Asked(())],
    ("projections/drawer.sql", "entries_in_window"): _windows(newest_first=True),
    ("projections/invoices.sql", "invoices_in_window"): _windows(),
    ("api/freshness.sql", "checkpoint"): [Asked(("orders",))],
    ("ledger/feed.sql", "all"): [Asked((20_000, PAGE, 2 * ORDERS))],
    # One look goes over so many positions, and no more.
    ("ledger/feed.sql", "of_types"): [Asked((20_000, PAGE, 21_000, ["swish.flagged"]), 1000)],
    ("ledger/feed.sql", "of_stream"): [Asked((0, PAGE, 2 * ORDERS, f"order-{ORDER}"))],
    ("ledger/queries.sql", "books"): [Asked(())],
    ("ledger/queries.sql", "head"): [Asked(())],
    ("ledger/queries.sql", "position_at"): [Asked((MIDDLE,))],
    ("ledger/queries.sql", "read_batch"): [
        Asked((f"{{order-{ORDER},order-new}}", "{0,0}", "{receipt,receipt}", f"{{{USUAL}/77,{USUAL}/new}}",
               "{order-int-id,invoice-number,orphan,invoice-number}", "{77,77,78,new}", "{erasures}", 1 << 18)),
    ],
    ("ledger/queries.sql", "read_stream"): [Asked((f"order-{ORDER}", 0, 2 * ORDERS, PAGE))],
    ("ledger/audit/queries.sql", "sealed"): [Asked(())],
    ("ledger/audit/queries.sql", "checkpoint"): [Asked((1, 600))],
    ("ledger/audit/queries.sql", "checkpoints_after"): [Asked((1, 600, PAGE))],
    ("ledger/audit/queries.sql", "tiles"): [Asked((1, [0, 0, 1], [7, 8, 9]))],
    ("ledger/audit/queries.sql", "parts_of_tiles"): [Asked((1, [7, 8], [0, 5], [1, 9]))],
    ("ledger/audit/queries.sql", "roots_of_tiles"): [Asked((1, [1], [5], [9]))],
    ("ledger/audit/queries.sql", "position_of"): [Asked((uuid("event1/77"),))],
    ("ledger/audit/queries.sql", "leaf_hashes"): [Asked((20_000, PAGE))],
}  # fmt: skip
