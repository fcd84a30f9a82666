"""One connection that asks one question after the other: how long each answer takes, and nothing else beside it."""

from __future__ import annotations

import http.client
import json
import time
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit


class Line:
    """A kept-alive connection to a server."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._headers = {"Authorization": f"Bearer {key}"}

    def __enter__(self) -> Line:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Status and body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request("GET", path, headers=self._headers | named)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def post(self, path: str, body: bytes) -> int:
        """The position it has. AssertionError: it was not taken."""
        self._connection.request("POST", path, body, self._headers | {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        said: Any = answer.read()
        assert answer.status == 200, said
        return int(json.loads(said)["Position"])

    def seconds(self, path: str) -> float:
        """How long an answer takes. AssertionError: it is not 200."""
        begun = time.perf_counter()
        status, body = self.get(path)
        took = time.perf_counter() - begun
        assert status == 200, (path, status, body[:500])
        return took


def percentile(values: list[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
