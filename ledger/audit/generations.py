"""Which generation of a tenant's log a process may sign, from what it remembers and what the database says.

Memory counts: a generation is in force when the checkpoint file is of it. It is written before the database hears of
it, so a database that is behind is brought up, and one that is ahead was moved by somebody else.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.audit import seals
from ledger.audit.memory import Memory
from ledger.audit.note import Checkpoint, NoteError, Signer, open_checkpoint
from ledger.audit.seals import Changed, Signed, Standing, generation_of, origin_of
from ledger.audit.tree import EMPTY_ROOT
from ledger.errors import LedgerError
from ledger.store import Connection

_NEW = "or begin a new origin with `order-ledger key seal create {} --reason …`"


class MayNotSign(LedgerError):
    """This process may not sign a tenant's log; another one may."""


class Generation(NamedTuple):
    """What may be signed: `note` is the last note, `last` what it says, `stored` the newest one of the database."""

    number: int
    signer: Signer
    note: str
    last: Checkpoint
    stored: Checkpoint | None


async def resume(connection: Connection, memory: Memory, standing: Standing, *, first_of_all: bool) -> Generation:
    """The generation to go on with; a tenant that was never sealed gets its first, and `first_of_all` a key is made.

    MayNotSign: the key is another one, or key or memory are lost. Changed: the database's newest note is not ours.
    """
    tenant_id, name = standing.tenant_id, standing.name
    note = await asyncio.to_thread(memory.last, name)
    key = await asyncio.to_thread(memory.key)
    if key is None:
        if not first_of_all or not memory.is_empty():
            raise MayNotSign(f"the key is gone from {memory.directory}: put it back, {_NEW.format(name)}")
        key = await asyncio.to_thread(memory.make_key)
    number = 1 if note is None else generation_of(note, name)
    if number is None:
        raise MayNotSign(f"{memory.directory / name}.checkpoint is no checkpoint of this log: put it back")
    _check_standing(standing, number, key, memory, is_remembered=note is not None)
    signer = Signer(origin_of(name, number), key)
    if note is None:
        note = await begin(memory, name, None, signer)
    last = _opened(note, signer, memory, name)
    if standing.generation != number:
        await seals.add_key(connection, tenant_id, number, signer.verifier.vkey, None)
    return Generation(number, signer, note, last, await _stored(connection, standing, number, signer))


async def begin(memory: Memory, tenant: str, before: str | None, signer: Signer) -> str:
    """The note of a log's first checkpoint, of size 0, remembered in place of `before`. Overtaken: see `Memory`."""
    note = signer.sign(Checkpoint(signer.verifier.name, 0, EMPTY_ROOT).text)
    await asyncio.to_thread(memory.replace, tenant, before, note)
    return note


async def begin_anew(connection: Connection, memory: Memory, tenant: str, reason: str) -> Signer:
    """A new origin for a tenant's log, whose last one is not continued: its key, made where there is none.

    LedgerError: there is no such tenant, or its log was never sealed.
    """
    standing = next((found for found in await seals.standing(connection) if found.name == tenant), None)
    if standing is None or standing.generation is None:
        raise LedgerError(f"there is no sealed log of a tenant {tenant!r}")
    key = memory.key() or memory.make_key()
    before = memory.last(tenant)
    number = 1 + max(standing.generation, (before and generation_of(before, tenant)) or 0)
    signer = Signer(origin_of(tenant, number), key)
    note = await begin(memory, tenant, before, signer)
    await connection.act_for(standing.tenant_id)
    async with connection.transaction():
        await seals.add_key(connection, standing.tenant_id, number, signer.verifier.vkey, reason)
        await seals.add(connection, standing.tenant_id, number, [], [Signed(0, note)])
    return signer


def _check_standing(
    standing: Standing, number: int, key: Ed25519PrivateKey, memory: Memory, *, is_remembered: bool
) -> None:
    if standing.generation is None:
        return
    registered = origin_of(standing.name, standing.generation)
    if Signer(registered, key).verifier.vkey != standing.vkey and standing.generation >= number:
        raise MayNotSign(
            f"the key in {memory.directory} is not the one that {registered} is signed with: "
            f"put that one back, {_NEW.format(standing.name)}"
        )
    if not is_remembered or standing.generation > number:
        raise MayNotSign(
            f"the last checkpoint of {registered} is missing from {memory.directory}, and without it nobody knows "
            f"what was signed: put a saved one into {standing.name}.checkpoint, {_NEW.format(standing.name)}"
        )


def _opened(note: str, signer: Signer, memory: Memory, name: str) -> Checkpoint:
    try:
        return open_checkpoint(note, signer.verifier)
    except NoteError as error:
        raise MayNotSign(f"{memory.directory / name}.checkpoint: {error}; put it back, {_NEW.format(name)}") from None


async def _stored(connection: Connection, standing: Standing, number: int, signer: Signer) -> Checkpoint | None:
    """The newest checkpoint that the database has. Changed: it was not signed with this key."""
    if standing.generation != number or standing.size is None:
        return None
    note = await seals.checkpoint_note(connection, standing.tenant_id, number, standing.size)
    try:
        found = open_checkpoint(note or "", signer.verifier)
    except NoteError as error:
        raise Changed(f"the newest checkpoint in the database: {error}") from None
    if found.size != standing.size:
        raise Changed(f"the newest checkpoint in the database is not of size {standing.size}")
    return found
