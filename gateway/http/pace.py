"""Minimum transfer rates: slow clients are disconnected, so that they can't exhaust places."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from services.common.errors import Unavailable

if TYPE_CHECKING:
    from gateway.places import Places

Message = dict[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Bytes per second that a client must send or read on average.
RATE: Final = 4 * 1024
#: Seconds that a client may fall behind RATE before it is disconnected.
PATIENCE: Final = 20.0
#: Seconds it may fall behind before it needs one of the places for slow clients.
PROMPT: Final = 1.0
#: Seconds, and bytes, for the rest of a body that was answered before its end.
LINGER_SECONDS: Final = 2.0
LINGER_BYTES: Final = 1024 * 1024
#: The scope's key of the body.
BODY: Final = "callboard.body"
BODY_HEADERS: Final = frozenset({b"content-length", b"transfer-encoding"})
#: What clients send with a POST or DELETE that has none.
NO_BODY: Final = (b"content-length", b"0")


class ClientTooSlow(Exception):
    """The client sends or reads too slowly."""


class ClientGone(Exception):
    """The client disconnected before the end of its body."""


class Pace:
    """How far a client is behind ``RATE``.

    A request that occupies a place (of calls or transfers) may be slow only while it also gets one
    of the few ``places`` for slow clients, so that slow clients never occupy all of them.
    """

    def __init__(self, places: Places | None = None) -> None:
        self.places = places
        self._held = False
        #: Seconds behind.
        self.debt = 0.0

    def count(self, seconds: float, size: int) -> None:
        """Account for ``size`` bytes in ``seconds``. Raises ClientTooSlow."""
        # Never negative: being fast earlier doesn't allow to be slow later.
        self.debt = max(0.0, self.debt + seconds - size / RATE)
        if self.debt > PROMPT and self.places is not None and not self._held:
            try:
                self.places.take()
            except Unavailable:
                raise ClientTooSlow from None
            self._held = True
        if self.debt > PATIENCE:
            raise ClientTooSlow

    def end(self) -> None:
        """Release the place for slow clients."""
        places, self.places = self.places, None
        if places is not None and self._held:
            self._held = False
            places.give_back()


class Body:
    """A request's body while it is received."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.pace = Pace()
        self._begun = False
        #: Whether all of it came, whether it never will, whether anybody asked for it.
        self.ended = self.broken = self.asked = False

    async def receive(self) -> Message:
        """The next piece. Raises ClientTooSlow, ClientGone."""
        if not self._begun:
            # Falcon receives a first piece before routing. That must neither wait for the client
            # nor send 100 Continue, as the request may be refused by its head.
            self._begun = True
            return {"type": "http.request", "body": b"", "more_body": True}
        if self.ended:
            return await self._receive()
        if self.broken:
            raise ClientGone
        self.asked = True
        try:
            message = await self._wait()
        except (ClientGone, ClientTooSlow):
            self.broken = True
            raise
        self.ended = not message.get("more_body", False)
        return message

    async def _wait(self) -> Message:
        """Wait for the next piece, checking the pace every second."""
        if self.pace.places is None:
            began = time.monotonic()
            try:
                async with asyncio.timeout(PATIENCE - self.pace.debt):
                    message = await self._receive()
            except TimeoutError:
                raise ClientTooSlow from None
            self.pace.count(time.monotonic() - began, len(message.get("body", b"")))
            return _present(message)
        waiting = asyncio.ensure_future(self._receive())
        try:
            while True:
                began = time.monotonic()
                done, _ = await asyncio.wait([waiting], timeout=PROMPT)
                size = len(waiting.result().get("body", b"")) if done else 0
                self.pace.count(time.monotonic() - began, size)
                if done:
                    break
        finally:
            waiting.cancel()
        return _present(waiting.result())

    async def drain(self, seconds: float, size: int) -> bool:
        """Discard the rest of the body; returns whether it has ended."""
        try:
            async with asyncio.timeout(seconds):
                while not self.ended and size > 0:
                    size -= len((await self.receive()).get("body", b""))
        except (ClientGone, ClientTooSlow, TimeoutError):
            return False
        return self.ended


def _present(message: Message) -> Message:
    """The piece. Raises ClientGone if the client has disconnected."""
    if message["type"] != "http.request":
        raise ClientGone
    return message


def _has_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(header[0] in BODY_HEADERS and header != NO_BODY for header in headers)


def paced(app: App) -> App:
    """Wrap ``app``, so that bodies must be sent in time.

    An answer before the end of the body (a refusal) closes the connection. The rest of the body is
    discarded for a moment, so that the client can read the answer.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope["headers"]):
            await app(scope, receive, send)
            return
        body = scope[BODY] = Body(receive)
        closing = False

        async def send_checked(message: Message) -> None:
            nonlocal closing
            if message["type"] == "http.response.start" and not body.ended:
                waits = not body.asked and (b"expect", b"100-continue") in scope["headers"]
                closing = waits or not await body.drain(0.05, LINGER_BYTES)
                if closing:
                    message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            if not closing or message.get("more_body") or message["type"] != "http.response.body":
                await send(message)
                return
            # For the client the answer is complete. We end it once the client has disconnected or
            # time is over: closing with unread bytes would reset the connection.
            await send({**message, "more_body": True})
            await body.drain(LINGER_SECONDS, 64 * LINGER_BYTES)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        await app(scope, body.receive, send_checked)

    return serve
