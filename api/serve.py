"""`order-ledger serve`: the HTTP server and, unless told otherwise, projectors, sealer and PostgreSQL itself."""

from __future__ import annotations

import asyncio
import errno
import gc
import ipaddress
import json
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from api.connect import Stopped, database_of, prepare, stop_on_signals
from api.protocol import Patience, Protocol
from ledger.errors import LedgerError
from ledger.settings import Settings, SettingsError

BACKLOG = 2048
GRACE = 5  # seconds that requests under way get at shutdown


class CannotListen(LedgerError):
    """The address cannot be listened on."""


class Server(uvicorn.Server):
    """uvicorn that says when it listens, loses patience with slow clients, and stops cleanly however often asked."""

    def __init__(
        self,
        config: uvicorn.Config,
        patience: Patience,
        tidy: Callable[[float], None],
        listening: Callable[[], None],
        stopping: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._tidy = tidy
        self._patience = patience
        self._listening = listening
        self._stopping = stopping
        # uvicorn ticks ten times a second.
        self._ticks = round(10 * min(1.0, max(0.1, min(patience) / 10)))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; then the word to whoever started us."""
        await super().startup(sockets=sockets)
        if self.started:
            self._listening()

    async def on_tick(self, counter: int) -> bool:
        """As uvicorn's; and, about once a second, a look at every connection, and at what may be given back."""
        if counter % self._ticks == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Protocol):
                    connection.look(now, self._patience)
            self._tidy(now)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Only ask for the end, which is bounded by GRACE. uvicorn would raise the signal again after it."""
        self.should_exit = True
        self._stopping()


def serve(settings: Settings, *, projectors: bool, sealer: bool, as_json: bool = False) -> None:
    """Serve until SIGINT or SIGTERM, then stop everything cleanly. Raises LedgerError and OSError at the start."""
    stop_on_signals()
    try:
        with listen(settings) as listener, database_of(settings, shared=False) as dsn:
            major = asyncio.run(prepare(settings, dsn, catch_up=projectors))
            greeting = (_facts if as_json else _greeting)(settings, listener, major)
            _run(settings, dsn, listener, projectors=projectors, sealer=sealer, greeting=greeting)
    except Stopped:
        return


def listen(settings: Settings) -> socket.socket:
    """The listening socket of HOST and PORT, taken before anything is started: a port in use is known at once.

    Whoever reaches the demo is its admin, so only this machine may reach it.
    """
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise SettingsError("HOST", settings.host, "an address of this machine, like 127.0.0.1") from None
    if settings.demo and not all(ipaddress.ip_address(address[0]).is_loopback for *_, address in found):
        raise CannotListen(
            f"HOST {settings.host} is not a loopback address, and the demo lets everybody in who reaches it: "
            "set DEMO=off, then every request needs a credential (order-ledger key create --help)"
        )
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotListen(f"{settings.host}:{settings.port} {_reason(error)}") from error
    return listener


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "is in use by another program; set PORT to another port, or to 0 for any that is free"
    return f"cannot be listened on: {error.strerror}"


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _facts(settings: Settings, listener: socket.socket, major: int) -> str:
    """The greeting for a program; `data_dir` is null with DATABASE_URL."""
    data_dir = str(settings.data_dir.resolve()) if settings.database_url is None else None
    return json.dumps(
        {"url": _url(listener), "postgresql": major, "data_dir": data_dir, "demo": settings.demo}, ensure_ascii=False
    )


def _greeting(settings: Settings, listener: socket.socket, major: int) -> str:
    url = _url(listener)
    data = settings.data_dir.resolve()
    place = f"{data} (PostgreSQL {major}, its log: {data / 'postgres.log'})"
    if settings.database_url is not None:
        place = f"the PostgreSQL {major} of DATABASE_URL"
    credential = "" if settings.demo else " -H 'Authorization: Bearer <key>'"
    hint = "" if settings.demo else "   (order-ledger key create --help tells how to make a key)"
    return (
        f"order-ledger listens on {url}\nData lies in {place}\n"
        f"Try: curl -s{credential} {url}/api/Sale/GetOutlets{hint}\n"
        f"Look: {url} in a browser"
    )


def _run(
    settings: Settings, dsn: str, listener: socket.socket, *, projectors: bool, sealer: bool, greeting: str
) -> None:
    from api.app import build  # imports every endpoint: not needed to find out that a port is taken

    app = build(settings, dsn, projectors=projectors, sealer=sealer)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # they would let anybody on this machine choose the address in the log
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE,
    )
    # What is made at start lives as long as the process, and a request leaves no cycles behind: looking through all of
    # it every 700 objects took a tenth of the time under load.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    patience = Patience(settings.head_seconds, settings.body_seconds, settings.answer_seconds)
    listening, stopping = lambda: print(greeting, flush=True), lambda: setattr(app.state, "stopping", True)
    server = Server(config, patience, app.state.load.tidy, listening, stopping)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    try:
        server.run(sockets=[listener])
    except SystemExit:  # uvicorn's word for a lifespan that failed; it has logged why
        raise LedgerError("the server did not start; the log above says why") from None
