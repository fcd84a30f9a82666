"""The members of records: what their annotations say, and many at a time. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, cast, get_args, get_origin

from ledger.records import Record


def record_in(annotation: Any) -> type[Record] | None:
    """The record that a member is, or holds a list of; None: it is a value, or a list of values."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    return next(filter(None, map(record_in, get_args(annotation))), None)


def is_list(annotation: Any) -> bool:
    """Whether a member is a list, which may be null."""
    return list in (get_origin(annotation), *map(get_origin, get_args(annotation)))


def getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Gives the members of these names as a tuple."""
    if len(names) > 1:
        return cast(Callable[[Any], tuple[Any, ...]], operator.attrgetter(*names))
    # Of one name alone, or none, `attrgetter` gives no tuple.
    if not names:
        return lambda record: ()
    name = names[0]
    return lambda record: (getattr(record, name),)
