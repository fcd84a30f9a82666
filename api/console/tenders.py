"""How sales were paid, as bars."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request

from api.console.charts import Bar, bars
from api.console.pages import words_of
from projections.tenders_reads import Tender


def tender_bars(request: Request, found: Iterable[Tender]) -> list[Bar]:
    """A bar for each type of payments, under its name."""
    words, swish = words_of(request), request.app.state.settings.swish_payment_type
    return bars((words.tender(tender.type, swish), tender.amount, None, "") for tender in found)
