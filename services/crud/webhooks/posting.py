"""Sending one request to a receiver, whatever it does."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from services.common.web_addresses import is_public

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from services.common.web_addresses import Network

#: Seconds for all of it: names, connecting, sending, the answer.
SECONDS: Final = 10.0
#: Bytes of an answer that are read, and characters that are kept.
READ, KEPT = 64 * 1024, 2000
#: Threads that resolve names: a dead name server holds them for longer than a request may take.
RESOLVING: Final = 64
#: Seconds for which an idle connection is kept.
KEEP_ALIVE: Final = 60.0
GONE: Final = 410
USER_AGENT: Final = "Callboard-Webhooks"


class NotPublicError(OSError):
    """A receiver's address that is not on the public internet."""


class Answer(NamedTuple):
    """What came of a request."""

    status: int | None
    text: str | None
    error: str | None
    milliseconds: int

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver has it."""
        return self.error is None and self.status is not None and 200 <= self.status < 300  # noqa: PLR2004

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing any more."""
        return self.status == GONE


class Resolver(AbstractResolver):
    """The system's resolver, on threads that nothing else waits for."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(RESOLVING, thread_name_prefix="resolver")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self.threads, socket.getaddrinfo, host, port, family, socket.SOCK_STREAM
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=family,
                proto=proto,
                flags=socket.AI_NUMERICHOST,
            )
            for family, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Give the threads up."""
        self.threads.shutdown(wait=False, cancel_futures=True)


class Poster:
    """Posts to public addresses, and to those in the allowed networks."""

    def __init__(
        self, allowed: tuple[Network, ...] = (), resolver: AbstractResolver | None = None
    ) -> None:
        self.allowed = allowed
        self.resolver = resolver or Resolver()
        self.session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            resolver=self.resolver,
            socket_factory=self._socket,
            # Each receiver's webhooks wait for it only.
            limit=0,
            keepalive_timeout=KEEP_ALIVE,
        )
        self.session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=SECONDS),
            # Of a compressed answer few bytes would say little of how large it is.
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"user-agent": USER_AGENT, "accept-encoding": "identity"},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.session.close()
        await self.resolver.close()

    def _socket(self, address: aiohttp.AddrInfoType) -> socket.socket:
        """A socket for an address that is about to be connected to. Raises NotPublicError.

        Here, and not where the name is resolved: numeric hosts are never resolved, and what a name
        stood for when somebody looked says nothing of where the connection goes.
        """
        family, kind, proto, _, name = address
        if not is_public(str(name[0]), self.allowed):
            message = f"{name[0]} is not a public address"
            raise NotPublicError(errno.EACCES, message)
        return socket.socket(family, kind, proto)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request; whatever goes wrong is in the answer."""
        began = time.monotonic()
        status: int | None = None
        text: str | None = None
        error: str | None = None
        try:
            # A redirect could lead anywhere, with the signed body.
            async with self.session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as response:
                status = response.status
                text = await _beginning(response)
        except TimeoutError:
            error = f"no complete answer within {SECONDS:.0f} s"
        except (aiohttp.ClientError, OSError, ValueError) as failure:
            error = f"{type(failure).__name__}: {failure}"[:KEPT]
        if error is None and status is not None and 300 <= status < 400:  # noqa: PLR2004
            error = "redirects are not followed"
        return Answer(status, text, error, round(1000 * (time.monotonic() - began)))


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """The beginning of an answer; of one that goes on, the connection is closed."""
    data = b""
    while len(data) < READ:
        piece = await response.content.read(READ - len(data))
        if not piece:
            break
        data += piece
    else:
        response.close()
    # PostgreSQL stores no NUL.
    return data.decode("utf-8", "replace").replace("\0", "\ufffd")[:KEPT]


def shown(headers: Mapping[str, str]) -> dict[str, Any]:
    """The headers of a request as they are kept: without what the secret made."""
    return {name: value for name, value in headers.items() if name != "webhook-signature"}
