"""By what a document is known again when its outlet's clock has been set to another zone."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from ledger.events import OutletSet
from ledger.retries import taken
from ledger.tenants import zones_of
from tests.unit.given import number

STOCKHOLM, HELSINKI, LONDON = (ZoneInfo(f"Europe/{name}") for name in ("Stockholm", "Helsinki", "London"))


def a_setting(outlet: int, zone: ZoneInfo) -> OutletSet:
    """An outlet's clock is set."""
    return OutletSet(outlet_id=number(outlet), name="Kafé", zone=zone.key, day_starts=0)


def asked_for_nothing() -> Sequence[str]:
    """The document is read again for it, which takes its time."""
    raise AssertionError("nobody needs to know")


def test_a_document_is_known_by_what_it_was_known_by_before() -> None:
    documents = {"first": 4, "second": 9}
    assert taken(documents, "now", lambda: ["", "second"]) == 9
    assert taken(documents, "now", lambda: ["another"]) is None
    assert taken(documents, "now") is None


def test_what_it_was_before_is_not_asked_for_without_need() -> None:
    assert taken({"first": 4}, "first", asked_for_nothing) == 4
    assert taken({}, "first", asked_for_nothing) is None


def test_an_outlet_had_the_tenants_zone_before_its_own() -> None:
    zones = zones_of([a_setting(1, HELSINKI), a_setting(1, LONDON), a_setting(1, HELSINKI)], STOCKHOLM)
    assert zones.now(number(1)) == HELSINKI
    assert zones.before(number(1)) == [STOCKHOLM, LONDON]


def test_an_outlet_whose_zone_never_changed_had_no_other_before() -> None:
    zones = zones_of([a_setting(1, STOCKHOLM), a_setting(1, STOCKHOLM), a_setting(2, HELSINKI)], STOCKHOLM)
    assert (zones.now(number(1)), zones.before(number(1))) == (STOCKHOLM, [])
    assert zones.now(number(3)) == STOCKHOLM
    assert zones.before(number(3)) == []


def test_a_tenant_has_had_zones_too() -> None:
    zones = zones_of([a_setting(1, HELSINKI)], STOCKHOLM, [STOCKHOLM.key, LONDON.key])
    assert (zones.now(number(1)), zones.before(number(1))) == (HELSINKI, [STOCKHOLM, LONDON])
    assert (zones.now(number(2)), zones.before(number(2))) == (STOCKHOLM, [LONDON])
