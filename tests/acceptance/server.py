"""A client as tests want one: it posts, reads its own writes, and knows what every refusal looks like."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

Json = dict[str, Any]

SCRIPT = Path(sys.executable).with_name("order-ledger")
_OURS = {"HOST", "PORT", "DATA_DIR", "DATABASE_URL", "MASTER_KEY", "MASTER_KEY_OLD", "LOG_LEVEL", "DEMO"}
_PROBLEM = {"type", "title", "status", "detail", "errors", "retryable"}


@contextmanager
def serving(data_dir: Path, log: Path, *arguments: str, **changes: str) -> Iterator[str]:
    """The base URL of a server on a free port, with options and settings other than usual; stopped cleanly."""
    settings = {"PORT": "0", "DATA_DIR": str(data_dir), "LOG_LEVEL": "WARNING"} | changes
    environment = {name: value for name, value in os.environ.items() if name not in _OURS} | settings
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [SCRIPT, "serve", *arguments], env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip().rpartition(" ")[2]
        finally:
            process.terminate()
            assert process.wait(60) == 0


class Server:
    """The server under test. Paths are those below `/api/`, or whole ones from `/` on."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.position = 0

    def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Any request; a body that is no bytes is sent as JSON. Header names are written with `_`."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(
            method, path if path.startswith("/") else f"/api/{path}", content=content, headers=named
        )

    def command(self, method: str, path: str, body: object = None, **headers: str) -> Json:
        """A command that succeeds: `{"Position": n, "Duplicate": false}`."""
        answer = self.send(method, path, body, **headers)
        assert answer.status_code == 200, answer.text
        said: Json = answer.json()
        assert set(said) == {"Position", "Duplicate"}
        assert answer.headers["Ledger-Position"] == str(said["Position"])
        self.position = max(self.position, said["Position"])
        return said

    def post(self, path: str, body: object, **headers: str) -> Json:
        """A post that appends."""
        said = self.command("POST", path, body, **headers)
        assert said["Duplicate"] is False
        return said

    def again(self, path: str, body: object, **headers: str) -> Json:
        """A post that was there already."""
        said = self.command("POST", path, body, **headers)
        assert said["Duplicate"] is True
        return said

    def set_status(self, order: Json, status: int) -> Json:
        """UpdateOrderStatus, a GET that writes."""
        return self.command("GET", f"Order/UpdateOrderStatus/{order['Id']}/{status}")

    def refused(self, path: str, body: object, at: str | None = None, **headers: str) -> Json:
        """A post that is 417 in the contract's shape, naming the member `at` fault."""
        return self._problem(self.send("POST", path, body, **headers), 417, at)

    def get(self, path: str, **query: object) -> Any:
        """What a read gives once it shows everything this client has written."""
        found = self.ask(path, **query)
        assert found.status_code == 200, found.text
        assert found.headers["Content-Type"] == "application/json; charset=utf-8"
        assert int(found.headers["Ledger-Position"]) >= self.position
        return found.json()

    def ask(self, path: str, **query: object) -> httpx.Response:
        """A read as it comes back; parameters of None are left out, `dates_Name` is `dates.Name`."""
        sent = {name.replace("dates_", "dates."): str(value) for name, value in query.items() if value is not None}
        url = httpx.URL(path if path.startswith("/") else f"/api/{path}").copy_merge_params(sent)
        return self.client.get(url, headers={"Ledger-Min-Position": str(self.position)})

    def bad(self, path: str, **query: object) -> Json:
        """A read with a parameter that makes no sense."""
        return self._problem(self.ask(path, **query), 400)

    def order(self, order: Json) -> Json:
        """The order as it stands."""
        found: Json = self.get(f"/v1/orders/{order['Id']}")
        return found

    def swish(self, order: Json) -> list[Json]:
        """The Swish payments of an order."""
        found: list[Json] = self.get("/v1/swish", orderId=order["Id"])
        return found

    def stock(self, product: str, outlet: str) -> float:
        """The stock of a product at an outlet, 0 where nothing ever moved."""
        found: list[Json] = self.get("/v1/stock", productId=product, outletId=outlet)
        return float(sum(row["Quantity"] for row in found))

    @staticmethod
    def _problem(answer: httpx.Response, status: int, at: str | None = None) -> Json:
        assert answer.status_code == status, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
        found: Json = answer.json()
        assert set(found) == _PROBLEM
        assert (found["status"], found["retryable"]) == (status, False)
        assert all(set(error) == {"path", "message"} for error in found["errors"])
        assert at is None or at in [error["path"] for error in found["errors"]], found
        return found
