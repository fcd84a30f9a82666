"""What can go wrong between a client and the ledger. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

# What a proxy in front of the ledger says while the ledger is away, or too busy.
_COME_AGAIN = frozenset({408, 429, 502, 503, 504})
# What a 403 about a document is; every other one is about whoever sends it.
_OTHER_TERMINAL = "urn:order-ledger:other-terminal"


class ClientError(Exception):
    """Anything this client raises. `retryable`: the same request can succeed later, after `retry_after` seconds."""

    retryable = False
    retry_after: float | None = None


class Unreachable(ClientError):
    """No answer of the ledger came. A write may have happened: sent again with the same key it happens once."""

    retryable = True


class Problem(ClientError):
    """The ledger's answer that something was not done (RFC 9457). `errors` are (path, message), by member."""

    def __init__(
        self, status: int, title: str, detail: str, errors: list[tuple[str, str]], *, retryable: bool,
        type_: str = "about:blank", retry_after: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__("; ".join([f"{status} {title}: {detail}", *(f"{path} {text}" for path, text in errors)]))
        self.status, self.title, self.detail, self.errors = status, title, detail, errors
        self.type, self.retryable, self.retry_after = type_, retryable, retry_after

    @property
    def document(self) -> dict[str, object]:
        """The problem as JSON."""
        errors = [{"path": path, "message": message} for path, message in self.errors]
        return {"type": self.type, "title": self.title, "status": self.status, "detail": self.detail, "errors": errors}

    @property
    def is_refusal(self) -> bool:
        """Whether it is this document that was refused, and would be again; not the sender, the path or the moment."""
        if self.status == 417:
            return self.type.startswith("urn:order-ledger:") and not self.retryable
        return self.status == 413 or (self.status == 403 and self.type == _OTHER_TERMINAL)


class ProofFailed(ClientError):
    """Something that the log must prove does not hold, or is no proof."""


class QueueError(ClientError):
    """The queue's file cannot be used: another process has it, the disk is full, or it is no queue."""


def problem_of(status: int, content: object, headers: Mapping[str, str]) -> Problem:
    """The problem in an answer of `status` with decoded JSON `content`, whatever a proxy has made of it."""
    said: Mapping[str, Any] = content if isinstance(content, dict) else {}
    later = retry_after(headers.get("retry-after", ""))
    # 404 with Retry-After: what is asked for may come, as a proof of what is not sealed yet.
    again = status in _COME_AGAIN or (status == 404 and later is not None)
    retryable = said.get("retryable") is True or again
    errors = said.get("errors")
    return Problem(
        status,
        str(said.get("title") or "The request failed"),
        str(said.get("detail") or "what answered gave no reason"),
        [(str(one.get("path")), str(one.get("message"))) for one in errors] if isinstance(errors, list) else [],
        retryable=retryable,
        type_=str(said.get("type") or "about:blank"),
        retry_after=later,
    )


def retry_after(text: str) -> float | None:
    """Seconds that a Retry-After names, as a number or a date (RFC 9110, section 10.2.3); None: it names none."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    now = datetime.now(UTC)
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
