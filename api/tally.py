"""What has happened since this process began, as plain numbers: `metrics` shows them.

One event loop counts them, so that none needs a lock; a counter of prometheus-client takes one for each step.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
COMMANDS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)
# Of a request that ended without an answer: the client went away, or the outcome of its command is unknown.
NO_ANSWER = 0
NO_ROUTE = "-"


class Buckets:
    """Values by size: how many lay at or below each bound and above the one before, and what they add up to."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """One more value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Tally:
    """Requests by route and status, commands by route and outcome, and the batches they were appended in."""

    def __init__(self) -> None:
        self.requests: dict[tuple[str, int], int] = {}
        self.request_seconds: dict[str, Buckets] = {}
        self.commands: dict[tuple[str, str], int] = {}
        self.batch_commands, self.batch_seconds = Buckets(COMMANDS), Buckets(SECONDS)
        self.events = 0

    def answered(self, route: str, status: int, seconds: float) -> None:
        """A request for a route (its template) has ended; `status` may be NO_ANSWER."""
        key = (route, status)
        self.requests[key] = self.requests.get(key, 0) + 1
        found = self.request_seconds.get(route)
        if found is None:
            found = self.request_seconds[route] = Buckets(SECONDS)
        found.add(seconds)

    def decided(self, route: str, outcome: str) -> None:
        """A command has ended: appended, duplicate, refused, unavailable or error."""
        key = (route, outcome)
        self.commands[key] = self.commands.get(key, 0) + 1

    def appended(self, commands: int, events: int, seconds: float) -> None:
        """A batch was committed."""
        self.events += events
        self.batch_commands.add(commands)
        self.batch_seconds.add(seconds)
