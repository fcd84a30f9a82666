"""Which errors of the driver are everybody's, and which may be those of one tenant alone."""

from __future__ import annotations

import asyncpg
import pytest

from ledger.errors import CannotDecode
from ledger.outage import is_outage


@pytest.mark.parametrize("error", [
    OSError(), TimeoutError(), asyncpg.InterfaceError("closed"), asyncpg.InternalClientError("broken"),
    asyncpg.ConnectionDoesNotExistError(), asyncpg.AdminShutdownError(), asyncpg.CannotConnectNowError(),
    asyncpg.DiskFullError(), asyncpg.TooManyConnectionsError(), asyncpg.ReadOnlySQLTransactionError(),
    asyncpg.PostgresIOError(),
])  # fmt: skip
def test_what_the_next_tenant_would_meet_too(error: Exception) -> None:
    assert is_outage(error)


@pytest.mark.parametrize("error", [
    asyncpg.QueryCanceledError(), asyncpg.LockNotAvailableError(), asyncpg.DeadlockDetectedError(),
    asyncpg.ProgramLimitExceededError(), asyncpg.OutOfMemoryError(), asyncpg.DataCorruptedError(), CannotDecode(),
    MemoryError(),
])  # fmt: skip
def test_what_the_next_tenant_need_not_meet(error: Exception) -> None:
    assert not is_outage(error)
