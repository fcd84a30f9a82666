"""`status`, `tail` and `show`: real processes beside a server, with a database of one's own, and alone."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from ledger.embedded import attach
from projections import NAMES
from tests.acceptance import bodies
from tests.conftest import in_database
from tests.integration.test_startup import SCRIPT, environment, one_line, run, serving, url_of

SECRET = "Greta Garbo"


class House:
    """A demo server, and the command line beside it."""

    def __init__(self, data_dir: Path, url: str) -> None:
        self.settings = {"DATA_DIR": str(data_dir)}
        self.client = httpx.Client(base_url=url, timeout=60)

    def post(self, path: str, body: object) -> int:
        """A write, and its position."""
        answer = self.client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["Position"])

    def sell(self, **members: Any) -> dict[str, Any]:
        """A finished order."""
        order = bodies.an_order(**members)
        self.post("/api/Order/PostOrder", order)
        return order

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        return run(*map(str, arguments), **self.settings)

    def says(self, *arguments: object) -> str:
        """What a command that succeeds prints."""
        done = self.run(*arguments)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    def tell(self, *arguments: object) -> Any:
        """The same with `--json`."""
        return json.loads(self.says(*arguments, "--json"))

    def refused(self, *arguments: object) -> str:
        """The one line of a command that fails."""
        return one_line(self.run(*arguments))

    async def database(self, statement: str, *values: object) -> None:
        """What only the database's owner may do."""
        dsn = attach(Path(self.settings["DATA_DIR"]))
        assert dsn is not None
        owner = await asyncpg.connect(dsn)
        await owner.execute(statement, *values)
        await owner.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server that runs, with one order in its log."""
    data_dir = tmp_path_factory.mktemp("house")
    with serving(DATA_DIR=str(data_dir)) as (_, lines):
        found = House(data_dir, url_of(lines))
        found.sell()
        yield found
        found.client.close()


@contextmanager
def following(settings: dict[str, str], *arguments: str, interruptions: int = 0) -> Iterator[subprocess.Popen[str]]:
    """A `tail --json` that runs; it must end cleanly on Ctrl-C, and say one line of each time the database was away."""
    command = [SCRIPT, "tail", "--json", *arguments]
    with subprocess.Popen(
        command, env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
            assert (process.returncode, said.count("\n")) == (0, interruptions), said
        finally:
            process.kill()


def next_events(process: subprocess.Popen[str], count: int) -> list[Any]:
    """The next lines of a tail."""
    assert process.stdout is not None
    return [json.loads(process.stdout.readline()) for _ in range(count)]


def test_status_of_what_is_well(house: House) -> None:
    while (found := house.tell("status"))["connected"] < 2:  # the server's projectors may not be there yet
        assert found["connected"] == 1
    assert (found["well"], found["wrong"], found["database"]) == (True, [], house.settings["DATA_DIR"])
    assert found["connected"] == 2 and found["postgresql"] >= 15
    (tenant,) = found["tenants"]
    assert tenant["tenant"] == "demo" and tenant["head"] >= 5
    assert [one["projection"] for one in tenant["projections"]] == list(NAMES)
    assert tenant["seal"]["origin"] == "order-ledger/demo" and tenant["seal"]["stopped"] is None
    shown = house.says("status")
    assert "not well" not in shown and all(name in shown for name in (*NAMES, "demo", "2 connected"))
    assert house.refused("status", "--tenant", "nobody").endswith("no tenant 'nobody'; there are: demo\n")


async def test_status_of_what_is_not(house: House) -> None:
    stop = "UPDATE ledger.checkpoints SET error = $1 WHERE projection = 'stock'"
    await house.database(stop, "event 3 (order.finalised): KeyError at projections/stock.py:7")
    try:
        done = house.run("status")
        assert (done.returncode, done.stderr) == (1, "")
        assert "not well" in done.stdout and "stock of demo has stopped after position " in done.stdout
        told = house.run("status", "--json")
        assert told.returncode == 1 and "KeyError" in json.loads(told.stdout)["wrong"][0]
        assert house.client.get("/health/ready").status_code == 503, "as the server says itself"
    finally:
        await house.database(stop, None)


def test_tail_follows_and_misses_nothing(house: House) -> None:
    head = house.tell("status")["tenants"][0]["head"]
    with following(house.settings, "--after", str(head - 1)) as process:
        assert [event["Position"] for event in next_events(process, 1)] == [head]
        order = house.sell()
        found = next_events(process, 3)
    assert [event["Position"] for event in found] == [head + 1, head + 2, head + 3]
    assert {event["Stream"] for event in found} == {f"order-{order['Id']}"}
    events = house.client.get("/v1/events", params={"after": head}).json()["Events"]
    assert found[0] == events[0], "the objects of the feed"


def test_tail_goes_on_after_the_server_was_killed(tmp_path: Path) -> None:
    settings = {"DATA_DIR": str(tmp_path)}
    with serving(**settings) as (process, _), following(settings, "--after", "0", interruptions=1) as tail:
        assert [event["Position"] for event in next_events(tail, 2)] == [1, 2]
        process.kill()
        process.wait()
        with serving(**settings) as (_, lines):
            sold = httpx.post(url_of(lines) + "/api/Order/PostOrder", json=bodies.an_order(), timeout=60)
            assert sold.status_code == 200
            assert [event["Position"] for event in next_events(tail, 3)] == [3, 4, 5]


def test_tail_of_some_events(house: House) -> None:
    order = house.sell(Comments=SECRET)
    stream = f"order-{order['Id']}"
    shown = house.says("tail", "--no-follow", "--stream", stream)
    assert [line.split()[3] for line in shown.splitlines()] == ["order.finalised", "payment.captured", "receipt.issued"]
    assert "Completed: 1 line, 98.00 kr" in shown and stream in shown and "+01:00" in shown
    kinds = [json.loads(line)["Type"] for line in house.says(
        "tail", "--no-follow", "--after", 0, "--type", "receipt.issued,outlet.set", "--json").splitlines()]  # fmt: skip
    assert set(kinds) == {"receipt.issued", "outlet.set"}
    wrong = house.run("tail", "--type", "order.sold")
    assert wrong.returncode == 2 and "there are customer.erased" in wrong.stderr


def test_what_is_personal_is_for_who_asks(house: House) -> None:
    order = house.sell(Comments=SECRET)
    tail = ("tail", "--no-follow", "--stream", f"order-{order['Id']}")
    show = ("show", "order", order["Id"])
    for arguments in (tail, show):
        assert SECRET not in house.says(*arguments) + house.says(*arguments, "--json")
        assert SECRET in house.says(*arguments, "--json", "--personal")
    assert SECRET in house.says(*show, "--personal")
    assert SECRET not in house.says(*tail, "--personal"), "a line for people never holds it"
    assert "erased" not in house.says(*show), "left out is not erased"


def test_a_reader_that_has_read_enough(house: House) -> None:
    command = f"{SCRIPT} tail --no-follow --after 0 --json | head -1"
    done = subprocess.run(command, shell=True, env=environment(house.settings), capture_output=True, text=True)
    assert (json.loads(done.stdout)["Position"], done.stderr) == (1, "")


def test_an_order_by_whatever_it_is_called(house: House) -> None:
    order = house.sell(InvoiceNumber="F-2001")
    number = order["Receipts"][0]["ReceiptNumber"]
    terminal = ["--terminal", order["TerminalId"]]
    upper = order["Id"].upper().replace("-", "")
    for name in (["order", upper], ["order", "F-2001"], ["receipt", number], ["receipt", number, *terminal]):
        assert house.tell("show", *name)["Stream"] == f"order-{order['Id']}"
    house.post("/api/Order/PostOnlineOrder", web := bodies.a_web_order())
    drawn = house.tell("show", "order", web["Id"])["Document"]
    for number in (drawn["OrderIntID"], drawn["OrderNoOfDay"]):
        assert house.tell("show", "order", number)["Document"]["Id"] == web["Id"]
    assert "no order of demo has the number 'F-1'" in house.refused("show", "order", "F-1")


def test_a_number_that_several_bear(house: House) -> None:
    orders = [house.sell(InvoiceNumber="F-2002", Receipts=[bodies.a_receipt(ReceiptNumber=7)]) for _ in range(2)]
    said = house.refused("show", "order", "F-2002")
    assert "2 orders have the number" in said and all(order["Id"] in said for order in orders)
    said = house.refused("show", "receipt", 7)
    assert "2 terminals have printed a receipt 7" in said and all(order["TerminalId"] in said for order in orders)
    mine = house.tell("show", "receipt", 7, "--terminal", orders[1]["TerminalId"])
    assert mine["Stream"] == f"order-{orders[1]['Id']}"


def test_an_order_as_it_stood_with_what_happened_and_its_proof(house: House) -> None:
    order = bodies.a_draft()
    first = house.post("/api/Order/PostOpenOrder", order)
    last = house.post("/api/Order/PostOrder", order | bodies.an_order(Id=order["Id"], OrderTotal=120.0))
    now = house.tell("show", "order", order["Id"])
    assert (now["Document"]["Status"], now["Document"]["OrderTotal"], now["Position"]) == (13, 120, last)
    told = house.client.get(f"/v1/orders/{order['Id']}/history").json()
    assert [event["Changes"] for event in now["Events"]] == [entry["Changes"] for entry in told]
    then = house.tell("show", "order", order["Id"], "--as-of", first)
    assert (then["Document"]["Status"], then["Position"], len(then["Events"])) == (3, first, 1)
    for _ in range(200):
        if (sealed := house.tell("show", "order", order["Id"])["Sealed"]) and sealed["Holds"] is not None:
            break
    assert sealed["Holds"] is True and sealed["Size"] >= last
    shown = house.says("show", "order", order["Id"])
    for text in ("Completed", "120.00 kr", "Caffè latte", "recorded", "till's clock", "by demo", "its proof holds"):
        assert text in shown
    assert "there is no order" in house.refused("show", "order", order["Id"], "--as-of", first - 1)
    assert "--as-of" in house.run("show", "order", order["Id"], "--as-of", "then").stderr


def test_the_other_documents(house: House) -> None:
    order = house.sell(CustomerId=bodies.new_id(), Customer=bodies.a_customer(Name=SECRET))
    house.post("/api/Order/PostCustomerInvoice", invoice := bodies.an_invoice(order, CustomerName=SECRET))
    house.post("/api/CashDrawerLog/PostCashDrawerLog", entry := bodies.a_drawer_event())
    house.post("/api/SwishOnlinePayment/PostSwishOnlinePayment", swish := bodies.a_swish_record(order))
    shown = house.says("show", "invoice", invoice["Id"])
    assert "invoice 5001 over 98.00 kr" in shown and SECRET not in shown
    assert "opening balance: 2000.00 kr" in house.says("show", "drawer", entry["Id"])
    shown = house.says("show", "swish", swish["SwishId"])
    assert order["Id"] in shown and swish["SwishToken"] not in shown, "what opens a door is not shown"
    for kind in ("invoice", "drawer"):
        assert f"there is no {kind}-" in house.refused("show", kind, bodies.new_id())


def test_what_is_listed_by_customer_and_terminal(house: House) -> None:
    web = bodies.a_web_order(Customer=None)
    house.post("/api/Order/PostOnlineOrder", web)
    customer = web["CustomerId"]
    order = house.sell(CustomerId=customer, Customer=bodies.a_customer(Id=customer, Name=SECRET))
    head = house.post("/api/Order/PostReports", report := bodies.a_z_report(Surprise=SECRET))
    for path in (f"/v1/orders/{order['Id']}", "/v1/terminals"):
        assert house.client.get(path, headers={"Ledger-Min-Position": str(head)}).status_code == 200
    found = house.tell("show", "customer", customer)
    assert {one["Id"] for one in found["Orders"]} == {web["Id"], order["Id"]}
    assert (found["Cart"]["Id"], found["Erased"], SECRET in json.dumps(found)) == (web["Id"], None, False)
    assert SECRET in house.says("show", "customer", customer, "--personal")
    shown = house.says("show", "terminal", report["TerminalId"])
    assert "87" in shown and "211" in shown and SECRET not in shown
    assert SECRET in house.says("show", "terminal", report["TerminalId"], "--personal", "--json")
    assert "no order of demo names customer" in house.refused("show", "customer", bodies.new_id())
    assert report["TerminalId"] in house.refused("show", "terminal", bodies.new_id())


def test_alone(tmp_path: Path) -> None:
    """Without a server they look at what is there; what would wait for one says so."""
    settings = {"DATA_DIR": str(tmp_path)}
    for command in (["status"], ["show", "order", "1"], ["tenant", "list"], ["rebuild", "all"]):
        assert f"no ledger lies in {tmp_path}" in one_line(run(*command, **settings))
    assert list(tmp_path.iterdir()) == [], "a mistyped directory is not made a ledger"
    assert run("tenant", "create", "kafe", **settings).returncode == 0
    found = run("status", **settings)
    assert found.returncode == 0 and "none connected" in found.stdout
    assert run("tail", "--no-follow", **settings).returncode == 0
    assert "or read what is there with --no-follow" in one_line(run("tail", **settings))
    assert "without --watch" in one_line(run("status", "--watch", **settings))


async def test_a_database_of_ones_own_is_only_looked_at(dsn: str, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": dsn, "DATA_DIR": str(tmp_path)}
    found = run("status", "--json", **settings)
    assert (found.returncode, json.loads(found.stdout)["tenants"]) == (0, [])
    assert "order-ledger tenant create NAME" in one_line(run("tail", **settings))
    assert list(tmp_path.iterdir()) == [], "no master key is made, for none is needed"
    owner = await asyncpg.connect(dsn)
    await owner.execute("CREATE DATABASE never_prepared")
    bare = {"DATABASE_URL": in_database(dsn.replace(dsn.split("/")[3].split("?")[0], "postgres"), "never_prepared")}
    assert "order-ledger migrate" in one_line(run("status", **settings | bare))
    await owner.execute("DROP DATABASE never_prepared WITH (FORCE)")
    await owner.close()
