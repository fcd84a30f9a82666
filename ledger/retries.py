"""By what a document is known again when it comes once more: its fingerprint, and those it had before. Pure.

A fingerprint is taken over dates at the offset of the outlet's clock. When an outlet gets another time zone, all that
it has posted before would have another fingerprint now: the one it was taken under is made again from the same body,
read as it was read then. That takes as long as reading it did, so it is done only when somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

Earlier: TypeAlias = Callable[[], Sequence[str]]


def never() -> Sequence[str]:
    """Of a document whose outlet's clock has always run in the zone it runs in."""
    return ()


def taken(documents: Mapping[str, int], fingerprint: str, earlier: Earlier = never) -> int | None:
    """The position at which a document was taken, if it was, under its fingerprint or one of the `earlier` ones.

    `documents` are positions by fingerprint; where there is none, nobody asks for the earlier ones.
    """
    position = documents.get(fingerprint)
    if position is not None or not documents:
        return position
    return next((documents[one] for one in earlier() if one in documents), None)
