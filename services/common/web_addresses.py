"""Addresses on the web that others name, and to which this system connects."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Network

    Network = IPv4Network | IPv6Network
    Address = IPv4Address | IPv6Address

#: NAT64: the last four bytes are an IPv4 address.
NAT64: Final = IPv6Network("64:ff9b::/96")
#: The only block of IPv6 addresses of which some are given to hosts on the internet. ``is_global``
#: alone is true of others that lead elsewhere: site-local, IPv4-compatible, a network's own NAT64.
INTERNET: Final = IPv6Network("2000::/3")
HTTP_URL: Final = "a URL that begins with https:// or http://"


def unusable(url: str) -> str:
    """What is expected instead of this URL; empty if it can be sent to."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return HTTP_URL
    if parts.scheme not in {"http", "https"} or not host:
        return HTTP_URL
    if parts.username is not None or parts.password is not None:
        return "a URL without a name and a password"
    if any(ord(letter) <= ord(" ") for letter in url):
        return "a URL without white space"
    return ""


def networks(text: str) -> tuple[Network, ...]:
    """The networks of a setting, separated by commas. Raises ValueError."""
    return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())


def is_public(text: str, allowed: Iterable[Network] = ()) -> bool:
    """Whether a numeric address is on the public internet, or in one of the allowed networks."""
    address = ip_address(text)
    inner = _inner(address)
    if any(one in network for one in (address, inner) for network in allowed):
        return True
    if isinstance(inner, IPv6Address) and inner not in INTERNET:
        return False
    return all(one.is_global and not one.is_multicast for one in (address, inner))


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address leads to, if it does; else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
