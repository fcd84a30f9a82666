"""The pages in docs/: links lead somewhere, commands exist, and every page is found from the README."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app import ROUTES
from api.cli import parser
from api.cli.tree import ENVIRONMENT, commands

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
FRONT = [ROOT / "README.md", ROOT / "SECURITY.md"]
TREE = dict(commands(parser()))
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"")
_COMMAND = re.compile(r"\border-ledger ((?:[a-z][a-z-]*[ \n]?)+)(?![\w/-])")
_PATH = re.compile(r"http://127\.0\.0\.1:8000(/[\w/.-]*)")


def page_name(path: Path) -> str:
    """As a test names it."""
    return path.name


def anchors(page: Path) -> set[str]:
    """What a link may name behind `#`: headings as GitHub does it."""
    headings = re.findall(
        r"^#+ (.*)$", re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path) -> Iterator[str]:
    """Links of a page that lead nowhere; those to other sites are not looked at."""
    for found in _LINK.findall(page.read_text("utf-8")):
        target = found[0] or found[1]
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            yield target


@pytest.mark.parametrize("page", [*FRONT, *PAGES], ids=page_name)
def test_links_lead_somewhere(page: Path) -> None:
    assert list(broken(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_page_is_found_from_the_readme(page: Path) -> None:
    assert f"](docs/{page.name})" in FRONT[0].read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_commands_are_in_the_tree(page: Path) -> None:
    for said in _COMMAND.findall(page.read_text("utf-8")):
        words = said.split()
        known = [" ".join(words[:count]) for count in range(1, len(words) + 1)]
        assert any(name in TREE or any(one.startswith(f"{name} ") for one in TREE) for name in known), said


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_options_are_those_of_the_command(page: Path) -> None:
    text = page.read_text("utf-8").replace("\\\n", " ")
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    for line in lines:
        for said in re.findall(r"order-ledger ([^|;&#)>]+)", line):
            words = said.split()
            name = next(" ".join(words[:n]) for n in range(len(words), 0, -1) if " ".join(words[:n]) in TREE)
            options = {option for action in TREE[name]._actions for option in action.option_strings}
            assert {word for word in words if word.startswith("--")} <= options, line


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_requests_go_to_paths_that_there_are(page: Path) -> None:
    paths = {re.sub(r"\{\w+\}", "{}", route.path).lower() for route in ROUTES}
    for path in _PATH.findall(page.read_text("utf-8")):
        assert re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "{}", path).lower() in paths, path


def test_settings_that_are_named_exist() -> None:
    text = (ROOT / "docs" / "production.md").read_text("utf-8")
    block = text.partition("`/etc/order-ledger.env`")[2].partition("```ini\n")[2].partition("```")[0]
    named = {line.partition("=")[0] for line in block.splitlines()}
    assert named and named <= set(re.findall(r"^  ([A-Z_]+) ", ENVIRONMENT, re.MULTILINE))
