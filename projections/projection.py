"""What the runner asks of a projection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from ledger.events import Event, Recorded
from ledger.store import Connection


class Projection(Protocol):
    """A read model: its tables are in `tables.sql`, under its name."""

    @property
    def name(self) -> str:
        """The name of its checkpoint and of its schema, `read_<name>`."""

    @property
    def handles(self) -> frozenset[type[Event]]:
        """The events it wants to see."""

    async def apply(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        """Changes its rows by these events, in order. It names its tables unqualified, and may raise: see `Runner`."""


@runtime_checkable
class Personal(Protocol):
    """A read model that shows personal data: after an erasure it makes rows anew from what is left."""

    @property
    def streams(self) -> str:
        """What the names of the streams begin with that it has rows for."""

    async def renew(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        """Writes the rows of some streams, by all events of theirs so far, as if there were none."""
