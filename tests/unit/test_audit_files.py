"""Whatever is done to the files of an export is found, or leaves every line as it was."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ledger.audit import chunks
from ledger.audit.digest import Hasher
from ledger.audit.files import FileError, read_lines
from ledger.audit.lines import LineError, encode_line, read_line
from ledger.audit.verify import KNOWN
from tests.unit.exported import SIGNER, STRANGER, Export, event, events, hashed, packed, signed, written

GOLDEN = Path(__file__).parent / "golden" / "export.jsonl"
LINE = encode_line(event(5))
SKIPPABLE = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export.of(tmp_path / "export", events(20))


def test_the_lines_of_an_export_never_drift() -> None:
    assert written(events(6)) + signed(events(6)).encode() == GOLDEN.read_bytes()


Tamper = Callable[[Export], object]
FIRST, SECOND, LAST = 1, 9, 17


def rename(export: Export, name: str) -> None:
    export.path(SECOND).rename(export.path(SECOND).with_name(name))


def append(export: Export, content: bytes) -> None:
    export.path(SECOND).write_bytes(export.path(SECOND).read_bytes() + content)


def replace_raw(export: Export, change: Callable[[bytes], bytes]) -> None:
    export.put(SECOND, packed(change(written(events(16)[8:]))))


FILES: list[tuple[Tamper, str]] = [
    (lambda e: e.path(FIRST).unlink(), "8 events are missing after position 0"),
    (lambda e: e.path(SECOND).unlink(), "8 events are missing after position 8"),
    (lambda e: e.path(LAST).unlink(), "4 events are missing after position 16"),
    (lambda e: rename(e, "000000010.jsonl.zst"), "000000010.jsonl.zst begins with event 9"),
    (lambda e: rename(e, "9.jsonl.zst"), "events/9.jsonl.zst does not belong there"),
    (lambda e: rename(e, "000000009.jsonl.zst.bak"), "does not belong there"),
    (lambda e: rename(e, "000000009.jsonl"), "does not belong there"),
    (lambda e: rename(e, "000000009.jsonl.gz"), "has bytes that are no gz data"),
    (lambda e: e.put(9, packed(written(events(16)[8:]), "gz"), "gz"), "events 9 to 16 are there twice"),
    (lambda e: e.put(21, packed(b"")), "events/000000021.jsonl.zst holds no event"),
    (lambda e: e.put(21, b""), "holds no event"),
    (lambda e: (e.directory / "events" / ".hidden").mkdir(), "events/.hidden does not belong there"),
    (lambda e: append(e, b"\x00"), "has bytes that are no zst data"),
    (lambda e: append(e, SKIPPABLE), "has bytes that are no zst data"),
    (lambda e: append(e, packed(b"\n")), "line 9 of events/000000009.jsonl.zst is not JSON"),
    (lambda e: append(e, packed(written(events(16)[15:]))), "event 16 is there twice"),
    (lambda e: append(e, e.path(SECOND).read_bytes()[:-3]), "cut off"),
    (lambda e: e.path(SECOND).write_bytes(e.path(SECOND).read_bytes()[:-1]), "cut off"),
    (lambda e: replace_raw(e, lambda raw: raw[:-1]), "does not end with the LF of its last line"),
    (lambda e: replace_raw(e, lambda raw: raw.replace(b"\n", b"\r\n")), "ends with CR LF"),
    (lambda e: replace_raw(e, lambda raw: raw.replace(b"\n", b"\n\n", 1)), "is not JSON"),
    (lambda e: replace_raw(e, lambda raw: b"\xef\xbb\xbf" + raw), "line 1 of events/000000009.jsonl.zst is not JSON"),
]


@pytest.mark.parametrize(("tamper", "finding"), FILES)
def test_what_was_done_to_files_is_found(export: Export, tamper: Tamper, finding: str) -> None:
    tamper(export)
    found = export.findings()
    assert any(finding in one for one in found), found


def test_frames_may_be_many(export: Export) -> None:
    lines = events(16)[8:]
    export.put(SECOND, packed(written(lines[:3])) + packed(b"") + packed(written(lines[3:])[:50]))
    append(export, packed(written(lines[3:])[50:]))
    assert export.findings() == []


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_bytes_that_change_are_found_or_change_no_line(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as directory:
        kind = data.draw(st.sampled_from(["zst", "gz"]))
        made = Export.of(Path(directory) / "export", events(20), kind=kind)
        path = data.draw(st.sampled_from([made.path(1, kind), made.path(17, kind), made.directory / "checkpoint"]))
        whole = path.read_bytes()
        at = data.draw(st.integers(0, len(whole) - 1))
        flipped = bytes([whole[at] ^ 1 << data.draw(st.integers(0, 7))])
        cut = data.draw(st.booleans())
        path.write_bytes(whole[:at] + (b"" if cut else flipped + whole[at + 1 :]))
        found = made.findings()
        # In a header there is a bit or two that says nothing of the content, and in gzip's the time.
        assert found or (path.name != "checkpoint" and lines_of(path) == lines_of_bytes(whole, kind))


def lines_of(path: Path) -> bytes:
    return b"".join(read_lines(path))


def lines_of_bytes(whole: bytes, kind: str) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=f".{kind}") as file:
        file.write(whole)
        file.flush()
        return lines_of(Path(file.name))


@settings(max_examples=500, deadline=None)
@given(st.integers(0, len(LINE) - 1), st.binary(max_size=3), st.integers(0, 3))
@example(12, b"05", 1)
@example(12, b"5.0", 1)
@example(12, b"-", 0)
@example(12, b"0", 1)
def test_a_line_that_changes_is_another_event_or_none(at: int, put: bytes, gone: int) -> None:
    """But for its position, which is no part of a leaf: it says where in the tree that is, and is checked by itself."""
    changed = (LINE[:at] + put + LINE[at + gone :]).replace(b"\n", b"")
    position = re.match(rb'\{"position":(-?(?:0|[1-9]\d*)),', changed)
    assume(position is None or position[1] == b"5")
    hasher = Hasher(0, KNOWN, 1, [])
    chunks.add_lines(hasher, changed + b"\n", "x")
    try:
        expected = hashed(read_line(changed))
    except LineError:
        expected = bytes(32)
    assert hasher.hashes == [expected]
    assert (expected == hashed(event(5))) <= (
        json.loads(changed) == json.loads(LINE) if expected != bytes(32) else True
    )


ESCAPES = st.text(st.sampled_from("ab\"\\'/nux0128,:{}é\t\r\n"), max_size=12)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(ESCAPES, ESCAPES, ESCAPES), min_size=1, max_size=4))
def test_many_lines_at_once_are_read_as_each_alone(texts: list[tuple[str, str, str]]) -> None:
    """The quick way through a chunk gives what JSON gives, also for texts made to be mistaken for its structure."""
    raw = [
        encode_line(event(at, stream=stream, metadata=json.dumps({"a": first}), data=json.dumps({second: first})))
        for at, (stream, first, second) in enumerate(texts, 1)
    ]
    hasher = Hasher(0, KNOWN, 1, [])
    chunks.add_lines(hasher, b"\n".join(raw) + b"\n", "x")
    assert hasher.hashes == [hashed(read_line(line)) for line in raw]


@settings(max_examples=500, deadline=None)
@given(st.text(st.sampled_from("\"\\'{}x41,:1n"), max_size=14))
def test_what_is_no_string_of_json_never_passes_as_one(inside: str) -> None:
    line = LINE[: LINE.index(b',"data":')] + b',"data":"{\\"a\\":1' + inside.encode() + b'}"}'
    hasher = Hasher(0, KNOWN, 1, [])
    chunks.add_lines(hasher, line + b"\n", "x")
    try:
        expected = hashed(read_line(line))
    except LineError:
        expected = bytes(32)
    assert hasher.hashes == [expected]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (LINE.replace(b'"version":2', b'"version":2.0'), "no number of an event in version"),
        (LINE.replace(b'"version":2', b'"version":true'), "no number of an event in version"),
        (LINE.replace(b'"version":2', b'"version":0'), "no number of an event in version"),
        (LINE.replace(b'"version":2', b'"version":2,"version":2'), "a member twice"),
        (LINE.replace(b'"version":2,', b""), "no member version"),
        (LINE.replace(b'"version":2', b'"version":2,"more":1'), "a member that no event has: 'more'"),
        (LINE.replace(b"019ab000", b"019AB000"), "no UUID in event_id"),
        (LINE.replace(b'"stream":"', b'"stream":"\\ud800'), "no text in stream"),
        (LINE.replace(b"R\xc3\xa4", b"R\xe4"), "is not UTF-8"),
        (b"[]", "not an object"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_what_is_no_line_is_said(line: bytes, what: str) -> None:
    with pytest.raises(LineError, match=what):
        read_line(line)


def test_another_spelling_of_the_same_line_is_the_same_event() -> None:
    spelled = json.dumps(dict(reversed(json.loads(LINE).items())), ensure_ascii=True, indent=1).replace("\n", " ")
    assert read_line(spelled.encode()) == event(5)


def test_a_little_that_stands_for_very_much_is_read_a_little_at_a_time(tmp_path: Path) -> None:
    for kind in ("zst", "gz"):
        path = tmp_path / f"bomb.{kind}"
        path.write_bytes(packed(b" " * 300_000_000, kind))
        with pytest.raises(FileError, match="too long"):
            list(read_lines(path))


def test_an_export_may_be_signed_by_others_too(export: Export) -> None:
    note = export.directory / "checkpoint"
    other = STRANGER.sign(note.read_text("utf-8").partition("\n\n")[0] + "\n").rpartition("\n\n")[2]
    note.write_text(note.read_text("utf-8") + other, "utf-8")
    assert export.findings() == []
    shutil.copy(note, export.directory.parent / "saved")
    assert export.findings(export.directory.parent / "saved") == []
    assert SIGNER.verifier != STRANGER.verifier
