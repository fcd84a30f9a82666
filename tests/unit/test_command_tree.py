"""The tree of commands: what the README promises is there, every command speaks JSON, and the help is light."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli import parser
from api.cli.completion import script
from api.cli.desk import NAMED_AT_MOST, some_of
from api.cli.tree import commands

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
TREE = dict(commands(parser()))
# Older spellings, and what they are now.
OLDER = {"user password": "user set-password", "key seal new": "key seal create"}
HEAVY = ("asyncio", "asyncpg", "msgspec", "rich", "cryptography", "starlette", "dataclasses", "shtab", "projections")


def promised() -> Iterator[str]:
    """The commands that the README's table names: whole ones, and `list` beside `order-ledger key create`."""
    table = README.partition("## Commands")[2].partition("|---|---|\n")[2].partition("\n\n")[0]
    for line in table.splitlines():
        path: list[str] = []
        for span in re.findall(r"`([^`]+)`", line.split("|")[1]):
            words = [word for word in span.split() if word.islower() and not word.startswith("-")]
            if words and words[0] == "order-ledger":
                path = words[1:]
            elif words:
                path = path[: -len(words)] + words
            else:
                continue
            yield " ".join(path)


def test_the_readme_names_every_command_and_no_other() -> None:
    assert set(promised()) == set(TREE) - set(OLDER)


@pytest.mark.parametrize("name", [name for name in TREE if name != "completion"])
def test_every_command_takes_json_and_says_what_it_prints(name: str) -> None:
    (option,) = [action for action in TREE[name]._actions if "--json" in action.option_strings]
    assert option.help and "JSON" in option.help


@pytest.mark.parametrize("name", TREE)
def test_every_help_teaches(name: str) -> None:
    shown = TREE[name].format_help()
    assert "example" in shown and f"order-ledger {OLDER.get(name, name)}" in shown
    assert max(map(len, shown.splitlines())) <= 120


@pytest.mark.parametrize("older", [*OLDER, "project --rebuild"])
def test_no_message_teaches_an_older_spelling(older: str) -> None:
    code = [path for room in ("api", "ledger", "projections") for path in (ROOT / room).rglob("*.py")]
    assert [path.name for path in code if f"order-ledger {older}" in path.read_text("utf-8")] == []


@pytest.mark.parametrize("name", ["status", "verify", "replay", "simulate"])
def test_where_an_exit_code_is_an_answer_the_help_says_so(name: str) -> None:
    assert "xit code" in TREE[name].format_help()


@pytest.mark.parametrize("line", [
    "user password anna", "key seal new kafe --reason lost", "project --rebuild all", "project --once",
    "serve --port 0", "export here --gzip", "verify --live --tenant kafe", "replay --live",
])  # fmt: skip
def test_older_spellings_are_understood(line: str) -> None:
    assert callable(parser().parse_args(line.split()).run)


@pytest.mark.parametrize(("line", "said"), [
    ("show invoice x", "is no Guid: it is like "), ("tail --after=-1", "is no position"),
    ("status --watch 0", "number of seconds"), ("completion cmd", "choose from 'bash', 'zsh', 'fish'"), ("", "COMMAND"),
    ("show", "COMMAND"), ("simulate --day 2026-13-01", "is no day like 2026-11-23"),
    ("simulate --tills 0", "from 1 to 20"),
    ("shwo order 1", "invalid choice: 'shwo'"), ("rebuild", "NAME|all"),
])  # fmt: skip
def test_what_is_not_understood_is_one_line(capsys: pytest.CaptureFixture[str], line: str, said: str) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(line.split())
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out, printed.err.count("\n")) == (2, "", 1)
    assert said in printed.err and "--help` tells more" in printed.err


def test_the_help_imports_nothing_heavy() -> None:
    program = f"import sys, api.cli; api.cli.parser(); print([name for name in {HEAVY} if name in sys.modules])"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_knows_the_whole_tree(shell: str) -> None:
    made = script(shell)
    words = {word for name in TREE for word in name.split()} | {"order.finalised", "catalogue", "as-of", "tenant"}
    assert {word for word in words if word not in made} == set()


@pytest.mark.parametrize(
    ("count", "more"), [(1, ""), (NAMED_AT_MOST, ""), (300, " and 280 more (order-ledger tenant list)")]
)
def test_of_many_names_a_message_says_the_first(count: int, more: str) -> None:
    names = [f"kafe-{number}" for number in range(count)]
    assert some_of(names) == ", ".join(names[:NAMED_AT_MOST]) + more
