"""Addresses on the web: which can be sent to, and which are public."""

from __future__ import annotations

import pytest

from services.common.web_addresses import is_public, networks, unusable


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - no binding
        "224.0.0.1",
        "239.1.1.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:a9fe:a9fe",
        "64:ff9b::7f00:1",
        "64:ff9b::169.254.169.254",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b:1::7f00:1",
        "fec0::1",
    ],
)
def test_an_address_inside_is_not_public(address: str) -> None:
    """Private, local, of a group, reserved; in whatever form of IPv6 an IPv4 address hides."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_an_address_outside_is_public(address: str) -> None:
    """In both families."""
    assert is_public(address)


def test_networks_may_be_allowed() -> None:
    """Those named, and no others."""
    allowed = networks("10.1.0.0/16, fd00::/8")
    assert is_public("10.1.2.3", allowed)
    assert is_public("::ffff:10.1.2.3", allowed)
    assert is_public("fd00::5", allowed)
    assert not is_public("10.2.0.1", allowed)
    assert not is_public("::1", allowed)


def test_a_malformed_network_is_refused() -> None:
    """Instead of allowing something else."""
    with pytest.raises(ValueError, match=r"10\.1"):
        networks("10.1.0.0/16,10.1")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "http://example.com:8080/a?b=c",
        "https://[2606:2800::1]/",
        "http://1/",
    ],
)
def test_a_url_can_be_sent_to(url: str) -> None:
    """Whether its host is public is seen when it is connected to."""
    assert unusable(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "https://",
        "https://example.com:port",
        "http://[::1",
        "https://ada@example.com",
        "https://ada:secret@example.com",
        "https://example.com/a b",
        "https://example.com/\r\nhost: x",
    ],
)
def test_what_is_no_url_for_requests_is_told(url: str) -> None:
    """With what is expected instead."""
    assert unusable(url).startswith("a URL")
