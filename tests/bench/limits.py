"""What nothing of ours can be faster than: uvicorn alone, and a bare loop of decode and group commit, with no logic.

`python -m tests.bench.limits` serves both: `/empty` answers at once; everything else is decoded, written to one table
in batches, and answered as the ledger would.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from collections import deque
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import uvicorn
from starlette.types import Receive, Scope, Send

from ledger.pool import create
from ledger.records import Order, SwishPayment
from ledger.till_records import CashDrawerLog
from tests.bench.stand import SQL

BATCH_AT_MOST = 256
_DECODERS: dict[str, Callable[[bytes], Order | CashDrawerLog | SwishPayment]] = {
    "PostOrder": msgspec.json.Decoder(Order).decode,
    "PostOpenOrder": msgspec.json.Decoder(Order).decode,
    "PostCashDrawerLog": msgspec.json.Decoder(CashDrawerLog).decode,
    "PostSwishOnlinePayment": msgspec.json.Decoder(SwishPayment).decode,
}


class Bare:
    """The bare loop: bytes in, a position out, durable."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool
        self._waiting: deque[tuple[UUID, bytes, asyncio.Future[int]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def append(self, document_id: UUID, data: bytes) -> int:
        """With whatever else is waiting."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((document_id, data, answer))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        try:
            while self._waiting:
                count = min(len(self._waiting), BATCH_AT_MOST)
                await self._commit([self._waiting.popleft() for _ in range(count)])
        finally:
            self._worker = None

    async def _commit(self, batch: list[tuple[UUID, bytes, asyncio.Future[int]]]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(SQL["bare_lock"])
            tail = await connection.fetchval(SQL["bare_tail"])
            ids, data = [one[0] for one in batch], [one[1] for one in batch]
            await connection.execute(SQL["bare_insert"], tail, ids, data)
        for position, (_, _, answer) in enumerate(batch, tail + 1):
            if not answer.done():
                answer.set_result(position)


async def bare_pool(dsn: str) -> asyncpg.Pool[Any]:
    """Connections as the ledger's writer has them, and the tables."""
    pool = await create(dsn, None, min_size=1, max_size=4)
    await pool.execute(SQL["bare_tables"])
    return pool


class Application:
    """The ASGI application."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._bare: Bare

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"] == "/empty":
            await _answer(send, b"")
        else:
            body = await _body(receive)
            document = _DECODERS[scope["path"].rpartition("/")[2]](body)
            position = await self._bare.append(document.Id, body)
            await _answer(send, b'{"Position":%d,"Duplicate":false}' % position)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        pool = await bare_pool(self._dsn)
        self._bare = Bare(pool)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        pool.terminate()
        await send({"type": "lifespan.shutdown.complete"})


async def _body(receive: Receive) -> bytes:
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serves with the settings that `order-ledger serve` gives uvicorn and the garbage collector."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(
        Application(os.environ["DATABASE_URL"]),
        loop="uvloop", http="httptools", ws="none", lifespan="on", access_log=False, log_config=None,
        server_header=False, proxy_headers=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    print(f"listens on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
