"""Processes that end with the one that started them, however that one ends."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from signal import Signals

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def signal_at_parents_end(number: Signals) -> None:
    """Ask the kernel to send this process `number` when the thread that started it ends. Nothing happens off Linux."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def end_with_parent(number: Signals) -> Callable[[], None]:
    """A `preexec_fn` for subprocess: the child gets `number` when the calling thread ends.

    subprocess runs it after the change of user, which would clear the wish. The parent may die before the wish is
    spoken; then the child has another parent already, and goes.
    """
    parent = os.getpid()

    def wish() -> None:
        signal_at_parents_end(number)
        if os.getppid() != parent:
            os._exit(1)

    return wish
