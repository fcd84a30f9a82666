"""The states of a tenant's recent streams in memory, so that the 500th draft of an order does not read 499. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable

from ledger.events import NAMES, CustomerErased, PaymentCaptured, ReceiptIssued
from ledger.folding import Later, State
from ledger.view import Pair

# A stream's, or an idempotency key's path and key.
Name = str | Pair
# Events that a state keeps beside the others; of all else it keeps the newest.
_STAYING = frozenset(NAMES[kind][0] for kind in (PaymentCaptured, ReceiptIssued, CustomerErased))

# A stored byte is some thirty in memory at worst (`[{},{},…`), and that for as long as nothing newer comes.
_BYTES_AT_MOST = 1 << 20
# So many names, and at most as many again, are known to be there when nothing else of them is kept.
_NAMES_AT_MOST = 4096
_BYTES = 1 << 15
_PLACE = _BYTES - 1
_NOTHING = (0, 0)


class _Names:
    """Names that were added, each as three bits of 2^18 (a Bloom filter): of 10,000 others one looks like them."""

    def __init__(self) -> None:
        self._bits = bytearray(_BYTES)
        self.count = 0

    def add(self, name: Name) -> None:
        bits, at, is_new = self._bits, hash(name), False
        for place in (at, at >> 18, at >> 36):
            bit = 1 << (place & 7)
            if not bits[place >> 3 & _PLACE] & bit:
                bits[place >> 3 & _PLACE] |= bit
                is_new = True
        self.count += is_new

    def __contains__(self, name: Name) -> bool:
        bits, first = self._bits, hash(name)
        if not bits[first >> 3 & _PLACE] >> (first & 7) & 1:
            return False
        second, third = first >> 18, first >> 36
        return bool(bits[second >> 3 & _PLACE] >> (second & 7) & bits[third >> 3 & _PLACE] >> (third & 7) & 1)


class Sizes:
    """The bytes that states are made of, by stream: the largest event, and the sum of those that stay beside it. After
    500 drafts a state is no larger than after one.
    """

    def __init__(self) -> None:
        self._by_stream: dict[str, tuple[int, int]] = {}

    def add(self, stream: str, name: str, size: int) -> None:
        """One more event, `name` as it is stored."""
        largest, rest = self._by_stream.get(stream, _NOTHING)
        self._by_stream[stream] = (largest, rest + size) if name in _STAYING else (max(largest, size), rest)

    def after(self, stream: str, known: tuple[int, int]) -> tuple[int, int]:
        """The size of a state that was known to have this one before."""
        largest, rest = self._by_stream.get(stream, _NOTHING)
        return max(known[0], largest), known[1] + rest


class Recent:
    """States that are those of the log, the oldest forgotten first; bounded by the bytes their events take in it.

    Good until a customer is erased: `erasures` is the count they belong to.
    """

    def __init__(self) -> None:
        self.erasures = 0
        # The newer ones, and those before them.
        self._names = _Names(), _Names()
        self._states: OrderedDict[str, tuple[State | Later, tuple[int, int]]] = OrderedDict()
        self._bytes = 0

    def get(self, stream: str) -> State | None:
        """The state of a stream, if it is known."""
        state, size = self._states.get(stream, (None, _NOTHING))
        if isinstance(state, Later):
            state = state.folded()
            self._states[stream] = state, size
        return state

    def may_be_new(self, name: Name) -> bool:
        """Whether nothing was seen of a stream or an idempotency key; seen longer ago, it is forgotten."""
        newer, older = self._names
        return name not in newer and name not in older

    def note(self, names: Iterable[Name]) -> None:
        """Keeps of these only that they are there."""
        for name in names:
            self._names[0].add(name)
        self._make_room()

    def _make_room(self) -> None:
        newer, _ = self._names
        if newer.count > _NAMES_AT_MOST:
            self._names = _Names(), newer

    def remember(self, states: Iterable[tuple[str, State | Later]], added: Sizes) -> None:
        """Keeps states; `added` is what was read or written since they were remembered last.

        A stream that has just begun is not kept: few are looked at again, their events are soon read, and what lies in
        memory for nothing has left the processor's caches when its place is wanted (a tenth of a post).
        """
        newer, _ = self._names
        for stream, state in states:
            newer.add(stream)
            if isinstance(state, Later) and state.is_whole:
                continue
            _, known = self._states.pop(stream, (None, _NOTHING))
            size = added.after(stream, known)
            self._bytes += sum(size) - sum(known)
            self._states[stream] = state, size
        self._make_room()
        # The newest stays, whatever its size: it is the one that is posted again.
        while self._bytes > _BYTES_AT_MOST and len(self._states) > 1:
            _, (_, size) = self._states.popitem(last=False)
            self._bytes -= sum(size)

    def forget(self, streams: Collection[str]) -> None:
        """Keeps of these streams only that they are there."""
        self.note(streams)
        for stream in streams:
            _, size = self._states.pop(stream, (None, _NOTHING))
            self._bytes -= sum(size)

    def clear(self) -> None:
        """Forgets everything."""
        self._states.clear()
        self._bytes = 0
