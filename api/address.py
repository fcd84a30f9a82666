"""Where a request comes from: the peer, or, behind proxies that the settings trust, whom they say it is."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Mapping, Sequence

from starlette.types import Scope

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LONGEST = 100
# Some proxies name the port too.
_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|(\d+(?:\.\d+){3}):\d+", re.ASCII)


def client_address(scope: Scope, headers: Mapping[bytes, bytes], trusted: Sequence[Network]) -> str:
    """The client's IP address as text; `""` where the connection has none.

    From a trusted proxy it is the right-most address of X-Forwarded-For that is no trusted proxy itself: what stands to
    the left of it the client wrote, or somebody on its way. What cannot be read there is as good as nothing.
    """
    client = scope.get("client")
    peer = spelled(client[0]) if client else ""
    if not peer or b"x-forwarded-for" not in headers or not within(peer, trusted):
        return peer
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    for hop in reversed(b",".join(lines).decode("latin-1").split(",")):
        address = parsed(hop) if len(hop) <= _LONGEST else None  # what is remembered has to be short
        if address is None:
            break
        if not within(str(address), trusted):
            return str(address)
    return peer


@functools.lru_cache(maxsize=1024)
def spelled(text: str) -> str:
    """An address in the one spelling that everybody uses for it; `""`: there is none."""
    return str(parsed(text) or "")


def within(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address (IP, as text; anything else is nowhere) is in one of the networks."""
    found = parsed(address)
    return found is not None and any(found in network for network in networks)


@functools.lru_cache(maxsize=1024)
def parsed(text: str) -> Address | None:
    """An IP address, perhaps with a port; an IPv4 address mapped into IPv6 as what it is. None: there is none."""
    port = _PORT.fullmatch(text.strip())
    try:
        address = ipaddress.ip_address((port[1] or port[2]) if port else text.strip())
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address
