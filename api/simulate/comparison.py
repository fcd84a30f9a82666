"""The comparison at the end of a run: every answer that tells something of the town, beside the books."""

from __future__ import annotations

from collections.abc import Callable

from api.simulate.asking import Reader
from api.simulate.books import Books
from api.simulate.compare_rest import Rest
from api.simulate.compare_sales import Sales
from api.simulate.comparing import Compared
from api.simulate.line import Server
from api.simulate.town import Town

Show = Callable[[str, int, int | None], None]


async def compare(server: Server, town: Town, books: Books, position: int, show: Show) -> list[Compared]:
    """All answers, as they are once they reflect `position`. LedgerError: the server does not answer."""
    reader = Reader(server, position)
    parts = Sales(reader, town, books).parts() | Rest(reader, town, books).parts()
    found = []
    for number, compare_part in enumerate(parts.values(), 1):
        show("comparing", number, len(parts))
        found.append(await compare_part())
    reader.close()
    return found
