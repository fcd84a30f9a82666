"""The sealed log, as methods: checkpoints, proofs and tiles as they come, and proofs that were checked."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from .errors import ProofFailed
from .paging import following
from .proofs import (
    Checkpoint,
    Verifier,
    check_consistency,
    check_inclusion,
    checkpoint_of,
    leaf_hash_of,
    unpacked,
    verifier_of,
)
from .reads import Reads
from .wire import Guid, Json

_LOG = "/v1/log"
_WIDTH = 256


class Proof(NamedTuple):
    """That the event at `position`, whose hash is `leaf_hash`, is in the log that `checkpoint` signs."""

    position: int
    leaf_hash: bytes
    checkpoint: Checkpoint


class Log(Reads):
    """The sealed log. A vkey comes from a place one trusts, once; that of `get_vkey` is the server's own word."""

    @abstractmethod
    async def raw(self, path: str, *, at_least: int = 0) -> bytes:
        """What is under a path, as it is at that position or later."""

    async def prove(
        self,
        *,
        vkey: str,
        position: int | None = None,
        event_id: Guid | None = None,
        saved: str | None = None,
        line: Mapping[str, Any] | None = None,
    ) -> Proof:
        """Proves that the event at a position, or with an id, is in the log that was signed with `vkey`'s key.

        With a `saved` checkpoint also that the log is still the one it was then. What the event says is proved by its
        `line` of an export: without one, the server could have any event of its choice counted under that number.
        ProofFailed says what does not hold. Until the event is sealed (a second) this waits, as every call does.
        """
        trusted = verifier_of(vkey)
        which = {"position": position, "event_id": event_id}
        said = await self.read(f"{_LOG}/proof/inclusion", which, at_least=position or 0)
        proof, path = _proof(said, trusted)
        if position is not None and proof.position != position:
            raise ProofFailed(f"the proof is for event {proof.position}, and not for {position}")
        check_inclusion(proof.leaf_hash, proof.position - 1, path, proof.checkpoint)
        if line is not None:
            _check_line(line, proof, event_id)
        if saved is not None:
            await self._check_extends(checkpoint_of(saved, trusted), proof.checkpoint)
        return proof

    async def prove_unchanged(self, saved: str, *, vkey: str) -> Checkpoint:
        """Proves that the log is still the one that the `saved` checkpoint signs, and gives its newest one to keep.

        ProofFailed: it was rewritten or cut, or either checkpoint is not signed by `vkey`'s key.
        """
        trusted = verifier_of(vkey)
        old = checkpoint_of(saved, trusted)
        new = checkpoint_of(await self.get_checkpoint(), trusted)
        await self._check_extends(old, new)
        return new

    async def get_vkey(self) -> str:
        """The key that checkpoints are signed with, as the server tells it."""
        return (await self.raw(f"{_LOG}/vkey")).decode().strip()

    async def get_checkpoint(self, *, at_least: int = 0) -> str:
        """The newest signed note, of `at_least` so many events."""
        return (await self.raw(f"{_LOG}/checkpoint", at_least=at_least)).decode()

    def checkpoints(self, *, after: int = -1) -> AsyncIterator[Json]:
        """`{"size", "note"}` of every checkpoint of more than `after` events, smallest first."""

        async def page(last: int) -> list[Json]:
            found: list[Json] = (await self._one(f"{_LOG}/checkpoints", after=last))["checkpoints"]
            return found

        return following(page, "size", after)

    async def get_inclusion(
        self, *, position: int | None = None, event_id: Guid | None = None, size: int | None = None
    ) -> Json:
        """The proof for an event as it comes; `size` is that of a checkpoint."""
        return await self._one(f"{_LOG}/proof/inclusion", position=position, event_id=event_id, size=size)

    async def get_consistency(self, old: int, new: int) -> Json:
        """The proof that the tree of `new` events begins with that of `old`, as it comes."""
        return await self._one(f"{_LOG}/proof/consistency", **{"from": old, "to": new})

    async def get_tile(self, level: int, number: int, width: int = _WIDTH) -> bytes:
        """The first `width` hashes of a tile (tlog-tiles), 32 bytes each."""
        groups = f"{number:0{-(-len(str(number)) // 3) * 3}}"
        *first, last = [groups[at : at + 3] for at in range(0, len(groups), 3)]
        partial = "" if width == _WIDTH else f".p/{width}"
        return await self.raw(f"{_LOG}/tile/{level}/{'/'.join([*(f'x{one}' for one in first), last])}{partial}")

    async def _check_extends(self, old: Checkpoint, new: Checkpoint) -> None:
        path: list[bytes] = []
        if 0 < old.size < new.size:
            path = _path(await self.get_consistency(old.size, new.size))
        check_consistency(old, new, path)


def _proof(said: Any, trusted: Verifier) -> tuple[Proof, list[bytes]]:
    """An answer of the server, of which nothing is believed yet but the signature."""
    if not isinstance(said, dict) or not {"leaf_index", "tree_size", "leaf_hash", "checkpoint"} <= said.keys():
        raise ProofFailed("what was answered is no proof")
    checkpoint = checkpoint_of(str(said["checkpoint"]), trusted)
    if said["tree_size"] != checkpoint.size or not isinstance(said["leaf_index"], int):
        raise ProofFailed(f"the proof is for a tree of {said['tree_size']}, its checkpoint for {checkpoint.size}")
    leaf = unpacked(said["leaf_hash"], 32, "the leaf's hash")
    return Proof(said["leaf_index"] + 1, leaf, checkpoint), _path(said)


def _path(said: Any) -> list[bytes]:
    path = said.get("path") if isinstance(said, dict) else None
    if not isinstance(path, list):
        raise ProofFailed("what was answered is no proof")
    return [unpacked(one, 32, "a hash of the path") for one in path]


def _check_line(line: Mapping[str, Any], proof: Proof, event_id: Guid | None) -> None:
    """That the event whose place was proved is this one."""
    if leaf_hash_of(line) != proof.leaf_hash or line.get("position") != proof.position:
        raise ProofFailed(f"the event that was signed at position {proof.position} is not what the line says")
    if event_id is not None and UUID(line["event_id"]) != UUID(str(event_id)):
        raise ProofFailed(f"the proof is for event {line['event_id']}, and not for {event_id}")
