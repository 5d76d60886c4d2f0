"""Broker addresses: parsing ``AMQP_URI``, one URI or several separated by semicolons."""

from __future__ import annotations

import socket
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

PORTS: Final = {"amqp": 5672, "pyamqp": 5672, "amqps": 5671}


class Address(NamedTuple):
    """One broker node, and the credentials for it."""

    host: str
    port: int
    user: str
    password: str
    vhost: str
    tls: bool
    #: The IP address to connect to; empty until ``resolved`` has looked the host up.
    ip: str = ""

    @classmethod
    def read(cls, uri: str) -> Address:
        """Parse ``amqp://user:password@host:port/vhost``. Raises ValueError."""
        parts = urlsplit(uri.strip())
        if parts.scheme not in PORTS:
            raise ValueError(f"AMQP_URI must begin with amqp:// or amqps://, not {parts.scheme!r}")
        return cls(
            host=parts.hostname or "localhost",
            port=parts.port or PORTS[parts.scheme],
            user=unquote(parts.username or "guest"),
            password=unquote(parts.password or "guest"),
            vhost=unquote(parts.path.removeprefix("/")) or "/",
            tls=parts.scheme == "amqps",
        )


def addresses(uris: str) -> list[Address]:
    """The nodes of a cluster, to be tried in order. Raises ValueError."""
    return [Address.read(uri) for uri in uris.split(";") if uri.strip()]


def resolved(address: Address) -> list[Address]:
    """The address once for each IP of its host, to be tried in order. Raises OSError."""
    # A host name may have several records (a headless service in Kubernetes): each one is a node
    # that may be up while the others are down.
    results = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    return [address._replace(ip=str(result[4][0])) for result in results]
