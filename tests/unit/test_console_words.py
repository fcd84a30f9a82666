"""The console's words: the same keys in both languages, and every key that a template or handler asks for."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from api.console.language import LANGUAGES, WORDS, chosen
from api.console.pages import MENU
from api.problems import OUTCOMES
from ledger.events import STORED
from ledger.roles import ROLES
from projections import NAMES

CONSOLE = Path(__file__).parents[2] / "api" / "console"
SV, EN = WORDS["sv"].texts, WORDS["en"].texts
# `t("frame.menu")`, `words("frame.menu")`, `t.count("orders.count"`; a key that is put together ends before its quote.
_ASKED = re.compile(r"""\b(?:t|words)(\.count)?\(\s*["']([\w.-]+)["']\s*[,)]""")


def places(text: str) -> set[str]:
    """The names that a text has filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert SV.keys() == EN.keys()


@pytest.mark.parametrize("key", SV)
def test_a_text_says_something_and_has_the_same_places_in_both(key: str) -> None:
    assert SV[key].strip() and EN[key].strip()
    assert places(SV[key]) == places(EN[key])


@pytest.mark.parametrize(
    "path", sorted([*CONSOLE.glob("*.py"), *CONSOLE.glob("templates/*.html")]), ids=lambda p: p.name
)
def test_every_key_that_is_asked_for_is_there(path: Path) -> None:
    wanted = set()
    for counted, key in _ASKED.findall(path.read_text("utf-8")):
        wanted |= {f"{key}.one", f"{key}.other"} if counted else {key}
    assert wanted - SV.keys() == set()


def test_what_is_named_by_data_has_words() -> None:
    named = {f"menu.{key}" for key, _ in MENU} | {f"role.{role}" for role in ROLES}
    named |= {f"happened.{name}" for name, _ in STORED} | {f"read_model.{name}" for name in NAMES}
    named |= {
        f"refused.{outcome}.{part}"
        for outcome in (*(found.name for found in OUTCOMES.values()), "internal")
        for part in ("title", "text")
    }
    assert named - SV.keys() == set()


@pytest.mark.parametrize(
    ("remembered", "accepted", "language"),
    [
        (None, "", "sv"), (None, "sv-SE,sv;q=0.9,en;q=0.8", "sv"), (None, "en-GB,en;q=0.9", "en"),
        (None, "de,en;q=0.7,sv;q=0.5", "en"), (None, "en;q=0.2, sv;q=0.9", "sv"), (None, "fr", "sv"),
        ("en", "sv", "en"), ("sv", "en", "sv"), ("xx", "en", "en"), (None, "en;q=x,sv;q=0.1", "sv"),
        (None, "en;q=0,sv;q=0", "sv"), (None, ";;,,;q=", "sv"),
    ],
)  # fmt: skip
def test_the_language_is_the_remembered_one_else_the_browsers(
    remembered: str | None, accepted: str, language: str
) -> None:
    assert chosen(remembered, accepted) == language
    assert language in LANGUAGES
