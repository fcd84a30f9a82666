"""An export is verified by itself: what holds, and whatever somebody may have done to the events in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from ledger.audit.lines import Line
from ledger.audit.note import Checkpoint
from ledger.audit.verify import NoKey, verify
from tests.unit.exported import SIGNER, STRANGER, Export, event, events, packed, root_in, signed, written

Lines = list[Line]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Twenty events in three files."""
    return Export.of(tmp_path / "export", events(20))


def remade(tmp_path: Path, lines: Sequence[Line], signed_lines: Sequence[Line] | None = None) -> Export:
    """An export of these events under the checkpoint of the twenty, or of others."""
    made = Export.of(tmp_path / "remade", lines)
    made.sign(events(20) if signed_lines is None else signed_lines)
    return made


def renumbered(lines: Lines) -> Lines:
    return [replace(line, position=at) for at, line in enumerate(lines, 1)]


@pytest.mark.parametrize("kind", ["zst", "gz"])
@pytest.mark.parametrize("processes", [0, 2])
@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 20, 64, 65])
def test_a_right_export_holds(tmp_path: Path, kind: str, processes: int, count: int) -> None:
    lines = events(count)
    made = Export.of(tmp_path / "export", lines, kind=kind)
    saved = [made.save(f"{size}.checkpoint", lines[:size]) for size in (0, 1, 5, 8, count) if size <= count]
    report = made.verify(*saved, processes=processes)
    assert (report.findings, report.size, report.origin) == ([], count, "order-ledger/shop")
    assert report.root == root_in(signed(lines))


def test_its_own_key_is_told_from_a_trusted_one(export: Export) -> None:
    assert verify(export.directory).own_key
    assert not export.verify().own_key
    with pytest.raises(NoKey):
        verify(export.directory, vkey="nonsense")


TAMPERED: list[tuple[Callable[[Lines], Lines], str]] = [
    (lambda e: [*e[:8], replace(e[8], data='{"order":{}}'), *e[9:]], "events 1 to 20 are not what the export's"),
    (lambda e: e[:12] + e[14:], "2 events are missing after position 12"),
    (lambda e: e[1:], "1 event is missing after position 0"),
    (lambda e: e[:-3], "3 events are missing after position 17"),
    (lambda e: [*e[:6], e[7], e[6], *e[8:]], "events 7 and 8 were swapped"),
    (lambda e: [*e[:6], e[14], *e[7:14], e[6], *e[15:]], "events 7 and 15 were swapped"),
    (lambda e: e[:12] + e[11:], "event 12 is there twice"),
    (lambda e: [*e, event(21)], "1 event follows after position 20, where the checkpoint ends"),
    (lambda e: [*e[:10], *reversed(e[10:14]), *e[14:]], "events 11 to 14 are not in order"),
    (lambda e: renumbered(e[:12] + e[13:]), "1 event is missing after position 19"),
    (lambda e: renumbered(e[:12] + e[13:]), "stream order-00000004 begins with version 2 at position 13"),
    (lambda e: [*e[:3], replace(e[3], version=2), *e[4:]], "stream order-00000001 begins with version 2 at position 4"),
    (lambda e: [*e[:8], replace(e[8], version=4), *e[9:]], "stream order-00000002 jumps from version 2 to 4 at"),
    (lambda e: [*e[:9], replace(e[9], event_id=e[1].event_id), *e[10:]], "events 2 and 10 have the same id 019ab000-"),
    (lambda e: [*e[:3], replace(e[3], type="x"), *e[4:]], "event 4 is of no type that is known: x 1"),
    (lambda e: [*e[:3], replace(e[3], schema_version=9), *e[4:]], "is of no type that is known: order.finalised 9"),
    (lambda e: [*e[:3], replace(e[3], data="{"), *e[4:]], "line 4 of events/000000001.jsonl.zst has something else"),
    (lambda e: [*e[:3], replace(e[3], metadata="[]"), *e[4:]], "else than an object of JSON in metadata"),
]  # fmt: skip


@pytest.mark.parametrize(("tamper", "finding"), TAMPERED)
def test_what_was_done_to_events_is_found_and_named(
    tmp_path: Path, tamper: Callable[[Lines], Lines], finding: str
) -> None:
    found = remade(tmp_path, tamper(events(20))).findings()
    assert any(finding in one for one in found), found


@pytest.mark.parametrize(("tamper", "finding"), TAMPERED)
def test_a_forger_who_signs_anew_is_found_by_one_saved_checkpoint(
    tmp_path: Path, tamper: Callable[[Lines], Lines], finding: str
) -> None:
    forged = tamper(events(20))
    made = remade(tmp_path, forged, renumbered(forged))
    is_continued = forged[:20] == events(20)
    assert (made.findings(made.save("saved.checkpoint", events(20))) == []) == is_continued


def test_saved_checkpoints_narrow_down_where_the_change_is(tmp_path: Path) -> None:
    forged = [*events(12), *events(13)[12:], *[replace(one, data="{}") for one in events(20)[13:14]], *events(20)[14:]]
    made = remade(tmp_path, forged, forged)
    saved = [made.save(f"{size}.checkpoint", events(20)[:size]) for size in (4, 12, 16, 20)]
    assert made.findings(*saved) == [
        f"events 13 to 16 are not what the checkpoint {saved[2]} signs: altered, or others in their place",
        f"events 13 to 20 are not what the checkpoint {saved[3]} signs: altered, or others in their place",
    ]
    saved = [made.save(f"{size}.checkpoint", events(20)[:size]) for size in (13, 14)]
    assert made.findings(*saved) == [
        f"event 14 is not what the checkpoint {saved[1]} signs: altered, or others in their place"
    ]


def test_an_old_backup_is_shorter_than_a_saved_checkpoint(export: Export) -> None:
    saved = export.save("saved.checkpoint", events(25))
    assert [one for one in export.findings(saved) if "signs 25 events, the export's only 20" in one]


def test_a_fork_is_not_what_was_signed(tmp_path: Path) -> None:
    fork = [*events(10), *(replace(one, data="{}") for one in events(30)[10:])]
    made = remade(tmp_path, fork, fork)
    assert made.findings() == []
    assert made.findings(made.save("saved.checkpoint", events(10))) == []
    assert made.findings(made.save("saved.checkpoint", events(11))) != []


def test_checkpoints_of_another_key_are_worth_nothing(export: Export) -> None:
    assert "not signed by" in export.findings(export.save("saved", events(20), STRANGER))[0]
    export.sign(events(20), STRANGER)
    assert ["another key" in export.findings()[0], "not signed by" in export.findings()[1]] == [True, True]
    assert verify(export.directory).findings == []


@pytest.mark.parametrize("content", [b"", b"\xff", b"nonsense\n", signed(events(20)).encode()[:-2]])
def test_what_is_no_checkpoint_is_a_finding(export: Export, content: bytes) -> None:
    saved = export.directory.parent / "saved"
    saved.write_bytes(content)
    assert len(export.findings(saved)) == 1
    (export.directory / "checkpoint").write_bytes(content)
    assert len(export.findings()) == 1
    (export.directory / "checkpoint").unlink()
    assert len(export.findings()) == 1
    (export.directory / "vkey").write_bytes(content)
    assert len(verify(export.directory).findings) == 1
    assert export.findings(saved.with_name("none")) != []


def test_another_root_of_no_events_is_found(tmp_path: Path) -> None:
    made = Export.of(tmp_path / "export", [])
    assert made.findings() == []
    (made.directory / "checkpoint").write_text(SIGNER.sign(Checkpoint("order-ledger/shop", 0, bytes(32)).text))
    assert made.findings() == ["the export's checkpoint signs another root of no events"]


def test_streams_and_ids_are_compared_over_many_files_and_processes(tmp_path: Path) -> None:
    lines = events(300)
    lines[250] = replace(lines[250], event_id=lines[3].event_id)
    lines[299] = replace(lines[299], stream=lines[0].stream, version=3)
    lines[150] = replace(lines[150], stream=lines[0].stream, version=4)
    made = Export.of(tmp_path / "export", lines)
    assert made.verify(processes=2).findings == [
        "events 4 and 251 have the same id 019ab000-0000-7000-8000-000000000004",
        "stream order-00000050 begins with version 2 at position 152",
        "stream order-00000000 jumps from version 4 to 3 at position 300",
    ]


def test_a_number_that_fits_nowhere_is_found(export: Export) -> None:
    export.put(17, packed(written([*events(18)[16:], replace(event(19), occurred_at=2**63), event(20)])))
    what = "line 3 of events/000000017.jsonl.zst has no number of an event in occurred_at"
    assert what in export.findings()
