"""Where a request comes from, behind proxies and without."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from api.address import client_address, parsed, within

PROXIES = [ip_network(text) for text in ("10.0.0.0/8", "fd00::/8")]


def seen(peer: str | None, *forwarded: str) -> str:
    """The address of a request from `peer` with these X-Forwarded-For headers."""
    headers = [(b"x-forwarded-for", text.encode()) for text in forwarded]
    scope = {"client": None if peer is None else (peer, 4711), "headers": headers}
    return client_address(scope, dict(headers), PROXIES)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("213.132.115.94", [], "213.132.115.94"),
        ("213.132.115.94", ["198.51.100.1"], "213.132.115.94"),  # anybody can write a header
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["213.132.115.94, 198.51.100.1"], "198.51.100.1"),  # the left one came from the client
        ("10.0.0.1", ["213.132.115.94", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1", "10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2 , fd00::7"], "198.51.100.1"),
        ("10.0.0.1", ["213.132.115.94, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["213.132.115.94, "], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.2"], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", ["198.51.100.1:51234"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8::1]:51234"], "2001:db8::1"),
        (None, ["198.51.100.1"], ""),
        ("testclient", ["198.51.100.1"], ""),
    ],
)
def test_the_address_of_a_request(peer: str | None, forwarded: list[str], address: str) -> None:
    assert seen(peer, *forwarded) == address


def test_an_address_in_a_network() -> None:
    swish = [ip_network("213.132.115.94"), ip_network("2001:db8::/32")]
    assert within("213.132.115.94", swish) and within("::ffff:213.132.115.94", swish) and within("2001:db8::5", swish)
    assert not within("213.132.115.95", swish) and not within("", swish) and not within("::1", swish)


def test_what_is_no_address() -> None:
    assert [parsed(text) for text in ("", "localhost", "1.2.3", "1.2.3.4.5", "[::1", "unknown", "_hidden")] == [
        None
    ] * 7
