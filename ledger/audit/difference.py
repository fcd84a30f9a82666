"""Which events are not what was signed, where the hashes of those that were are still there. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ledger.audit.digest import Finding

# So many that follow one another and are the same again are no chance.
_SURE = 2
_FURTHEST = 256


class Difference(NamedTuple):
    """What was found; `moved` tells that what follows stands elsewhere by so many."""

    findings: list[Finding]
    moved: int


def named(signed: Sequence[bytes], found: Sequence[bytes], first: int) -> Difference:
    """Compares the hashes that were signed, of the events from position `first` on, with those that are found."""
    findings, at, there = list[Finding](), 0, 0
    found = list(found)
    while at < len(signed) and there < len(found):
        position = first + at
        if signed[at] == found[there]:
            at, there = at + 1, there + 1
        elif other := _swapped(signed, found, at, there):
            findings.append((position, f"events {position} and {position + other} were swapped"))
            found[there], found[there + other] = found[there + other], found[there]
        elif gone := _distance(signed, at, found, there):
            verb = "event is" if gone == 1 else "events are"
            findings.append((position, f"{gone} {verb} missing after position {position - 1}"))
            at += gone
        elif more := _distance(found, there, signed, at):
            findings.append((position, _inserted(signed, found[there : there + more], first, at)))
            there += more
        else:
            findings.append((position, f"event {position} was altered"))
            at, there = at + 1, there + 1
    return Difference(findings, there - at)


def _swapped(signed: Sequence[bytes], found: Sequence[bytes], at: int, there: int) -> int:
    """How far off the event is with which this one has changed places; 0: it has not."""
    for distance in range(1, min(len(signed) - at, len(found) - there)):
        if found[there] == signed[at + distance] and signed[at] == found[there + distance]:
            return distance
    return 0


def _distance(ahead: Sequence[bytes], at: int, behind: Sequence[bytes], there: int) -> int:
    """After how many of `ahead` both go on alike; 0: they do not."""
    wanted = list(behind[there : there + _SURE])
    for distance in range(1, min(_FURTHEST, len(ahead) - at - len(wanted)) + 1):
        if list(ahead[at + distance : at + distance + len(wanted)]) == wanted:
            return distance
    return 0


def _inserted(signed: Sequence[bytes], more: Sequence[bytes], first: int, at: int) -> str:
    known = {hash_: first + index for index, hash_ in enumerate(signed)}
    if len(more) == 1 and more[0] in known:
        return f"event {known[more[0]]} is there twice"
    return f"{len(more)} {'event was' if len(more) == 1 else 'events were'} inserted after position {first + at - 1}"
