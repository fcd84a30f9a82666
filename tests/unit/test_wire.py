"""What comes in beside a body, and what goes out (contract, section 1)."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.described import GUID, Parameter, described
from api.load import Load
from api.problems import BodyTooLarge
from api.routing import query
from api.wire import Query, body, command_answer, header, json_answer, list_answer, path_guid
from ledger.errors import BadInput
from ledger.settings import Settings
from ledger.writer import Answer
from projections.window import Page, Window

STOCKHOLM = ZoneInfo("Europe/Stockholm")
TERMINAL = UUID("6a1f3c1e-8a55-4b6f-9d0c-0b8c6d0f1b01")


def request(query: str = "", *messages: dict[str, Any], headers: dict[bytes, bytes] | None = None) -> Request:
    """A GET with a query string, or a POST with these ASGI messages as its body."""
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    settings = Settings(max_body_bytes=10, page_size=1000, page_limit=5000)
    scope = {
        "type": "http",
        "query_string": query.encode("latin-1"),
        "header": headers or {},
        "path_params": {"id": "none", "order": "{" + str(TERMINAL).upper() + "}"},
        "state": {"tenant": SimpleNamespace(tenant_id=1, zone=STOCKHOLM)},
        "app": SimpleNamespace(state=SimpleNamespace(settings=settings, load=Load(1000))),
    }
    return Request(scope, receive)


def chunk(content: bytes, *, more: bool = False) -> dict[str, Any]:
    """One part of a body as ASGI hands it over."""
    return {"type": "http.request", "body": content, "more_body": more}


def fault(query: str) -> str:
    """The parameter that a Dates query is refused for."""
    with pytest.raises(BadInput) as caught:
        Query(request(query)).window()
    return caught.value.problems[0][0]


def test_only_what_is_described_is_read() -> None:
    @described("Stock", summary="Stock.", parameters=[Parameter("productId", GUID, "One product.")])
    async def handler(request: Request) -> Response:
        return Response()

    asked = request("ProductId=x&outletId=y")
    asked.scope["route"] = query("/v1/stock", handler, frozenset())
    assert Query(asked).text("productId") == "x"
    with pytest.raises(LookupError, match="the query parameter outletId is read but not listed: add it to"):
        Query(asked).text("outletId")


class TestDatesQuery:
    """`Dates` of the contract's tables."""

    def test_as_tills_send_it(self) -> None:
        window = Query(
            request(
                "dates.LastExecutedDate=2026-11-23T08:00:00.1234567&dates.CurrentDate=2026-11-23T14:05:00Z"
                f"&dates.TerminalId={str(TERMINAL).upper()}&PageNo=2&PageSize=10"
            )
        ).window()
        assert window.after == datetime(2026, 11, 23, 7, 0, 0, 123456, UTC)
        assert window.until == datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
        assert window.terminal == TERMINAL
        assert (window.offset, window.limit) == (20, 10)

    def test_nothing_sent_is_everything_up_to_the_servers_limit(self) -> None:
        assert Query(request()).window() == Window(limit=1000)

    def test_empty_values_are_not_sent(self) -> None:
        text = "LastExecutedDate=&CurrentDate=&TerminalId=&PageNo=&PageSize="
        assert Query(request(text)).window() == Window(limit=1000)

    def test_names_in_any_case_and_the_last_one_wins(self) -> None:
        window = Query(request("PAGENO=1&dates.pageno=3&pagesize=5&Dates.CURRENTDATE=2026-11-23")).window()
        assert window.offset == 15
        assert window.until == datetime(2026, 11, 22, 23, tzinfo=UTC)

    def test_none_of_dotnet_is_none(self) -> None:
        window = Query(request(f"LastExecutedDate=0001-01-01T00:00:00&TerminalId={UUID(int=0)}")).window()
        assert (window.after, window.terminal) == (None, None)

    @pytest.mark.parametrize(
        "text",
        ["2026-11-23T14:05:00+01:00", "2026-11-23T14:05:00%2B01:00", "2026-11-23T14:05:00%2b0100",
         "2026-11-23T14:05:00%2001:00", "2026-11-23+14:05:00", "11/23/2026%202:05:00%20PM", "11%2F23%2F2026+14:05:00"],
    )  # fmt: skip
    def test_offsets_and_blanks_however_escaped(self, text: str) -> None:
        window = Query(request(f"dates.CurrentDate={text}")).window()
        assert window.until == datetime(2026, 11, 23, 13, 5, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("size", "limit"), [("0", 1000), ("4999", 4999), ("5001", 5000), ("9" * 300, 5000), ("+7", 7), ("007", 7)]
    )
    def test_page_sizes(self, size: str, limit: int) -> None:
        assert Query(request(urlencode({"PageSize": size}))).window().limit == limit

    @pytest.mark.parametrize("page", ["99999999999999999999", "9" * 5000])
    def test_a_page_beyond_everything_still_fits_the_database(self, page: str) -> None:
        assert 0 < Query(request(f"PageNo={page}")).window().offset < 2**63

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("PageNo=-1", "PageNo"),
            ("PageNo=1.5", "PageNo"),
            ("PageNo=one", "PageNo"),
            ("PageNo=" + quote("١"), "PageNo"),
            ("PageSize=-10", "PageSize"),
            ("PageSize=1e3", "PageSize"),
            ("dates.LastExecutedDate=yesterday", "LastExecutedDate"),
            ("CurrentDate=2026-02-30", "CurrentDate"),
            ("CurrentDate=1066-10-14", "CurrentDate"),
            ("CurrentDate=%00", "CurrentDate"),
            ("CurrentDate=%ff", "CurrentDate"),
            ("TerminalId=7", "TerminalId"),
        ],
    )
    def test_what_cannot_be_read_is_named(self, text: str, name: str) -> None:
        assert fault(text) == name


class TestSmallParameters:
    """Guids, flags and numbers of the other queries."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", False),
            ("all=", False),
            ("all=TRUE", True),
            ("ALL=1", True),
            ("all=0", False),
            ("all=1&all=false", False),
        ],
    )
    def test_flags(self, text: str, expected: bool) -> None:
        assert Query(request(text)).boolean("all") is expected

    @pytest.mark.parametrize("text", ["all=yes", "all=2", "all=null"])
    def test_no_flags(self, text: str) -> None:
        with pytest.raises(BadInput):
            Query(request(text)).boolean("all")

    def test_numbers(self) -> None:
        query = Query(request("month=12&year=&day=1"))
        assert (query.integer("Month", 1, 12), query.integer("year", 1900, 2200)) == (12, None)

    @pytest.mark.parametrize("text", ["month=0", "month=13", "month=-1", "month=1.0", "month=" + "1" * 99, "month=x"])
    def test_no_numbers(self, text: str) -> None:
        with pytest.raises(BadInput, match="month"):
            Query(request(text)).integer("month", 1, 12)

    @pytest.mark.parametrize(
        "text", [str(TERMINAL), str(TERMINAL).upper(), TERMINAL.hex, f"%7B{TERMINAL}%7D", f"%20{TERMINAL}%20"]
    )
    def test_guids(self, text: str) -> None:
        assert Query(request(f"outletid={text}")).guid("outletId") == TERMINAL

    def test_guid_in_the_path(self) -> None:
        assert path_guid(request(), "order") == TERMINAL
        with pytest.raises(BadInput):
            path_guid(request(), "id")


class TestBody:
    """The limit holds for what is declared and for what is sent."""

    async def test_in_one_piece_and_in_several(self) -> None:
        assert await body(request("", chunk(b"{}"))) == b"{}"
        assert await body(request("", chunk(b"0123456", more=True), chunk(b""), headers={})) == b"0123456"
        assert await body(request("", chunk(b""))) == b""

    async def test_exactly_the_limit(self) -> None:
        assert await body(request("", chunk(b"0123456789"), headers={b"content-length": b"10"})) == b"0123456789"

    @pytest.mark.parametrize("declared", [b"11", b"9" * 60])
    async def test_declared_too_large_is_refused_unread(self, declared: bytes) -> None:
        with pytest.raises(BodyTooLarge):
            await body(request(headers={b"content-length": declared}))

    async def test_sent_too_large(self) -> None:
        with pytest.raises(BodyTooLarge):
            await body(request("", chunk(b"012345", more=True), chunk(b"6789A", more=True)))

    async def test_a_client_that_closes_is_heard_out(self) -> None:
        left = [chunk(b"x" * 11, more=True), chunk(b"x" * 11, more=True), chunk(b"")]
        refused = request("", *left, headers={b"content-length": b"22", b"connection": b"close"})
        with pytest.raises(BodyTooLarge):
            await body(refused)
        with pytest.raises(IndexError):
            await refused.receive()

    async def test_a_client_that_goes_away(self) -> None:
        with pytest.raises(ClientDisconnect):
            await body(request("", chunk(b"{", more=True), {"type": "http.disconnect"}))

    def test_headers(self) -> None:
        sent = request(headers={b"if-match": b" 7 "})
        assert (header(sent, b"if-match"), header(sent, b"idempotency-key")) == ("7", "")


class TestAnswers:
    """What a till reads."""

    def test_command(self) -> None:
        answer = command_answer(Answer(42, duplicate=False))
        assert answer.body == b'{"Position":42,"Duplicate":false}'
        assert answer.headers["ledger-position"] == "42"
        assert command_answer(Answer(7, duplicate=True)).body == b'{"Position":7,"Duplicate":true}'

    def test_list(self) -> None:
        answer = list_answer(Page([b'{"Id":1}', b'{"Id":2}'], 9))
        assert answer.body == b'[{"Id":1},{"Id":2}]'
        assert answer.headers["content-length"] == "19"
        assert list_answer(Page([], 0)).body == b"[]"

    def test_headers(self) -> None:
        headers = json_answer(b"null", 3).headers
        assert headers["content-type"] == "application/json; charset=utf-8"
        assert headers["cache-control"] == "no-store"
        assert headers["ledger-position"] == "3"
        assert "ledger-position" not in json_answer(b"null").headers
