"""What events change, in Swedish: every fixed sentence has words, and none says less than the English one."""

from __future__ import annotations

import pytest

from api.console.changes import said
from ledger import order_words, wording

FIXED = sorted(
    {*order_words._FIRST.values(), *order_words._AGAIN.values(), *order_words._SALE.values(), "nothing changed"}
)


@pytest.mark.parametrize("sentence", FIXED)
def test_every_fixed_sentence_has_swedish_words(sentence: str) -> None:
    told = said(sentence, "sv")
    assert told.language == "sv" and told.text != sentence
    assert said(sentence, "en") == (sentence, "en")


@pytest.mark.parametrize("status", sorted(set(wording.STATUS.values())))
def test_every_status_has_its_swedish_name(status: str) -> None:
    assert status not in said(f"Status from New to {status}", "sv").text


@pytest.mark.parametrize(
    ("sentence", "swedish"),
    [
        ("1.5 × Ost: rökt added", "1.5 × Ost: rökt tillagd"), ("2 × Latte removed", "2 × Latte borttagen"),
        ("total from 0.00 kr to 1049.50 kr", "summa från 0,00 kr till 1049,50 kr"),
        ("paid 98.00 kr by card", "betalt 98,00 kr med kort"), ("paid 5.00 kr by type 7", "betalt 5,00 kr by type 7"),
        ("paid back 49.00 kr in cash", "återbetalt 49,00 kr kontant"), ("receipt 17 issued", "kvitto 17 utfärdat"),
        ("payment of 5.00 kr by Swish taken back", "betalning på 5,00 kr med Swish återtagen"),
        ("payment status from unpaid to paid", "betalning från obetald till betald"),
        ("customer added", "kund tillagd"), ("external id assigned: B-1", "externt id satt: B-1"),
        ("Latte: price from 49.00 kr to 52.00 kr", "Latte: pris från 49,00 kr till 52,00 kr"),
        ("receipt 17: terminal removed: x", "kvitto 17: kassa borttagen: x"),
    ],
)  # fmt: skip
def test_a_sentence_is_put_into_swedish(sentence: str, swedish: str) -> None:
    assert said(sentence, "sv") == (swedish, "sv")


@pytest.mark.parametrize(
    "sentence", ["bong from 1 to 2", "daily bong: 7", "from to", ":", "", "x: y", "web shop id: 5"]
)
def test_what_has_no_words_stays_english_and_says_so(sentence: str) -> None:
    assert said(sentence, "sv") == (sentence, "en")
