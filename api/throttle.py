"""Who keeps failing waits, longer and longer. Per process, in memory: several servers together allow that much more."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from api.problems import TooManyRequests

FREE_FAILURES = 5
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
FORGOTTEN_AFTER = 900.0
_KEPT_AT_MOST = 10_000


class Throttle:
    """Counts failures by name, of a user or an address. After FREE_FAILURES each costs a wait, doubling to a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Name -> failures, and when the last one was; the one that failed last is the last.
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, *names: str) -> float:
        """Seconds until the next attempt of these may be looked at; 0: now."""
        return max((self._wait(name) for name in names), default=0.0)

    def check(self, *names: str) -> None:
        """TooManyRequests: it is too early for an attempt of these."""
        seconds = self.wait(*names)
        if seconds > 0:
            raise TooManyRequests(math.ceil(seconds))

    def failed(self, *names: str) -> None:
        """An attempt of these has failed."""
        now = self._clock()
        for name in names:
            count, last = self._failures.pop(name, (0, now))
            self._failures[name] = (1 if now - last > FORGOTTEN_AFTER else count + 1, now)
        while len(self._failures) > _KEPT_AT_MOST:
            self._failures.popitem(last=False)

    def forget(self, name: str) -> None:
        """An attempt has succeeded: nothing stands against this name any more."""
        self._failures.pop(name, None)

    def _wait(self, name: str) -> float:
        count, last = self._failures.get(name, (0, 0.0))
        if count < FREE_FAILURES:
            return 0.0
        pause = min(FIRST_WAIT * 2.0 ** min(count - FREE_FAILURES, 10), LONGEST_WAIT)
        return max(0.0, last + pause - self._clock())


def of_address(address: str) -> str:
    """The name of an address. A household with IPv6 has 2^64 of them: they count as one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return f"address {address}"
    if found.version == 6:
        return f"address {ipaddress.ip_network((found, 64), strict=False)}"
    return f"address {found}"


def of_user(name: str) -> str:
    """The name of a user's name, as `users.folded` gives it."""
    return f"user {name}"
