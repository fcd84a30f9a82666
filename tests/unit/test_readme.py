"""What the README promises is what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from api.app import ROUTES
from api.cli.tree import ENVIRONMENT
from ledger.roles import ROLES
from ledger.settings import _READERS

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def short(path: str) -> str:
    """A route as the README names it: what the contract calls it, or a newer path; tiles have one of five forms."""
    path = path.partition("/{level}")[0]
    return re.sub(r"/\{\w+\}", "", path).rpartition("/")[2] if path.startswith("/api/") else path


def test_who_may_do_what() -> None:
    table = README.partition("### Who may do what")[2].partition("\n\n|")[2].partition("\n\n")[0]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in f"|{table}".splitlines()]
    assert head == ["Route", *ROLES]
    promised = {}
    for names, *cells in rows:
        assert set(cells) <= {"yes", ""}
        for name in re.findall(r"`([^`]+)`", names):
            assert name not in promised
            promised[name] = {role for role, cell in zip(ROLES, cells, strict=True) if cell}
    assert promised == {short(route.path): set(route.roles) for route in ROUTES if route.roles}


def test_who_needs_no_credential() -> None:
    for route in ROUTES:
        if not route.roles:
            assert f"{short(route.path).removeprefix('/')}`" in README


def test_every_setting_is_told_of_once() -> None:
    table = README.partition("## Settings")[2].partition("|---|---|---|\n")[2].partition("\n\n")[0]
    told = [name for line in table.splitlines() for name in re.findall(r"`([A-Z_]+)`", line.split("|")[1])]
    assert sorted(told) == sorted(_READERS)
    assert sorted(re.findall(r"^  ([A-Z_]+) ", ENVIRONMENT, re.MULTILINE)) == sorted(_READERS)
