"""A server on the internet (DEMO=off): two tenants, and credentials of every role for each."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx

from ledger import embedded
from ledger.credentials import make_key, revoke_key
from ledger.database import open_pool
from ledger.roles import ROLES
from ledger.settings import Settings
from ledger.store import Pool, Vault
from ledger.tenants import Tenant, add_tenant, find_tenant_named
from tests.acceptance.server import Server, serving

# The tests are a proxy, so that each of them may come from an address of its own.
SETTINGS = {"DEMO": "off", "TRUSTED_PROXIES": "127.0.0.1"}
TILL = UUID("0c7d2a6e-51f3-4f0e-9b9e-3f1f6a0d7c11")
_addresses = itertools.count(1)


def an_address() -> str:
    """An address nobody has called from."""
    number = next(_addresses)
    return f"198.51.{number // 250}.{number % 250 + 1}"


class Shop(NamedTuple):
    """A tenant. `keys` by role, and `bound` (a terminal's, to TILL), `expired` and `revoked`; `ids` are theirs."""

    tenant: Tenant
    keys: dict[str, str]
    ids: dict[str, UUID]


class Shops(NamedTuple):
    """The server and its tenants, and the database under it, for looking behind."""

    http: httpx.Client
    data_dir: Path
    pool: Pool
    vault: Vault
    first: Shop
    second: Shop
    clients: contextlib.ExitStack

    def send(self, credential: str | None, method: str, path: str, **arguments: Any) -> httpx.Response:
        """One request with this credential, from an address of its own unless one is given."""
        headers = {"X-Forwarded-For": an_address()} | arguments.pop("headers", {})
        if credential is not None:
            headers["Authorization"] = f"Bearer {credential}"
        return self.http.request(method, path, headers=headers, **arguments)

    def client(self, credential: str) -> Server:
        """Somebody who sends this credential with everything."""
        headers = {"Authorization": f"Bearer {credential}", "X-Forwarded-For": an_address()}
        return Server(
            self.clients.enter_context(httpx.Client(base_url=self.http.base_url, headers=headers, timeout=60))
        )


@contextlib.asynccontextmanager
async def shops(directory: Path) -> AsyncIterator[Shops]:
    """Both shops, open."""
    data_dir = directory / "data"
    with serving(data_dir, directory / "server.log", **SETTINGS) as url:
        dsn = embedded.attach(data_dir)
        assert dsn is not None
        vault = Vault(*Settings(data_dir=data_dir).master_keys())
        async with await open_pool(dsn, max_size=2) as pool:
            first, second = [await _open(pool, vault, name) for name in ("first-house", "second-house")]
            with contextlib.ExitStack() as clients, httpx.Client(base_url=url, timeout=60) as http:
                yield Shops(http, data_dir, pool, vault, first, second, clients)
    log = (directory / "server.log").read_text("utf-8")
    assert "Traceback" not in log, log


async def _open(pool: Pool, vault: Vault, name: str) -> Shop:
    await add_tenant(pool, vault, name)
    tenant = await find_tenant_named(pool, vault, name)
    assert tenant is not None
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    given: dict[str, dict[str, Any]] = {role: {} for role in ROLES}
    given |= {"bound": {"terminal": TILL}, "expired": {"expires_at": long_ago}, "revoked": {}}
    keys, ids = {}, {}
    for label, options in given.items():
        role = label if label in ROLES else "terminal" if label == "bound" else "admin"
        ids[label], keys[label] = await make_key(pool, tenant.tenant_id, role, label=label, **options)
    await revoke_key(pool, tenant.tenant_id, ids["revoked"])
    assert not await revoke_key(pool, tenant.tenant_id, uuid4())
    return Shop(tenant, keys, ids)
