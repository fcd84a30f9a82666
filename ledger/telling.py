"""What may be told of an error in a log, a health report or a checkpoint. Pure.

The text of an exception may quote the document it was raised over: a name, a card number. Its type and the place in the
code never do, so those are told of every error, and the text only where it cannot hold anything of the kind.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.errors import LedgerError, Refused

_ROOT = __file__.removesuffix("ledger/telling.py")
_OURS = ("ledger/", "projections/", "api/", "tests/")
_CAUSES_AT_MOST = 5
# SQLSTATE class 22, data exceptions: `invalid input syntax for type integer: "…"`.
_QUOTES_VALUES = "22"


def told(error: BaseException) -> str:
    """An error in one line: `KeyError at projections/orders.py:120`, with its text where that holds no values."""
    text, found = message(error), place(error)
    return f"{type(error).__name__}{f': {text}' if text else ''}{f' at {found}' if found else ''}"


def message(error: BaseException) -> str:
    """The text of an error that cannot quote a document, in one line; `""` of any other."""
    if isinstance(error, LedgerError):
        return "" if isinstance(error, Refused) else _line(str(error))
    if isinstance(error, OSError):
        return _line(str(error))
    # PostgreSQL's errors. Their detail, hint and context quote whole rows, and are part of str(error).
    state, text = getattr(error, "sqlstate", None), getattr(error, "message", None)
    if isinstance(state, str) and isinstance(text, str) and not state.startswith(_QUOTES_VALUES):
        return _line(text)
    return ""


def place(error: BaseException) -> str:
    """The innermost line of our own code an error went through: `projections/orders.py:120`; `""` for none."""
    ours = [f"{file}:{line}" for file, line, _ in _steps(error) if file.startswith(_OURS)]
    return ours[-1] if ours else ""


def frames(error: BaseException) -> list[str]:
    """The way an error took, outermost first: `api/orders.py:12 post_order`."""
    return [f"{file}:{line} {function}" for file, line, function in _steps(error)]


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error, what it was raised from, and so on; five at most."""
    found: BaseException | None = error
    for _ in range(_CAUSES_AT_MOST):
        if found is None:
            return
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _steps(error: BaseException) -> Iterator[tuple[str, int, str]]:
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        yield _short(code.co_filename), step.tb_lineno, code.co_name
        step = step.tb_next


def _short(file: str) -> str:
    """A file of ours from the top of the repository, another's by its package."""
    inside = file.removeprefix(_ROOT)
    return inside if inside != file and inside.startswith(_OURS) else "/".join(file.split("/")[-2:])


def _line(text: str) -> str:
    return " ".join(text.split())
