"""A till's program that is killed at one of its lines, and started again on the same queue.

    client_process.py URL QUEUE

Each line of standard input, `{"orders": [...], "die_at": n}`, starts it once: it puts the orders into the queue, says
the Id of each on a line as soon as `put` has returned, and waits until all is sent; at the n-th step that it takes in
the client's code it kills itself. How it ended is the last line of each start: `killed` or `finished`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import api.client
from api.client import Client, OfflineQueue

_ROOM = Path(api.client.__file__).parent
# Where a death makes a difference: encoding and the errors' texts do not.
_QUEUE = str(_ROOM / "offline.py")
_WATCHED = {_QUEUE, *(str(_ROOM / name) for name in ("client.py", "commands.py", "sending.py"))}


class Death:
    """Counts steps in the watched files, in all threads, and kills at one of them.

    A step is a line when it is carried out for the first time, of the queue also for the second: after that it only
    repeats itself.
    """

    def __init__(self, at: int) -> None:
        self._left = at
        self._times = Counter[tuple[str, int]]()

    def watch(self, frame: FrameType, event: str, argument: Any) -> Any:
        """A function is called."""
        return self._step if frame.f_code.co_filename in _WATCHED else None

    def _step(self, frame: FrameType, event: str, argument: Any) -> Any:
        line = frame.f_code.co_filename, frame.f_lineno
        if event == "line" and self._times[line] < (2 if line[0] == _QUEUE else 1):
            self._times[line] += 1
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return self._step


async def _sell(url: str, path: str, orders: list[Any]) -> None:
    async with Client(url) as client, OfflineQueue(path) as queue:
        sending = asyncio.create_task(queue.run(client))
        for order in orders:
            await queue.post_order(order)
            print(order["Id"], flush=True)
        await queue.drained()
        sending.cancel()


def _start(url: str, path: str, orders: list[Any], die_at: int) -> None:
    death = Death(die_at)
    threading.settrace(death.watch)
    sys.settrace(death.watch)
    asyncio.run(_sell(url, path, orders))


def main(url: str, path: str) -> None:
    """Starts the program once for each line of standard input. A fork has everything imported already."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _start(url, path, **json.loads(line))
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        print("killed" if os.WIFSIGNALED(status) else "finished" if status == 0 else "failed", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
