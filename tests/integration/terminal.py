"""A terminal for a command: a real pseudo-terminal, and everything that was shown on it."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from tests.integration.test_startup import environment

ESCAPE = "\x1b["
PATIENCE = 60  # seconds, for a command that hangs


class Terminal:
    """What a person sees and types."""

    def __init__(self, master: int) -> None:
        self._master = master
        self.shown = ""

    def type(self, text: str) -> None:
        """Presses these keys."""
        os.write(self._master, text.encode())

    def until(self, seen: Callable[[str], bool]) -> str:
        """Everything shown so far, once it is as wished; or at the end of the command."""
        while not seen(self.shown):
            assert select.select([self._master], [], [], PATIENCE)[0], f"nothing more is shown after: {self.shown}"
            try:
                piece = os.read(self._master, 65_536)
            except OSError:  # Linux says so when nobody has the other end any more
                break
            if not piece:
                break
            self.shown += piece.decode("utf-8", "replace")
        return self.shown


@contextmanager
def at_terminal(
    command: Sequence[str], settings: Mapping[str, str], *, out: int | None = None
) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    """A command whose three streams are a terminal, 160 columns wide; its standard output may go elsewhere (`out`)."""
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (50, 160))
    given = environment({"TERM": "xterm-256color", **settings})
    given = {name: value for name, value in given.items() if name not in {"COLUMNS", "LINES", "FORCE_COLOR"}}
    with subprocess.Popen(
        command, env=given, stdin=slave, stdout=slave if out is None else out, stderr=slave, start_new_session=True
    ) as process:
        os.close(slave)
        try:
            yield Terminal(master), process
        finally:
            process.kill()
            with contextlib.suppress(OSError):
                os.close(master)


def shown_by(command: Sequence[str], settings: Mapping[str, str]) -> tuple[int, str]:
    """A command on a terminal to its end: its exit code, and all that was shown."""
    with at_terminal(command, settings) as (terminal, process):
        shown = terminal.until(lambda shown: False)
        return process.wait(60), shown
