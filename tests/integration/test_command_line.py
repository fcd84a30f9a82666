"""Tenants, outlets, keys and users from the command line: real processes beside a running server, and without one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.integration.test_startup import SCRIPT, environment, one_line, run, serving, url_of

TILL = "0c7d2a6e-51f3-4f0e-9b9e-3f1f6a0d7c11"
PASSWORD = "kanelbulle å en kopp"


class House:
    """A server that runs on a DATA_DIR without a demo, and the command line beside it."""

    def __init__(self, data_dir: Path, url: str) -> None:
        self.settings = {"DATA_DIR": str(data_dir), "DEMO": "off"}
        self.url = url

    def run(self, *arguments: str, sent: str | None = None) -> subprocess.CompletedProcess[str]:
        """One command to its end, with this on its stdin."""
        return subprocess.run(
            [SCRIPT, *arguments], env=environment(self.settings), input=sent, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip

    def tell(self, *arguments: str, sent: str | None = None) -> Any:
        """What a command that succeeds says with `--json`."""
        done = self.run(*arguments, "--json", sent=sent)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return json.loads(done.stdout)

    def refused(self, *arguments: str, sent: str | None = None) -> str:
        """The one line of a command that fails."""
        return one_line(self.run(*arguments, sent=sent))

    def key(self, *arguments: str) -> str:
        """A new key: alone on stdout."""
        made = self.run("key", "create", *arguments)
        assert made.returncode == 0, made.stderr
        assert made.stdout.count("\n") == 1
        assert made.stdout.strip() not in made.stderr
        return made.stdout.strip()

    def get(self, credential: str, path: str = "/api/Sale/GetOutlets") -> httpx.Response:
        """A read with a credential."""
        return httpx.get(self.url + path, headers={"Authorization": f"Bearer {credential}"}, timeout=30)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with the tenant `kafe`."""
    data_dir = tmp_path_factory.mktemp("house")
    with serving(DATA_DIR=str(data_dir), DEMO="off") as (_, lines):
        assert "key create" in lines[2]
        found = House(data_dir, url_of(lines))
        assert found.refused("key", "create", "--role", "admin").endswith("order-ledger tenant create NAME`\n")
        found.tell("tenant", "create", "kafe")
        yield found


def test_a_key_from_its_making_to_its_end(house: House) -> None:
    key = house.key("--tenant", "kafe", "--role", "auditor", "--label", "the books", "--expires", "90d")
    assert key.startswith("ol_1_")
    assert house.get(key).status_code == 200
    (row,) = [row for row in house.tell("key", "list", "--tenant", "kafe") if row["label"] == "the books"]
    assert (row["role"], row["state"]) == ("auditor", "good")
    assert key not in json.dumps(row)
    revoked = house.run("key", "revoke", row["key_id"])
    assert (revoked.returncode, revoked.stderr) == (0, "")
    assert house.get(key).status_code == 401, "revoked is revoked when the command says so"
    (row,) = [row for row in house.tell("key", "list", "--tenant", "kafe") if row["label"] == "the books"]
    assert row["state"] == "revoked"


def test_a_key_of_a_terminal(house: House) -> None:
    key = house.key("--tenant", "kafe", "--role", "terminal", "--terminal", TILL)
    order = {"Id": str(uuid4()), "TerminalId": str(uuid4()), "OrderLines": []}
    headers = {"Authorization": f"Bearer {key}"}
    url = house.url + "/api/Order/PostOpenOrder"
    assert httpx.post(url, headers=headers, json=order, timeout=30).status_code == 403
    assert httpx.post(url, headers=headers, json=order | {"TerminalId": TILL}, timeout=30).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["key", "revoke", str(uuid4())], "there is no key"),
        (["key", "create", "--role", "admin", "--tenant", "nobody"], "no tenant 'nobody'; there are: "),
        (["key", "create", "--role", "admin", "--tenant", "kafe", "--expires", "2020-01-31"], "is over already"),
        (["tenant", "create", "kafe"], "there is a tenant 'kafe' already"),
        (["tenant", "create", "Kafé"], "a tenant's name is"),
        (["tenant", "create", "x", "--zone", "Europe/Nowhere"], "no time zone 'Europe/Nowhere'"),
        (["tenant", "set", "kafe"], "nothing to set"),
        (["tenant", "set", "kafe", "--zone", "localtime"], "no time zone 'localtime'"),
        (["outlet", "set", str(uuid4()), "--tenant", "kafe"], "an outlet has a name"),
        (["outlet", "set", str(uuid4()), "--tenant", "kafe", "--name", " "], "an outlet has a name"),
        (["outlet", "set", str(uuid4()), "--tenant", "kafe", "--name", "x" * 201], "an outlet has a name"),
        (["outlet", "set", str(uuid4()), "--tenant", "kafe", "--name", "x", "--zone", "../x"], "no time zone"),
        (["outlet", "set", str(uuid4()), "--tenant", "kafe", "--name", "x", "--day-starts", "24"], "from 0 to 23"),
        (["user", "disable", "nobody"], "no user 'nobody'"),
    ],
)
def test_a_refusal_says_why(house: House, arguments: list[str], said: str) -> None:
    assert said in house.refused(*arguments)


@pytest.mark.parametrize("arguments", [
    ["key", "create"], ["key", "create", "--role", "god"], ["key", "create", "--role", "admin", "--expires", "soon"],
    ["key", "create", "--role", "admin", "--terminal", "till 1"], ["key"], ["outlet", "set", "here"],
])  # fmt: skip
def test_what_is_not_understood_is_2(house: House, arguments: list[str]) -> None:
    assert house.run(*arguments).returncode == 2


def test_tenants_and_their_outlets(house: House) -> None:
    house.tell("tenant", "create", "helsinki", "--zone", "Europe/Helsinki")
    assert {"tenant_id": 1, "name": "kafe", "zone": "Europe/Stockholm"} in house.tell("tenant", "list")
    assert house.refused("outlet", "list").endswith("there are: kafe, helsinki\n")
    outlet, mine = str(uuid4()), ["--tenant", "helsinki"]
    house.tell("outlet", "set", outlet, *mine, "--name", "Kahvila Å")
    house.tell("outlet", "set", outlet, *mine, "--day-starts", "5")
    row = {"outlet_id": outlet, "name": "Kahvila Å", "zone": "Europe/Helsinki", "day_starts": 5}
    assert house.tell("outlet", "list", *mine) == [row]
    shown = house.tell("tenant", "show", "helsinki")
    assert (shown["zone"], shown["head"], shown["outlets"], shown["keys"]) == ("Europe/Helsinki", 2, [row], 0)
    assert shown["callback_path"].startswith("/api/SwishOnlinePayment/PostSwishOnlinePayment?tenant=")
    said = house.run("tenant", "show", "helsinki").stdout
    assert all(text in said for text in ("Kahvila Å", outlet, shown["callback_path"]))
    assert house.tell("outlet", "list", "--tenant", "kafe") == []


def test_what_is_agreed_with_swish(house: House) -> None:
    agreed = house.tell("tenant", "set", "kafe", "--callback-identifier", "0123456789ABCDEF")
    assert agreed["callback_identifier"] == "set"
    assert "0123456789ABCDEF" not in house.run("tenant", "show", "kafe").stdout
    assert house.tell("tenant", "set", "kafe", "--no-callback-identifier")["callback_identifier"] is None


def sign_in(house: House, name: str, password: str = PASSWORD) -> httpx.Response:
    """A request for a token."""
    form = {"grant_type": "password", "userName": name, "password": password}
    return httpx.post(house.url + "/Token", data=form, timeout=30)


def test_a_user_from_the_first_day_to_the_last(house: House) -> None:
    name = "Anna@Kafe.example"
    house.tell("user", "create", name, "--role", "admin", "--tenant", "kafe", sent=f"{PASSWORD}\n")
    assert "already" in house.refused("user", "create", name, "--role", "admin", "--tenant", "kafe", sent=PASSWORD)
    assert "8 to 1024" in house.refused("user", "create", "x", "--role", "admin", "--tenant", "kafe", sent="short")
    token = sign_in(house, name).json()["access_token"]
    assert house.get(token).status_code == 200
    house.tell("user", "password", name, sent="another one\n")
    assert house.get(token).status_code == 401
    token = sign_in(house, name, "another one").json()["access_token"]
    house.tell("user", "disable", name)
    assert house.get(token).status_code == 401
    assert sign_in(house, name, "another one").status_code == 401
    (row,) = house.tell("user", "list", "--tenant", "kafe")
    assert (row["name"], row["role"], row["state"]) == ("anna@kafe.example", "admin", "disabled")


def test_what_runs_and_prepares_speaks_json_too(house: House) -> None:
    assert house.tell("migrate")["schema"] == "up to date"
    assert house.tell("project", "--once") == {"state": "caught up"}
    assert house.tell("rebuild", "stock") == house.tell("project", "--rebuild", "stock") == {"rebuilt": ["stock"]}
    made = house.run("key", "seal", "create", "kafe", "--reason", "a test", "--json")
    assert json.loads(made.stdout)["origin"] == "order-ledger/kafe/2"
    assert house.tell("key", "seal", "show", "--tenant", "kafe")[0]["vkey"] == json.loads(made.stdout)["vkey"]


def test_a_server_and_its_keys_speak_json(tmp_path: Path) -> None:
    settings = environment({"DATA_DIR": str(tmp_path)})
    with subprocess.Popen([SCRIPT, "serve", "--json"], env=settings, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert (said["data_dir"], said["demo"]) == (str(tmp_path), True)
        assert httpx.get(said["url"] + "/health/live", timeout=30).status_code == 200
        process.terminate()
    rotated = run("master-key", "rotate", "--json", DATA_DIR=str(tmp_path))
    assert json.loads(rotated.stdout) == {"wrapped_anew": 1}, rotated.stderr


def test_without_a_server(tmp_path: Path) -> None:
    """They start PostgreSQL themselves, and make no demo where somebody makes a tenant of their own."""
    settings = {"DATA_DIR": str(tmp_path)}
    assert run("tenant", "create", "kafe", **settings).returncode == 0
    assert len(json.loads(run("tenant", "list", "--json", **settings).stdout)) == 1


def test_with_a_database_of_ones_own(dsn: str, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": dsn, "DATA_DIR": str(tmp_path)}
    assert run("tenant", "create", "kafe", **settings).returncode == 0
    made = run("key", "create", "--role", "admin", **settings)
    assert made.stdout.startswith("ol_1_")


async def test_who_lists_or_compares_upgrades_no_database(dsn: str, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": dsn, "DATA_DIR": str(tmp_path)}
    assert run("tenant", "create", "kafe", **settings).returncode == 0
    owner = await asyncpg.connect(dsn)
    try:
        await owner.execute("COMMENT ON SCHEMA ledger IS 'of another version'")
        lists = ("key list", "user list", "tenant list", "tenant show kafe", "outlet list", "key seal show")
        said = {command: run(*command.split(), **settings).stderr for command in lists}
        assert set(said.values()) == {"", said["key seal show"]} and "nothing is sealed yet" in said["key seal show"]
        assert "`order-ledger migrate` brings it to this one" in one_line(run("replay", "--live", **settings))
        schema = "SELECT obj_description('ledger'::regnamespace, 'pg_namespace')"
        assert await owner.fetchval(schema) == "of another version"
        assert run("migrate", **settings).returncode == 0
        assert await owner.fetchval(schema) != "of another version"
        assert run("replay", "--live", **settings).returncode == 0
    finally:
        await owner.close()
