"""The last step: the reply becomes the response."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, cast

from gateway.http import cookies, downloads
from gateway.http.compression import passed_on
from gateway.http.conditional import validated
from gateway.http.pace import PROMPT, ClientTooSlow, Pace
from gateway.http.protocol import CONNECTION
from gateway.positions import STALE_HEADER
from services.common.wire.position import read_position

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from falcon.asgi import Request, Response

    from gateway.steps.exchange import Exchange
    from services.common.wire.rpc_protocol import Reply

FILE: Final = "file"
#: Functions that set cookies and adapt the reply, by ``Route.answer``.
ANSWERS: Final[dict[str, Callable[[Request, Response, Reply], Reply]]] = {
    "signed_in": cookies.signed_in,
    "signed_out": cookies.signed_out,
    "refreshed": cookies.refreshed,
    "challenged": cookies.challenged,
}


class Stream:
    """A streamed body; it holds a place until the client has read it or is disconnected."""

    def __init__(
        self, exchange: Exchange, pieces: AsyncIterator[bytes], release: Callable[[], None]
    ) -> None:
        self._pieces, self._release = pieces, release
        self._pace = Pace(exchange.gateway.slow)
        self._since = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = exchange.req.scope.get(CONNECTION)

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> bytes:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None and self._transport.is_closing():
            await asyncio.sleep(0.01)  # lets uvicorn notice the disconnection first
            raise StopAsyncIteration
        piece = await anext(self._pieces)
        self._since = time.monotonic()
        self._check_pace(len(piece))
        return piece

    def _check_pace(self, size: int = 0) -> None:
        """Abort the connection of a client that reads too slowly: sending to it never returns."""
        now = time.monotonic()
        try:
            self._pace.count(now - self._since, size)
        except ClientTooSlow:
            if self._transport is not None:
                self._transport.abort()
            return
        self._since = now
        self._timer = asyncio.get_running_loop().call_later(PROMPT, self._check_pace)

    async def close(self) -> None:
        """Release the place; Falcon calls this whatever happens."""
        if self._timer is not None:
            self._timer.cancel()
        release, self._release = self._release, _nothing
        self._pace.end()
        release()


def _nothing() -> None:
    """Do nothing: there is no place to release."""


async def answer(exchange: Exchange) -> None:
    """Write the response. Raises NotFound, Unavailable for routes that send files."""
    route, req, resp = exchange.route, exchange.req, exchange.resp
    reply = cast("Reply", exchange.reply)
    if route.answer == FILE:
        await _send_file(exchange, reply)
        return
    _write_position(exchange, reply)
    if route.answer:
        reply = ANSWERS[route.answer](req, resp, reply)
    resp.status = reply.status or route.status
    if route.method == "GET" and validated(req, resp, reply):
        return
    if not reply.body:
        resp.content_type = "text/html"
        return
    resp.content_type = reply.headers.get("content_type", "application/json")
    if req.method == "HEAD":
        resp.content_length = len(reply.body)
        return
    if (pieces := passed_on(req, resp, reply)) is not None:
        # The bytes are held until the client has read them, and so is their place.
        resp.stream = Stream(exchange, pieces, exchange.release or _nothing)
        exchange.release = None


def _write_position(exchange: Exchange, reply: Reply) -> None:
    """After a write, the client's new position; after a read, the services that are behind it."""
    if text := reply.headers.get("position"):
        position = {**exchange.position, **read_position(text)}
        exchange.gateway.positions.give(exchange.req, exchange.resp, position)
    if behind := reply.headers.get("stale"):
        exchange.resp.set_header(STALE_HEADER, behind)


async def _send_file(exchange: Exchange, reply: Reply) -> None:
    gateway, resp = exchange.gateway, exchange.resp
    await gateway.transfers.wait()
    pieces = None
    try:
        file = downloads.decode(reply.body)
        pieces = await downloads.send(exchange.req, resp, file, gateway.store)
    finally:
        if pieces is None:
            gateway.transfers.give_back()
    if pieces is not None:
        resp.stream = Stream(exchange, pieces, gateway.transfers.give_back)
