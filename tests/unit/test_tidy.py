"""The style of the code base, tested: direction of imports, SQL in .sql files, short functions, documented names."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("ledger", "projections", "api")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
# Files that go with the repository, whatever they are written in.
TEXTS = [
    *SOURCES, *TESTS, *(path for room in ROOMS for path in sorted((ROOT / room).rglob("*.sql"))),
    *(path for pattern in ("*.md", "*.sql", "*.toml", "*.in", "Makefile", ".ci/*") for path in ROOT.glob(pattern)),
]  # fmt: skip

LONGEST_FILE = 300
LONGEST_FUNCTION = 50

# A room may import itself and these.
MAY_IMPORT = {"ledger": {"ledger"}, "projections": {"ledger", "projections"}, "api": set(ROOMS)}
# The rooms of the ledger with a window; every other module of it is pure.
IMPURE = {
    "__init__", "append", "batch", "batch_read", "callbacks", "commit", "common", "credentials", "database", "demo",
    "draft",
    "embedded", "embedded_binaries", "embedded_cluster", "embedded_supervisor", "feed", "finding", "key_file", "outage",
    "parent", "pool", "rotation", "settings", "sign_in", "store", "tenant_queue", "tenants", "users", "waits", "writer",
}  # fmt: skip
PURE = sorted(path.stem for path in (ROOT / "ledger").glob("*.py") if path.stem not in IMPURE)
PURE_OF_THE_AUDIT = (
    "chunks", "difference", "digest", "findings", "leaf", "lines", "note", "ranges", "tiles", "tree",
)  # fmt: skip
# What can be copied out under any name: its modules import each other as neighbours, and nobody else of ours.
ALONE, ALONE_NAME = ROOT / "api" / "client", "api.client"
# Modules that reach for the disk, the network, the clock, other processes or chance.
DOES_IO = {
    "asyncio", "asyncpg", "ctypes", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets",
    "select", "shutil", "signal", "socket", "sqlite3", "subprocess", "sys", "tempfile", "threading", "time", "urllib",
    "httpx", "starlette", "uvicorn", "rich",
}  # fmt: skip
SQL = re.compile(
    r"\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|TRUNCATE\s|WITH\s+\w+\s+AS\s*\(|"
    r"(CREATE|ALTER|DROP)\s+(OR\s+REPLACE\s+)?(TABLE|SCHEMA|INDEX|UNIQUE|FUNCTION|VIEW|ROLE|DATABASE|TRIGGER)\b|"
    r"SET\s+(LOCAL|ROLE|SESSION)\s|LOCK\s+TABLE\s|(GRANT|REVOKE)\s.*\sON\s|NOTIFY\s|LISTEN\s)",
    re.DOTALL,
)


def name(path: Path) -> str:
    """A path as it is shown."""
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    """A source file's syntax."""
    return ast.parse(path.read_text("utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Dotted names of every module a file imports, wherever in it; of `from x import y` both x and x.y."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= (path.parent == ALONE), f"{name(path)}: imports are absolute"
            module = f"{ALONE_NAME}.{node.module}" if node.level else str(node.module)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, methods and inner ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def undocumented(node: ast.Module | ast.ClassDef, within: str = "") -> Iterator[str]:
    """Public classes, functions and methods without a docstring; what is inside a private one is private."""
    for inner in node.body:
        if not isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or inner.name.startswith("_"):
            continue
        if ast.get_docstring(inner) is None:
            yield f"{within}{inner.name}"
        if isinstance(inner, ast.ClassDef):
            yield from undocumented(inner, f"{inner.name}.")


def promised() -> set[str]:
    """Methods that a protocol or a base class of ours documents: what fulfils it need not say it again."""
    classes = [node for path in SOURCES for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)]
    methods = [
        (node.name, inner.name)
        for node in classes
        for inner in node.body
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(inner)
    ]
    abstract = {node.name for node in classes if any("Protocol" in ast.unparse(base) for base in node.bases)}
    inherited = {ast.unparse(base) for node in classes for base in node.bases}
    return {method for owner, method in methods if owner in abstract | inherited}


def test_there_is_something_to_test() -> None:
    assert len(SOURCES) > 40 and len(TESTS) > 10
    assert {"amounts", "records", "events", "order", "swish", "reading", "codec", "commands"} <= set(PURE)


@pytest.mark.parametrize("room", ROOMS)
def test_data_goes_one_way(room: str) -> None:
    wrong = [
        f"{name(path)} imports {module}"
        for path in (ROOT / room).rglob("*.py")
        for module in imports(path)
        if module.split(".")[0] in ROOMS and module.split(".")[0] not in MAY_IMPORT[room]
    ]
    assert wrong == []


def test_the_client_stands_alone() -> None:
    needed = {one for path in ALONE.glob("*.py") for one in imports(path) if not one.startswith(f"{ALONE_NAME}.")}
    assert {one.split(".")[0] for one in needed} - sys.stdlib_module_names <= {"httpx", "cryptography"}
    assert not any(path.is_dir() and path.name != "__pycache__" for path in ALONE.iterdir())


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_does_no_io(module: str) -> None:
    found = set(imports(ROOT / "ledger" / f"{module}.py"))
    wrong = sorted({one for one in found if one.split(".")[0] in DOES_IO})
    ours = {one.split(".")[1] for one in found if one.startswith("ledger.") and one.count(".") == 1}
    assert (wrong, sorted(ours - set(PURE))) == ([], [])


@pytest.mark.parametrize("module", PURE_OF_THE_AUDIT)
def test_a_pure_module_of_the_audit_does_no_io(module: str) -> None:
    found = set(imports(ROOT / "ledger" / "audit" / f"{module}.py"))
    assert {one for one in found if one.split(".")[0] in DOES_IO} == set()
    ours = {one for one in found if one.startswith("ledger.") and one.count(".") >= 2}
    allowed = {f"ledger.audit.{one}" for one in PURE_OF_THE_AUDIT} | {"ledger.errors.LedgerError"}
    assert {one for one in ours if not one.startswith(tuple(allowed))} == set()


def test_no_sql_in_python() -> None:
    wrong = [
        f"{name(path)}:{node.lineno} {node.value.strip()[:40]!r}"
        for path in SOURCES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "is_sql"),
    [
        ("SELECT 1", True), ("\n  INSERT INTO x VALUES (1)", True), ("UPDATE x SET y = 1", True),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True), ("CREATE TABLE x ()", True), ("SET ROLE NONE", True),
        ("Select an outlet", False), ("With a receipt", False), ("Created", False), ("update", False),
    ],
)  # fmt: skip
def test_sql_is_told_from_prose(text: str, is_sql: bool) -> None:
    assert (SQL.match(text) is not None) == is_sql


def test_every_public_name_is_documented() -> None:
    wrong = [name(path) for path in SOURCES if ast.get_docstring(tree(path)) is None]
    kept = promised()
    wrong += [
        f"{name(path)} {what}"
        for path in SOURCES
        for what in undocumented(tree(path))
        if "." not in what or what.partition(".")[2] not in kept
    ]
    assert wrong == []


def test_functions_are_short() -> None:
    wrong = [
        f"{name(path)}:{node.lineno} {node.name} has {length} lines"
        for path in (*SOURCES, *TESTS)
        for node in functions(path)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert wrong == []


def test_files_are_short() -> None:
    wrong = [
        f"{name(path)} has {length} lines"
        for path in (*SOURCES, *TESTS)
        if (length := path.read_text("utf-8").count("\n")) > LONGEST_FILE
    ]
    assert wrong == []


def test_nothing_points_outside_of_the_repository() -> None:
    outside = re.compile(r"\.\./" + "shared|/" + r"work/|/tmp/" + "plan")
    wrong = [name(path) for path in TEXTS if path.is_file() and outside.search(path.read_text("utf-8"))]
    assert wrong == []


@pytest.mark.parametrize(
    "mark", ["type: " + "ignore", "# no" + "qa", "pytest.mark." + "skip", "pytest.mark." + "xfail"]
)
def test_no_rule_is_switched_off(mark: str) -> None:
    assert [name(path) for path in (*SOURCES, *TESTS) if mark in path.read_text("utf-8")] == []
