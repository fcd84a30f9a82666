"""A client of the order ledger: async, typed, and nothing but httpx (and cryptography, to check signatures).

It imports nothing of the server: this folder can be copied into any program, under any name.
"""

from .client import Client
from .commands import Answer, Commands, Write
from .errors import ClientError, Problem, ProofFailed, QueueError, Unreachable
from .paging import Pages

__all__ = [
    "Answer",
    "Client",
    "ClientError",
    "Commands",
    "Pages",
    "Problem",
    "ProofFailed",
    "QueueError",
    "Unreachable",
    "Write",
]
