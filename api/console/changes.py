"""What events change, in the reader's language: the English sentences of `ledger.words` are put into Swedish."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from api.console.language import Language

_AMOUNT = re.compile(r"-?\d+\.\d+ kr")
_TABLE = tomllib.loads((Path(__file__).parent / "words" / "changes.sv.toml").read_text("utf-8"))
_SENTENCES = [(re.compile(pattern), text) for pattern, text in _TABLE["sentences"].items()]
_VALUES: dict[str, str] = _TABLE["values"]
# What stands before `from`, `:` and so on is the name of a member: without a word for it the sentence stays English.
_NAMED = re.compile(r"\\1(:| från| \\2$| borttagen)")


class Said(NamedTuple):
    """A sentence and the language it is in."""

    text: str
    language: Language


def said(sentence: str, language: Language) -> Said:
    """A sentence of `ledger.words` for somebody who reads `language`; English where there are no words for it."""
    found = _swedish(sentence) if language == "sv" else None
    return Said(sentence, "en") if found is None else Said(found, "sv")


def _swedish(sentence: str) -> str | None:
    for pattern, text in _SENTENCES:
        found = pattern.fullmatch(sentence)
        if found is not None and (not _NAMED.match(text) or " × " in sentence or found[1] in _VALUES):
            return _filled(text, [_value(part) for part in found.groups()])
    # Of something in the order: `Latte: price from 49.00 kr to 52.00 kr`.
    of, _, rest = sentence.partition(": ")
    told = _swedish(rest) if rest else None
    return None if told is None else f"{_swedish(of) or of}: {told}"


def _filled(text: str, parts: list[str]) -> str:
    return re.sub(r"\\(\d)", lambda place: parts[int(place[1]) - 1], text)


def _value(part: str) -> str:
    return _VALUES.get(part) or (part.replace(".", ",") if _AMOUNT.fullmatch(part) else part)
