"""The rows of the tenant that asks."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.requests import Request

from ledger.database import reading
from ledger.store import Connection


@contextlib.asynccontextmanager
async def own_rows(request: Request) -> AsyncIterator[tuple[Connection, int]]:
    """A connection that meets the rows of the request's tenant only, and the tenant's id, which queries take too."""
    tenant_id: int = request.state.tenant.tenant_id
    async with reading(request.app.state.pool, tenant_id) as connection:
        yield connection, tenant_id
