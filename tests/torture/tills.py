"""Tills that post until somebody says that it is there, and the oracle of what they were told."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, NamedTuple

from ledger.codec import encoder
from tests.property.oracle import DUPLICATE, NEW, Body, Oracle
from tests.torture.documents import Documents, Moments
from tests.torture.wire import Answer, Cut, Request, send

RETRY_PAUSE = 0.02
CUTS = 0.06  # of all requests, in the middle of the request and of the answer each


class Told(NamedTuple):
    """What a till was told of a document in the end."""

    position: int
    duplicate: bool


class Till:
    """One terminal. Its orders are its own, so that what they must come to is known whatever the others do."""

    def __init__(self, number: int, seed: str, url: Callable[[], str]) -> None:
        self._url, self._random = url, Random(f"{seed}/{number}")
        self.number, self.documents = number, Documents(number, self._random)
        self.oracle = Oracle(Moments())
        self.told: dict[str, Told] = {}
        self.retries = 0
        self._remembered: deque[Request] = deque(maxlen=50)
        self._stop = False

    def stop(self) -> None:
        """What was begun is still seen through."""
        self._stop = True

    async def run(self) -> None:
        """Business, until it is stopped."""
        deeds: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self._sale, 45), (self._return, 10), (self._web_order, 15), (self._swish, 12), (self._drawer, 12),
            (self._twins, 5), (self._late_retry, 10),
        ]  # fmt: skip
        while not self._stop:
            (deed,) = self._random.choices([deed for deed, _ in deeds], [weight for _, weight in deeds])
            await deed()

    async def _sale(self) -> None:
        order = self.documents.order()
        for _ in range(self._random.choice([0, 0, 1, 2])):
            await self._order("PostOpenOrder", self.documents.draft_of(order))
        await self._order("PostOrder", order)
        if self._random.random() < 0.25:
            await self._order("PostOrder", self.documents.amendment_of(order))
        if self._random.random() < 0.1:
            await self._ask(
                self.oracle.set_status(order["Id"], 14), "GET", f"/api/Order/UpdateOrderStatus/{order['Id']}/14"
            )
        elif self._random.random() < 0.3:
            await self._external_id(order, of_return=False)

    async def _return(self) -> None:
        order = self.documents.return_of(self.documents.order())
        await self._order("PostOrder", order)
        if self._random.random() < 0.3:
            await self._external_id(order, of_return=True)

    async def _web_order(self) -> None:
        cart = self.documents.cart()
        await self._order("PostOnlineOrder", cart)
        if self._random.random() < 0.7:
            paid = {"Status": 13, "PaymentStatus": 1, "Payments": [self.documents.payment(cart["OrderTotal"])]}
            await self._order("PostOnlineOrder", {**cart, **paid})

    async def _swish(self) -> None:
        order = self.documents.order(PaymentStatus=0, Payments=[])
        await self._order("PostOrder", order)
        callback = self.documents.callback(order)
        for _ in range(self._random.choice([1, 1, 2])):
            expected = self.oracle.post_swish(callback["id"], callback)
            await self._ask(expected, "POST", "/api/SwishOnlinePayment/PostSwishOnlinePayment", callback)

    async def _drawer(self) -> None:
        entry = self.documents.drawer_entry()
        path = "/api/CashDrawerLog/PostCashDrawerLog"
        await self._ask(self.oracle.post_drawer(entry, first_wins=False), "POST", path, entry)
        if self._random.random() < 0.4:
            corrected = {**entry, "Amount": entry["Amount"] + 1}
            await self._ask(self.oracle.post_drawer(corrected, first_wins=False), "POST", path, corrected)

    async def _twins(self) -> None:
        """Two devices post the same order at the same instant: one appends."""
        order = self.documents.order()
        request = self._request("POST", "/api/Order/PostOrder", order)
        assert self.oracle.post_order(order) == NEW
        one, other = await asyncio.gather(self._until_told(request), self._until_told(request))
        assert one.position == other.position and (one.duplicate or other.duplicate), (request.name, one, other)
        self.told[request.name] = Told(one.position, duplicate=False)

    async def _late_retry(self) -> None:
        """A document from earlier in the day once more."""
        if self._remembered:
            request = self._random.choice(self._remembered)
            told = await self._until_told(request)
            assert told == Told(self.told[request.name].position, duplicate=True), request.name

    async def _external_id(self, order: Body, *, of_return: bool) -> None:
        sent = {"Id": order["Id"], "ExternalID": f"V-{order['Id'][-8:]}"}
        name = "PostReturnOrderExternalInformation" if of_return else "PostOrderExternalInformation"
        expected = self.oracle.assign(sent["Id"], sent["ExternalID"], of_return)
        await self._ask(expected, "POST", f"/api/Order/{name}", sent)

    async def _order(self, endpoint: str, order: Body) -> None:
        online = endpoint == "PostOnlineOrder"
        expected = self.oracle.post_order(order, draft_only=endpoint == "PostOpenOrder", online=online)
        request = await self._ask(expected, "POST", f"/api/Order/{endpoint}", order)
        if order["Status"] == 13 and self._random.random() < 0.1:
            self._remembered.append(request)

    async def _ask(self, expected: str, method: str, path: str, body: Any = None) -> Request:
        request = self._request(method, path, body)
        retries = self.retries
        told = await self._until_told(request)
        if expected == DUPLICATE:
            assert told.duplicate, (request.name, told)
            return request
        # After a lost answer it may be known already.
        assert expected == NEW and (not told.duplicate or self.retries > retries), (request.name, expected, told)
        self.told[request.name] = Told(told.position, duplicate=False)
        return request

    def _request(self, method: str, path: str, body: Any) -> Request:
        name = f"till-{self.number}/{self.documents.new_id()[-12:]}"
        return Request(method, path, b"" if body is None else encoder.encode(body), name)

    async def _until_told(self, request: Request) -> Told:
        while True:
            cut_request = self._random.random() if self._random.random() < CUTS else 1.0
            cut_answer = self._random.randint(0, 60) if self._random.random() < CUTS else None
            try:
                answer = await send(self._url(), request, cut_request=cut_request, cut_answer=cut_answer)
            except Cut:
                pass
            else:
                if answer.status == 200:
                    return Told(answer.json["Position"], answer.json["Duplicate"])
                check_refusal(request, answer)
            self.retries += 1
            await asyncio.sleep(RETRY_PAUSE)


def check_refusal(request: Request, answer: Answer) -> None:
    """While something is wrong with the server, it may say so in the contract's words; everything else is wrong."""
    is_callback = "SwishOnlinePayment" in request.path
    said = (answer.status, answer.json["retryable"], "retry-after" in answer.headers)
    assert said == (503 if is_callback else 417, True, True), (request.name, answer)
