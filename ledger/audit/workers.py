"""Processes that hash files of an export, one a core; they know nothing but what they are told.

They are plain children that read pickled tasks and write pickled answers: nothing of the parent is copied or imported,
so they are small, start quickly, and are the same on every system. They end when the parent does.
"""

from __future__ import annotations

import itertools
import os
import pickle
import queue
import secrets
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from ledger.audit.tasks import Task, carry_out
from ledger.errors import LedgerError

_PROGRAM = "from ledger.audit.tasks import serve; serve()"


class Workers:
    """So many processes; with none the work is done by this one."""

    def __init__(self, count: int) -> None:
        # Streams are told apart by Python's hash, which must be the same in all of them and nobody else's to know.
        environment = os.environ | {"PYTHONHASHSEED": str(secrets.randbelow(2**32 - 1) + 1)}
        self._idle = queue.SimpleQueue[subprocess.Popen[bytes]]()
        self._processes = [
            subprocess.Popen(
                (sys.executable, "-c", _PROGRAM),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
            for _ in range(count)
        ]
        for process in self._processes:
            self._idle.put(process)
        self._threads = ThreadPoolExecutor(max(1, count))

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.communicate()

    def map(self, tasks: Iterable[Task]) -> Iterator[Any]:
        """What comes of tasks, in their order; a few are under way at once."""
        if not self._processes:
            yield from map(carry_out, tasks)
            return
        todo, waiting = iter(tasks), deque[Future[Any]]()
        for task in itertools.islice(todo, 2 * len(self._processes)):
            waiting.append(self._threads.submit(self._ask, task))
        while waiting:
            done = waiting.popleft().result()
            waiting.extend(self._threads.submit(self._ask, task) for task in itertools.islice(todo, 1))
            yield done

    def _ask(self, task: Task) -> Any:
        process = self._idle.get()
        try:
            assert process.stdin is not None and process.stdout is not None
            pickle.dump(task, process.stdin)
            process.stdin.flush()
            return pickle.load(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            raise LedgerError("a process that hashes has died; is there memory left?") from None
        finally:
            self._idle.put(process)


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
