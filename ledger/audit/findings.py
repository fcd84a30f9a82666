"""What is wrong with a log, in plain words. Pure.

A root proves that something was changed, not what: the words say no more than what can be known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ledger.audit.digest import Finding, Run, jump
from ledger.audit.lines import Head

SEARCHED_AT_MOST = 1000


class Signed(NamedTuple):
    """What was signed: the root of the first `size` events. `name` is where the checkpoint comes from."""

    size: int
    root: bytes
    name: str


def of_order(runs: Iterable[Run], size: int) -> list[Finding]:
    """What is wrong with positions that stand in this order, where it should be 1, 2, 3, … `size`."""
    ordered = _merged(runs)
    found, expected = list[Finding](), 1
    for first, length in sorted(ordered):
        if first < 1:
            found.append((1, f"an event has the position {first}"))
        elif first > expected:
            found.append(_missing(expected, first - expected))
        elif first < expected:
            found.append(_twice(first, min(first + length, expected) - first))
        expected = max(expected, first + length)
    if expected <= size:
        found.append(_missing(expected, size + 1 - expected))
    elif expected > size + 1:
        count = expected - 1 - size
        found.append((size + 1, f"{_events(count)} after position {size}, where the checkpoint ends"))
    return found + _misplaced(ordered)


def of_roots(signed: Iterable[Signed], roots: Mapping[int, bytes], good: int = 0) -> list[Finding]:
    """Which checkpoints sign other events than these, whose trees of so many events have these roots.

    The first `good` events are known to be what was signed. The smallest range that holds the first difference lies
    between two checkpoints.
    """
    found = list[Finding]()
    for one in sorted(signed):
        root = roots.get(one.size)
        if root == one.root:
            good = good if found else one.size
        elif root is not None:
            where = f"event {good + 1} is" if good + 1 == one.size else f"events {good + 1} to {one.size} are"
            what = f"{where} not what {one.name} signs: altered, or others in their place"
            found.append((good + 1, what if one.size else f"{one.name} signs another root of no events"))
    return found


class Search:
    """Goes through a log again for what its records cannot tell: which streams are broken, where ids stand twice.

    First every event is shown to `name`, then, from the first again, to `see`.
    """

    def __init__(self, places: Iterable[int], ids: Iterable[bytes]) -> None:
        self._places = set(sorted(places)[:SEARCHED_AT_MOST])
        self._ids: dict[str, list[int]] = {_text(one): [] for one in list(ids)[:SEARCHED_AT_MOST]}
        self._versions = dict[str, int]()
        self._found = list[Finding]()

    def __bool__(self) -> bool:
        return bool(self._places or self._ids)

    def name(self, place: int, head: Head) -> None:
        """Whether it belongs to a stream that is asked for."""
        if place in self._places:
            self._versions[head.stream] = 0

    def see(self, place: int, head: Head) -> None:
        """Compares it with what was seen before."""
        if head.event_id in self._ids:
            self._ids[head.event_id].append(head.position)
        before = self._versions.get(head.stream)
        if before is not None:
            if head.version != before + 1:
                self._found.append((place, jump(head.stream, before, head.version, head.position)))
            self._versions[head.stream] = head.version

    def findings(self) -> list[Finding]:
        """What was found."""
        twice = [(positions[0], _same_id(one, positions)) for one, positions in self._ids.items() if positions]
        return self._found + twice


def _same_id(event_id: str, positions: Sequence[int]) -> str:
    if len(set(positions)) == 1:
        return f"event {positions[0]} is there twice, with the id {event_id}"
    return f"events {_list(positions)} have the same id {event_id}"


def _merged(runs: Iterable[Run]) -> list[Run]:
    found = list[Run]()
    for first, length in runs:
        if found and sum(found[-1]) == first:
            found[-1] = (found[-1][0], found[-1][1] + length)
        else:
            found.append((first, length))
    return found


def _misplaced(runs: list[Run]) -> list[Finding]:
    wrong = [(is_, due) for is_, due in zip(runs, sorted(runs), strict=True) if is_ != due]
    if not wrong:
        return []
    first, last = min(due for _, due in wrong)[0], max(sum(due) for _, due in wrong) - 1
    singles = sorted(is_[0] for is_, _ in wrong if is_[1] == 1)
    if len(wrong) == 2 and len(singles) == 2:
        return [(first, f"events {singles[0]} and {singles[1]} were swapped")]
    return [(first, f"events {first} to {last} are not in order")]


def _missing(first: int, count: int) -> Finding:
    verb = "event is" if count == 1 else "events are"
    return first, f"{count} {verb} missing after position {first - 1}"


def _twice(first: int, count: int) -> Finding:
    return first, f"event {first} is there twice" if count == 1 else (
        f"events {first} to {first + count - 1} are there twice"
    )


def _events(count: int) -> str:
    return f"{count} event follows" if count == 1 else f"{count} events follow"


def _list(positions: Sequence[int]) -> str:
    return " and ".join(map(str, positions[:5])) + (" and more" if len(positions) > 5 else "")


def _text(event_id: bytes) -> str:
    text = event_id.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
