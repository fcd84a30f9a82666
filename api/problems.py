"""What went wrong, as an answer: one table from error to status, and the JSON of RFC 9457.

The contract wants 417 for whatever goes wrong with a command and proper statuses for a query, so each error has both.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import asyncpg
import msgspec
from starlette.requests import Request

from ledger.errors import BadInput, LedgerError, NotAdmitted, Refused, Unavailable
from ledger.telling import told

log = logging.getLogger("order_ledger.api")


class Kind(enum.Enum):
    """How a request fails: as the contract's command (417), or with the statuses of HTTP.

    A callback of Swish is a command that Swish sends again later where it gets 503 (contract, section 5). A page of the
    console fails as a query does, for people.
    """

    COMMAND = "command"
    CALLBACK = "callback"
    QUERY = "query"
    PAGE = "page"


class HttpError(LedgerError):
    """Wrong before any command or query is looked at. `headers` go out with the answer, `members` into its JSON."""

    def __init__(
        self,
        message: str,
        headers: Sequence[tuple[bytes, bytes]] = (),
        members: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.headers = tuple(headers)
        self.members = dict(members or {})


class BadRequest(HttpError):
    """A request that is neither command nor query and makes no sense."""


class Unauthorised(HttpError):
    """No credential, or one that is unknown."""

    def __init__(self, message: str, members: Mapping[str, str] | None = None) -> None:
        super().__init__(message, [(b"www-authenticate", b'Bearer realm="order-ledger"')], members)


class Forbidden(HttpError):
    """A credential, or a web page, that may not do this."""


class OtherTerminal(Forbidden):
    """A document of another terminal than the credential's: the next one may well be right."""


class TooManyRequests(HttpError):
    """Too many failures: the next attempt is looked at after some seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many failed attempts; try again in {seconds} s", [(b"retry-after", b"%d" % seconds)])


class NotFound(HttpError):
    """No such path, or nothing under it."""


class WrongMethod(HttpError):
    """The path exists, for other methods."""

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        names = ", ".join(allowed)
        super().__init__(f"{method} is not possible here; {names} is", [(b"allow", names.encode("ascii"))])


class BodyTooLarge(HttpError):
    """A body over the limit, in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")


class Outcome(NamedTuple):
    """How an error is answered. `name` ends the problem's type, `retryable`: the same request can succeed later."""

    command: int
    query: int
    name: str
    title: str
    retryable: bool = False


# The first that fits counts.
OUTCOMES: dict[type[Exception], Outcome] = {
    BadInput: Outcome(417, 400, "bad-input", "The request cannot be read"),
    Refused: Outcome(417, 400, "refused", "The request was refused"),
    Unavailable: Outcome(417, 503, "unavailable", "Not possible right now", retryable=True),
    BadRequest: Outcome(400, 400, "bad-request", "The request cannot be read"),
    Unauthorised: Outcome(401, 401, "unauthorised", "Credentials are missing or unknown"),
    OtherTerminal: Outcome(403, 403, "other-terminal", "This is another terminal's document"),
    Forbidden: Outcome(403, 403, "forbidden", "This is not allowed"),
    NotFound: Outcome(404, 404, "not-found", "There is nothing here"),
    WrongMethod: Outcome(405, 405, "wrong-method", "Another method is needed"),
    TooManyRequests: Outcome(429, 429, "too-many-requests", "Too many attempts have failed", retryable=True),
    BodyTooLarge: Outcome(413, 413, "too-large", "The body is too large"),
}
_UNEXPECTED = Outcome(500, 500, "internal", "Something went wrong in the server")

# What the driver raises while PostgreSQL is away, restarting, full or busy: the same request can succeed later.
OUTAGES: tuple[type[Exception], ...] = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    # A read model was switched under a prepared statement.
    asyncpg.InvalidCachedStatementError,
)

_CONTENT_TYPE = (b"content-type", b"application/problem+json")
_NO_STORE = (b"cache-control", b"no-store")


class Problem(NamedTuple):
    """An answer that is no success, ready to be sent. `name` ends the problem's type."""

    name: str
    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]]


def problem(error: Exception, kind: Kind) -> Problem:
    """The answer to an error. Never raises; what nobody expected is logged here, and nothing of it is shown."""
    error = _translated(error)
    outcome = next((found for known, found in OUTCOMES.items() if isinstance(error, known)), _UNEXPECTED)
    if outcome is _UNEXPECTED:
        log.error("unexpected: %s", told(error), exc_info=error)
    as_command = kind is Kind.COMMAND or (kind is Kind.CALLBACK and not outcome.retryable)
    status = outcome.command if as_command else outcome.query
    content = msgspec.json.encode(_content(error, outcome, status))
    headers = [_CONTENT_TYPE, _NO_STORE, (b"content-length", b"%d" % len(content))]
    if isinstance(error, Unavailable):
        headers.append((b"retry-after", b"%d" % error.retry_after))
    if isinstance(error, HttpError):
        headers.extend(error.headers)
    return Problem(outcome.name, status, content, headers)


def fail_as(request: Request, kind: Kind) -> None:
    """From here on the request fails as `kind`: only its body tells a callback from the vendor's record."""
    request.scope["failing_as"] = kind


def _translated(error: Exception) -> Exception:
    if isinstance(error, NotAdmitted):
        return Unauthorised(str(error))
    if not isinstance(error, OUTAGES):
        return error
    log.warning("the database is away: %s", told(error))
    return Unavailable("the database does not answer; nothing was lost, try again")


def _content(error: Exception, outcome: Outcome, status: int) -> dict[str, Any]:
    expected = outcome is not _UNEXPECTED
    return {
        "type": f"urn:order-ledger:{outcome.name}",
        "title": outcome.title,
        "status": status,
        "detail": str(error) if expected else "The error is in the server's log.",
        "errors": [{"path": path, "message": message} for path, message in getattr(error, "problems", ())],
        "retryable": outcome.retryable,
        **(error.members if isinstance(error, HttpError) else {}),
    }
