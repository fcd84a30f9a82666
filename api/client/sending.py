"""One request, sent again while that can help: the same bytes with the same key, less and less often."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

from .errors import ClientError, Unreachable, problem_of
from .wire import decode

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0


async def exchange(http: httpx.AsyncClient, method: str, path: str, **arguments: Any) -> httpx.Response:
    """One request and its answer of 200. Problem: another answer. Unreachable: none, or not the ledger's."""
    try:
        answer = await http.request(method, path, **arguments)
    except (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError) as error:
        raise unreachable(error) from error
    return checked(answer)


def checked(answer: httpx.Response) -> httpx.Response:
    """An answer that was read, when it is 200; raises as `exchange` does."""
    if answer.status_code >= 400:
        raise problem_of(answer.status_code, content_of(answer), answer.headers)
    if answer.status_code != 200:
        # The sign-in page of a café's Wi-Fi, for one.
        raise Unreachable(f"something answered with {answer.status_code}, which the ledger does not")
    return answer


def content_of(answer: httpx.Response) -> Any:
    """The JSON of an answer; None: it is none."""
    try:
        return decode(answer.content)
    except ValueError:
        return None


def unreachable(error: Exception) -> Unreachable:
    """What the network's error means to the caller."""
    return Unreachable(f"the ledger cannot be reached: {str(error) or type(error).__name__}")


async def retrying(attempt: Callable[[], Awaitable[T]], seconds: float) -> T:
    """What `attempt` gives at last. ClientError: it failed for good, or was still failing after so many seconds."""
    end = asyncio.get_running_loop().time() + seconds
    for number in itertools.count():
        try:
            async with asyncio.timeout_at(end):
                return await attempt()
        except TimeoutError:
            raise Unreachable(f"the ledger has not answered within {seconds:g} seconds") from None
        except ClientError as failure:
            pause = pause_before(number, failure.retry_after)
            if not failure.retryable or asyncio.get_running_loop().time() + pause >= end:
                raise
        await asyncio.sleep(pause)
    raise AssertionError("there is always one more try, or its error")


def pause_before(number: int, retry_after: float | None = None) -> float:
    """Seconds to wait after try `number` (from 0): at random up to a bound that doubles, so that not all come at once.

    What the ledger has asked for comes on top of it.
    """
    longest = min(FIRST_PAUSE * 2.0 ** min(number, 16), LONGEST_PAUSE)
    return (retry_after or 0.0) + random.uniform(0.0, longest)
