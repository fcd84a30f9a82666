"""Swedish and English: every word of the console, by key, and which of the two somebody reads."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

Language = Literal["sv", "en"]

LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "sv"
COOKIE = "language"

_WORDS = Path(__file__).parent / "words"
_LONGEST = 200


class Words:
    """The words of one language. Templates call it: `t("today.title")`; `{name}` in a text is filled in."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.texts = dict(_flat(tomllib.loads((_WORDS / f"{language}.toml").read_text("utf-8"))))

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key. KeyError: there is none."""
        text = self.texts[key]
        return text.format(**values) if values else text

    def tender(self, type_: int, swish: int) -> str:
        """What payments of a TypeId are called; `swish` is that of Swish."""
        if type_ == swish:
            return self.texts["tender.swish"]
        return self.texts.get(f"tender.{type_}") or self("tender.other", type=type_)

    def happened(self, type_: str) -> str:
        """What happened, by the stored name of the event; that name where there are no words for it."""
        return self.texts.get(f"happened.{type_}", type_)

    def count(self, key: str, number: int, shown: str) -> str:
        """`key.one` or `key.other`, by number; `{n}` in it is the number as it is shown."""
        return self.texts[f"{key}.{'one' if number == 1 else 'other'}"].format(n=shown)


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


WORDS: Mapping[Language, Words] = {language: Words(language) for language in LANGUAGES}


def chosen(remembered: str | None, accepted: str) -> Language:
    """What was chosen here before, else the browser's choice (Accept-Language, RFC 9110, 12.5.4), else Swedish."""
    for language in LANGUAGES:
        if remembered == language:
            return language
    ranges = [_range(text) for text in accepted[:_LONGEST].split(",")]
    for _, name in sorted((found for found in ranges if found[0] > 0), key=lambda found: -found[0]):
        for language in LANGUAGES:
            if name.partition("-")[0] == language:
                return language
    return DEFAULT


def _range(text: str) -> tuple[float, str]:
    name, _, weight = text.partition(";")
    try:
        return float(weight.strip().removeprefix("q=") or 1), name.strip().lower()
    except ValueError:
        return 0.0, name.strip().lower()
