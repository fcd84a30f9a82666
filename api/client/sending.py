"""One request, sent again while that can help: the same bytes with the same key, less and less often."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import httpx

from .errors import ClientError, Unreachable, problem_of
from .wire import decode

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
# Whoever asks for more time than that, in seconds, is asked again all the same.
LONGEST_ASKED = 120.0


async def exchange(
    http: httpx.AsyncClient, method: str, path: str, *, stream: bool = False, **arguments: Any
) -> httpx.Response:
    """One request and its answer of 200, read to its end unless it is a `stream`, which the caller closes.

    Problem: another answer. Unreachable: none, or not the ledger's.
    """
    with network():
        answer = await http.send(http.build_request(method, path, **arguments), stream=stream)
        if answer.status_code != 200:
            await answer.aread()  # and so it is closed
    if answer.status_code >= 400:
        raise problem_of(answer.status_code, content_of(answer), answer.headers)
    if answer.status_code != 200:
        raise not_the_ledger()
    return answer


@contextlib.contextmanager
def network() -> Iterator[None]:
    """Says of the network's errors what they mean to the caller: Unreachable."""
    try:
        yield
    except (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError) as error:
        raise Unreachable(f"the ledger cannot be reached: {str(error) or type(error).__name__}") from error


def not_the_ledger() -> Unreachable:
    """What answered is something else: the sign-in page of a café's Wi-Fi, for one."""
    return Unreachable("something answered that is not the ledger")


def content_of(answer: httpx.Response) -> Any:
    """The JSON of an answer; None: it is none."""
    try:
        return decode(answer.content)
    except ValueError:
        return None


async def retrying(attempt: Callable[[], Awaitable[T]], seconds: float) -> T:
    """What `attempt` gives at last. ClientError: it failed for good, or was still failing after so many seconds."""
    end = asyncio.get_running_loop().time() + seconds
    before: ClientError | None = None
    for number in itertools.count():
        try:
            async with asyncio.timeout_at(end):
                return await attempt()
        except TimeoutError:
            raise Unreachable(f"the ledger has not answered within {seconds:g} seconds") from before
        except ClientError as failure:
            before, pause = failure, pause_before(number, failure.retry_after)
            if not failure.retryable or asyncio.get_running_loop().time() + pause >= end:
                raise
        await asyncio.sleep(pause)
    raise AssertionError("there is always one more try, or its error")


def pause_before(number: int, retry_after: float | None = None) -> float:
    """Seconds to wait after try `number` (from 0): at random up to a bound that doubles, so that not all come at once.

    What the ledger has asked for comes on top of it.
    """
    longest = min(FIRST_PAUSE * 2.0 ** min(number, 16), LONGEST_PAUSE)
    return min(retry_after or 0.0, LONGEST_ASKED) + random.uniform(0.0, longest)
