"""The sealed log over HTTP, and a till that checks with nothing but the pure core that its order is in it."""

from __future__ import annotations

import base64
import random
import re

import httpx
import pytest

from ledger.audit.note import Checkpoint, Verifier, open_checkpoint
from ledger.audit.tree import is_consistent, is_included, root_of
from tests.acceptance.bodies import an_order, new_id
from tests.acceptance.server import Json, Server
from tests.acceptance.shops import Shops

LOG = "/v1/log"


def unpacked(path: list[str]) -> list[bytes]:
    """The hashes of a proof."""
    return [base64.b64decode(text, validate=True) for text in path]


def verifier(server: Server) -> Verifier:
    """The key that a till was given once."""
    answer = server.send("GET", f"{LOG}/vkey")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert re.fullmatch(r"\S+\+[0-9a-f]{8}\+\S+\n", answer.text)
    return Verifier.parse(answer.text)


def every_checkpoint(server: Server) -> list[Checkpoint]:
    """All there are, each checked."""
    trusted, found = verifier(server), list[Checkpoint]()
    while True:
        more = server.get(f"{LOG}/checkpoints", after=found[-1].size if found else None)["checkpoints"]
        if not more:
            return found
        assert len(more) <= 1000
        found += [open_checkpoint(one["note"], trusted) for one in more]
        assert [one.size for one in found[-len(more) :]] == [one["size"] for one in more]


def sell(server: Server, count: int = 1) -> Json:
    """The last answer to so many orders, which are sealed."""
    last = [server.post("Order/PostOrder", an_order()) for _ in range(count)][-1]
    for _ in range(30):  # each waits a moment by itself
        if server.ask(f"{LOG}/checkpoint").status_code == 200:
            return last
    raise AssertionError("nobody seals")


def test_a_till_checks_that_its_order_is_in_the_log(server: Server) -> None:
    position, trusted = sell(server)["Position"], verifier(server)
    answer = server.ask(f"{LOG}/proof/inclusion", position=position)  # with Ledger-Min-Position it waits
    assert answer.status_code == 200, answer.text
    proof = answer.json()
    assert list(proof) == ["leaf_index", "tree_size", "leaf_hash", "path", "checkpoint"]
    checkpoint = open_checkpoint(proof["checkpoint"], trusted)
    assert (proof["leaf_index"], proof["tree_size"]) == (position - 1, checkpoint.size)
    leaf = base64.b64decode(proof["leaf_hash"])
    path = unpacked(proof["path"])
    assert is_included(leaf, position - 1, checkpoint.size, path, checkpoint.root)
    assert not is_included(leaf, position - 2, checkpoint.size, path, checkpoint.root)


def test_a_proof_may_be_asked_for_by_event_and_by_size(server: Server) -> None:
    position = sell(server)["Position"]
    event = server.get("/v1/events", after=position - 1, limit=1)["Events"][0]
    sizes = [one for one in every_checkpoint(server) if one.size >= position]
    for checkpoint in sizes:
        proof = server.get(f"{LOG}/proof/inclusion", event_id=event["EventId"], size=checkpoint.size)
        assert proof == server.get(f"{LOG}/proof/inclusion", position=position, size=checkpoint.size)
        leaf, path = base64.b64decode(proof["leaf_hash"]), unpacked(proof["path"])
        assert is_included(leaf, position - 1, checkpoint.size, path, checkpoint.root)
        assert open_checkpoint(proof["checkpoint"], verifier(server)) == checkpoint


def test_checkpoints_extend_one_another(server: Server) -> None:
    sell(server, 5)
    found = every_checkpoint(server)
    assert [one.size for one in found] == sorted({one.size for one in found})
    assert found[0].size == 0
    newest = server.ask(f"{LOG}/checkpoint")
    assert open_checkpoint(newest.text, verifier(server)).size >= found[-1].size >= server.position
    chosen = sorted(random.Random(1).sample(range(1, len(found)), min(12, len(found) - 1)))
    for old, new in [(found[one], found[other]) for one in chosen for other in chosen if one <= other]:
        proof = server.get(f"{LOG}/proof/consistency", **{"from": old.size, "to": new.size})
        assert (proof["from"], proof["to"], len(proof)) == (old.size, new.size, 3)
        assert is_consistent(old.size, new.size, unpacked(proof["path"]), old.root, new.root)
        assert not is_consistent(old.size, new.size, unpacked(proof["path"]), new.root, old.root) or old == new


def test_tiles_are_those_of_the_log(server: Server) -> None:
    sell(server, 100)
    newest = every_checkpoint(server)[-1]
    tile = server.ask(f"{LOG}/tile/0/000")
    assert (tile.headers["Content-Type"], len(tile.content)) == ("application/octet-stream", 8192)
    assert server.ask(f"{LOG}/tile/0/000.p/7").content == tile.content[: 7 * 32]
    hashes = [tile.content[at : at + 32] for at in range(0, 8192, 32)]
    assert server.ask(f"{LOG}/tile/1/000.p/1").content == root_of(hashes)
    proof = server.get(f"{LOG}/proof/inclusion", position=3, size=newest.size)
    assert base64.b64decode(proof["leaf_hash"]) == hashes[2]


@pytest.mark.parametrize(
    "path",
    ["0/0", "0/0000", "0/x000/001", "0/x001/x002", "00/000", "-1/000", "8/000", "64/000", "data/000", "0/000.p/0",
     "0/000.p/256", "0/000.p/007", "0/000.p/300", "0/000.p/", "0/000/p/1", "0/x001/002/003", "0/000.p/1/2"],
)  # fmt: skip
def test_what_is_no_tile(server: Server, path: str) -> None:
    answer = server.ask(f"{LOG}/tile/{path}")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (404, None)


@pytest.mark.parametrize("path", ["0/999", "0/x123/x456/789", "0/x999/x999/999.p/9", "6/000", "2/000.p/1"])
def test_what_is_not_sealed_yet_may_come(server: Server, path: str) -> None:
    answer = server.ask(f"{LOG}/tile/{path}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (404, "1")


@pytest.mark.parametrize(
    ("path", "at"),
    [
        ("proof/inclusion", "position"), ("proof/inclusion?position=1&event_id={id}", "position"),
        ("proof/inclusion?position=0", "position"), ("proof/inclusion?position=x", "position"),
        ("proof/inclusion?position=99999999999999999999", "position"), ("proof/inclusion?event_id=7", "event_id"),
        ("proof/inclusion?position=1&size=-1", "size"), ("proof/inclusion?position=1&size=99999999", "size"),
        ("proof/inclusion?position=1&size=0", "size"), ("proof/consistency?from=1", "to"),
        ("proof/consistency?to=2", "from"), ("proof/consistency?from=0&to=2", "from"),
        ("proof/consistency?from=3&to=2", "from"), ("proof/consistency?from=1&to=99999999", "to"),
        ("checkpoints?after=x", "after"), ("checkpoints?after=-2", "after"),
    ],
)  # fmt: skip
def test_what_makes_no_sense(server: Server, path: str, at: str) -> None:
    answer = server.send("GET", f"{LOG}/{path}".replace("{id}", new_id()))
    assert answer.status_code == 400, answer.text
    assert at in [error["path"] for error in answer.json()["errors"]]


def test_a_size_between_two_checkpoints_is_none(server: Server) -> None:
    sell(server, 2)
    signed = {one.size for one in every_checkpoint(server)}
    between = next(size for size in range(2, 10_000) if size not in signed)
    answer = server.send("GET", f"{LOG}/proof/inclusion?position=1&size={between}")
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, "size")


def test_events_that_are_not_there(server: Server) -> None:
    later = server.send("GET", f"{LOG}/proof/inclusion?position=99999999")
    assert (later.status_code, later.headers["Retry-After"]) == (404, "1")
    assert server.send("GET", f"{LOG}/proof/inclusion?event_id={new_id()}").status_code == 404
    beyond = server.send("GET", f"{LOG}/checkpoint", Ledger_Min_Position="99999999")
    assert (beyond.status_code, beyond.headers["Retry-After"]) == (503, "1")


def test_who_may_see_it(two_shops: Shops) -> None:
    def ask(key: str, path: str) -> httpx.Response:
        return two_shops.send(two_shops.first.keys[key], "GET", f"{LOG}/{path}", headers={"Ledger-Min-Position": "0"})

    of_tills = ("vkey", "checkpoint", "proof/inclusion?position=99999", "proof/consistency?from=0&to=0")
    of_auditors = ("checkpoints", "tile/0/000")
    for path in (*of_tills, *of_auditors):
        assert ask("integrator", path).status_code == 403
        assert ask("auditor", path).status_code != 403
        assert ask("admin", path).status_code != 403
        assert (ask("terminal", path).status_code == 403) == (path in of_auditors)
        assert two_shops.send(None, "GET", f"{LOG}/{path}").status_code == 401


def test_each_tenant_has_a_log_of_its_own(two_shops: Shops) -> None:
    first, second = (two_shops.client(shop.keys["admin"]) for shop in (two_shops.first, two_shops.second))
    sell(first, 3)
    sell(second)
    for server, name in ((first, two_shops.first.tenant.name), (second, two_shops.second.tenant.name)):
        newest = server.ask(f"{LOG}/checkpoint").text
        assert open_checkpoint(newest, verifier(server)).origin == f"order-ledger/{name}"
        assert open_checkpoint(newest, verifier(server)).size >= server.position
