"""A PostgreSQL of our own that has ended is started again, for as long as it takes.

Killed (by hand, or by the kernel for want of memory), or ended by itself because the disk was full: whoever uses it
sees connections that break and are refused for a while, at an address that stays the same.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Iterator

from ledger.embedded import EmbeddedError, EmbeddedPostgres

log = logging.getLogger(__name__)

# Seconds before each try; the last one for ever.
PAUSES = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
STEADY_AFTER = 10.0  # seconds a server has to run for the next end to count as the first


@contextlib.contextmanager
def kept_running(server: EmbeddedPostgres) -> Iterator[None]:
    """Starts `server` again whenever it ends, until the block does; then it is stopped for good."""
    stopping = threading.Event()
    # PostgreSQL ends with the thread that started it, so this one lives until that has ended.
    thread = threading.Thread(target=_keep, args=(server, stopping), name="postgres", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        server.end()
        thread.join()
        server.stop()


def _keep(server: EmbeddedPostgres, stopping: threading.Event) -> None:
    tries = 0
    launched: float | None = time.monotonic()
    while True:
        code = server.wait()
        if stopping.is_set():
            return
        if launched is not None:
            log.error("PostgreSQL has ended (%s) and is started again", _how(code))
            # One that starts and ends again at once is no better than one that does not start.
            tries = tries if time.monotonic() < launched + STEADY_AFTER else 0
        if stopping.wait(PAUSES[min(tries, len(PAUSES) - 1)]):
            return
        tries += 1
        launched = _launched(server, stopping)


def _launched(server: EmbeddedPostgres, stopping: threading.Event) -> float | None:
    """When it was, or None where it does not start at the moment."""
    try:
        server.launch_again()
    except EmbeddedError as error:
        if not stopping.is_set():
            log.error("%s", error)
        return None
    except Exception:
        # No memory, no space: whatever it is, it may pass, and nobody else would try again.
        log.exception("PostgreSQL cannot be started at the moment")
        return None
    log.warning("PostgreSQL runs again")
    return time.monotonic()


def _how(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
