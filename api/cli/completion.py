"""`order-ledger completion`: what a shell needs to finish words. The script knows the tree; no TAB starts Python."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.tree import Tree, commands, lines

if TYPE_CHECKING:
    from ledger.settings import Settings

_ABOUT = """\
Print a script that lets a shell finish commands, options and their values with TAB. It is made from this version's
commands and is complete in itself: make it again after an upgrade.
"""
_EXAMPLES = """\
examples:
  order-ledger completion bash > ~/.local/share/bash-completion/completions/order-ledger
  order-ledger completion zsh > ~/.zfunc/_order-ledger         with fpath+=~/.zfunc before compinit in ~/.zshrc
  order-ledger completion fish > ~/.config/fish/completions/order-ledger.fish
  source <(order-ledger completion bash)                       for this shell only

"""
_SHELLS = ("bash", "zsh", "fish")


def add_to(tree: Tree) -> None:
    """Declares the command."""
    command = tree.command("completion", "print a shell's completion script", _ABOUT, _EXAMPLES, _print)
    command.add_argument("shell", choices=_SHELLS, metavar="SHELL", help="bash, zsh or fish")


def _print(settings: Settings, options: argparse.Namespace) -> None:
    print(script(options.shell))


def script(shell: str) -> str:
    """The script for a shell."""
    import shtab

    from api.cli import parser

    whole = parser()
    for command, line in lines(whole):
        command.description = line  # shtab would say the first line of the long text
    for _, command in commands(whole):
        for action in command._actions:
            _teach(action)
    return shtab.complete(whole, shell)


def _teach(action: Any) -> None:
    """Tells shtab what a value is: a path, or one of a few names that would be too heavy to look up for every run."""
    import shtab

    if action.dest == "type":
        from ledger.events import STORED

        action.choices = sorted(name for name, _ in STORED)
    elif action.dest in ("read_model", "rebuild"):
        from projections import NAMES

        action.choices = [*NAMES, "all"]
    elif action.dest in ("directory", "data_dir"):
        action.complete = shtab.DIRECTORY
    elif action.type is Path:
        action.complete = shtab.FILE
