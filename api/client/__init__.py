"""A client of the order ledger: async, typed, and nothing but httpx (and cryptography, to check signatures).

It imports nothing of the server: this folder can be copied into any program, under any name.
"""

from .client import Client
from .commands import Answer, Commands, Write
from .errors import ClientError, Problem, ProofFailed, QueueError, Unreachable
from .feed import Event
from .log import Proof
from .offline import OfflineQueue, SetAside
from .paging import Pages
from .proofs import Checkpoint

__all__ = [
    "Answer",
    "Checkpoint",
    "Client",
    "ClientError",
    "Commands",
    "Event",
    "OfflineQueue",
    "Pages",
    "Problem",
    "Proof",
    "ProofFailed",
    "QueueError",
    "SetAside",
    "Unreachable",
    "Write",
]
