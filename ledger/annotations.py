"""What the annotation of a record's member says. Pure."""

from __future__ import annotations

from typing import Any, get_args, get_origin

from ledger.records import Record


def record_in(annotation: Any) -> type[Record] | None:
    """The record that a member is, or holds a list of; None: it is a value, or a list of values."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    return next(filter(None, map(record_in, get_args(annotation))), None)


def is_list(annotation: Any) -> bool:
    """Whether a member is a list, which may be null."""
    return list in (get_origin(annotation), *map(get_origin, get_args(annotation)))
