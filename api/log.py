"""The sealed log: checkpoints, proofs and tiles, for whoever believes nobody. Thin: parameters, read, answer."""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.described import BYTES, GUID, TEXT, WORD, Answer, Content, Parameter, described, in_path, one, whole
from api.etags import refuse_same, tag_of
from api.freshness import named_position
from api.openapi import shown
from api.openapi.answers import Checkpoints, Consistency, Inclusion
from api.own_rows import own_rows
from api.problems import NotFound
from api.wire import Query, Reply, json_answer
from ledger.audit import proofs
from ledger.audit.proofs import Sealed
from ledger.audit.seals import Changed
from ledger.audit.tiles import WIDTH
from ledger.errors import BadInput, Unavailable
from ledger.store import Connection

_AT_MOST = 1000
_LARGEST = 2**62
_LOOK_SECONDS = 0.05
_AFTER_A_STOP = 60  # seconds: a person has to see to it
_LEVEL = re.compile(r"[0-7]", re.ASCII)
# tlog-tiles: the number in groups of three digits, `x` before all but the last, and `.p/` with the width where partial.
_TILE = re.compile(r"((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)
_PLAIN, _BYTES = b"text/plain; charset=utf-8", b"application/octet-stream"

# Paths to numbers of tiles: `x001/x234/067`, `x001/x234/067.p/8` and shorter ones.
TILE_NUMBERS = ("/{n}", "/{n}/{o}", "/{n}/{o}/{p}", "/{n}/{o}/{p}/{q}", "/{n}/{o}/{p}/{q}/{r}")

Part = Callable[[Request, Connection, Sealed], Awaitable[Response]]


def _text(**examples: str) -> Content:
    return Content(TEXT, {"type": "string"}, examples)


@described(
    "Proofs",
    "Save it once, by a way you trust: everything else is checked with it.",
    name="GetLogKey",
    answers=[Answer("The vkey (C2SP signed-note).", [_text(vkey=shown.A_VKEY)], position=False)],
    missing=True,
)
async def get_vkey(request: Request) -> Response:
    """The key that checkpoints are signed with, as one line."""
    return await _answered(request, _vkey, even_stopped=True)


@described(
    "Proofs",
    "Origin, size of the tree, hash of its root, and the signature (C2SP tlog-checkpoint).",
    name="GetCheckpoint",
    answers=[Answer("The note.", [_text(note=shown.A_NOTE)])],
    missing=True,
)
async def get_checkpoint(request: Request) -> Response:
    """The newest signed note."""
    return await _answered(request, _checkpoint)


@described(
    "Proofs",
    name="GetCheckpoints",
    parameters=[Parameter("after", whole(-1, _LARGEST), "Of trees larger than this; of all without it.")],
    answers=[one(Checkpoints, "Notes.", notes=shown.CHECKPOINTS)],
    missing=True,
)
async def get_checkpoints(request: Request) -> Response:
    """Signed notes of trees larger than `after`, all of them without it, smallest first, 1000 at most."""
    return await _answered(request, _checkpoints, even_stopped=True)


@described(
    "Proofs",
    "Either `position` or `event_id` says which event.",
    name="ProveInclusion",
    parameters=[
        Parameter("position", whole(1, _LARGEST), "The event at this position.", 1),
        Parameter("event_id", GUID, "The event of this Id."),
        Parameter("size", whole(0, _LARGEST), "In the tree of this signed checkpoint; in the newest without it."),
    ],
    answers=[one(Inclusion, "The proof.", proof=shown.AN_INCLUSION)],
    missing=True,
)
async def get_inclusion(request: Request) -> Response:
    """The proof that the event at `position`, or with `event_id`, is in the tree of a signed checkpoint."""
    return await _answered(request, _inclusion)


@described(
    "Proofs",
    name="ProveConsistency",
    parameters=[
        Parameter("from", whole(1), "The size of the smaller tree, at most `to`.", 1, required=True),
        Parameter(
            "to", whole(1), "The size of the larger tree, at most that of the newest checkpoint.", 2, required=True
        ),
    ],
    answers=[one(Consistency, "The proof.", proof=shown.A_CONSISTENCY)],
    missing=True,
)
async def get_consistency(request: Request) -> Response:
    """The proof that the tree of size `to` begins with the one of size `from`."""
    return await _answered(request, _consistency)


@described(
    "Proofs",
    "C2SP tlog-tiles: the tile's number in groups of three digits with `x` before all but the last (`x001/x234/067`); "
    "a tile that is not full has `.p/` and its width behind it (`067.p/8`).",
    name="GetTile",
    parameters=[
        in_path("level", "0 for hashes of events, up to 7.", "0", {"type": "string", "pattern": "^[0-7]$"}),
        *(in_path(name, "A part of the tile's number, or the width of one that is not full.", example, WORD)
          for name, example in {"n": "000.p", "o": "1", "p": "067", "q": "067", "r": "8"}.items()),
    ],
    answers=[Answer("The hashes.", [Content(BYTES, {"type": "string", "format": "binary"}, {})])],
    missing=True,
)  # fmt: skip
async def get_tile(request: Request) -> Response:
    """The hashes of a tile, 32 bytes each."""
    return await _answered(request, _tile)


async def _vkey(request: Request, connection: Connection, log: Sealed) -> Response:
    return _answer(log.vkey.encode() + b"\n", _PLAIN)


async def _checkpoint(request: Request, connection: Connection, log: Sealed) -> Response:
    return _answer(log.note.encode(), _PLAIN, log.size)


async def _checkpoints(request: Request, connection: Connection, log: Sealed) -> Response:
    after = Query(request).integer("after", -1, _LARGEST)
    found = await proofs.checkpoints(connection, log, -1 if after is None else after, _AT_MOST)
    return _json({"checkpoints": [{"size": one.size, "note": one.note} for one in found]}, log)


async def _inclusion(request: Request, connection: Connection, log: Sealed) -> Response:
    size = Query(request).integer("size", 0, _LARGEST)
    position = await _position(request, connection, log)
    if size is not None and position > size and position <= log.size:
        raise BadInput.at("size", f"the event at position {position} is not in a tree of {size}")
    if position > log.size:
        raise _not_yet(f"position {position} is not sealed yet")
    proof = await proofs.inclusion(connection, log, position - 1, log.size if size is None else size)
    if proof is None:
        raise BadInput.at("size", "must be that of a signed checkpoint")
    return _json(
        {
            "leaf_index": proof.leaf_index,
            "tree_size": proof.size,
            "leaf_hash": _base64(proof.leaf_hash),
            "path": list(map(_base64, proof.path)),
            "checkpoint": proof.note,
        },
        log,
    )


async def _consistency(request: Request, connection: Connection, log: Sealed) -> Response:
    query = Query(request)
    new = query.integer("to", 1, log.size)
    old = query.integer("from", 1, new or log.size)
    if new is None or old is None:
        raise BadInput.at("from" if old is None else "to", "must be the size of a tree")
    path = await proofs.consistency(connection, log, old, new)
    return _json({"from": old, "to": new, "path": list(map(_base64, path))}, log)


async def _tile(request: Request, connection: Connection, log: Sealed) -> Response:
    level, *rest = request.path_params.values()
    found = _TILE.fullmatch("/".join(rest))
    width = int(found[2] or WIDTH) if found else 0
    if found is None or not _LEVEL.fullmatch(level) or found[1].startswith("x000/") or width > WIDTH:
        raise NotFound("there is no such tile: it is <level>/<number>, or <level>/<number>.p/<width>")
    if found[2] and width == WIDTH:
        raise NotFound("a tile of 256 hashes is a full one, without `.p/`")
    number = int(found[1].replace("x", "").replace("/", ""))
    hashes = await proofs.tile(connection, log, int(level), number, width)
    if hashes is None:
        raise _not_yet("the tile is not sealed yet")
    return _answer(hashes, _BYTES, log.size)


async def _position(request: Request, connection: Connection, log: Sealed) -> int:
    query = Query(request)
    position, event_id = query.integer("position", 1, _LARGEST), query.guid("event_id")
    if (position is None) == (event_id is None):
        raise BadInput.at("position", "either `position` or `event_id` says which event")
    if event_id is not None:
        position = await proofs.position_of(connection, log.tenant_id, event_id)
    if position is None:
        raise NotFound(f"there is no event {event_id}")
    return position


async def _answered(request: Request, answer: Part, *, even_stopped: bool = False) -> Response:
    """What `answer` makes of a log that is sealed as far as the client wants it.

    Unavailable: it is not that far, or not what was signed, which does not matter to what was signed (`even_stopped`).
    """
    wanted = named_position(request)
    until = time.monotonic() + request.app.state.settings.min_position_wait
    while True:
        async with own_rows(request) as (connection, tenant_id):
            log = await proofs.sealed(connection, tenant_id)
            if log is None and not wanted:
                raise _not_yet("nothing is sealed yet")
            if log is not None and log.stopped is not None and not even_stopped:
                raise Unavailable(f"the log is not signed any more: {log.stopped}", _AFTER_A_STOP)
            if log is not None and log.size >= wanted:
                _unchanged(request, log)
                try:
                    return await answer(request, connection, log)
                except Changed as error:
                    raise Unavailable(str(error), _AFTER_A_STOP) from error
        if time.monotonic() > until:
            raise Unavailable(f"position {wanted} is not sealed yet")
        await asyncio.sleep(_LOOK_SECONDS)


def _unchanged(request: Request, log: Sealed) -> None:
    """NotModified: the client has what was sealed as far as it is now."""
    tag = tag_of(request)
    tag.add(log.generation, log.stopped)
    tag.position = log.size
    refuse_same(request, log.size)


def _not_yet(message: str) -> NotFound:
    return NotFound(message, [(b"retry-after", b"1")])


def _base64(found: bytes) -> str:
    return base64.b64encode(found).decode()


def _json(content: dict[str, Any], log: Sealed) -> Response:
    return json_answer(msgspec.json.encode(content), log.size)


def _answer(content: bytes, kind: bytes, size: int | None = None) -> Response:
    found = json_answer(content, size)
    others = [header for header in found.raw_headers if header[0] != b"content-type"]
    return Reply(200, content, [(b"content-type", kind), *others])
