"""Clients that send their request too slowly are not waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

Message = dict[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Bytes a second of a client that is not waited for.
RATE: Final = 4 * 1024
#: Seconds that a client is waited for, on top of what its bytes at RATE take.
PATIENCE: Final = 20.0
#: Seconds, and bytes, in which a client may end a body that its answer didn't wait for.
LINGER_SECONDS: Final = 2.0
LINGER_BYTES: Final = 1024 * 1024
BODY_HEADERS: Final = frozenset({b"content-length", b"transfer-encoding"})


class ClientTooSlow(Exception):
    """The body doesn't come, or trickles."""


class ClientGone(Exception):
    """The client hung up in the midst of its body."""


class Body:
    """A request's body on its way in."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._begun = False
        #: Whether all of it came, whether it never will, whether anybody asked for it.
        self.ended = self.broken = self.asked = False
        #: Seconds that the client was waited for beyond what its bytes excuse.
        self._debt = 0.0

    async def receive(self) -> Message:
        """The next piece. Raises ClientTooSlow, ClientGone."""
        if not self._begun:
            # Falcon asks for a first piece before it knows the route. That must neither wait for
            # the client nor tell it to go on (100), as the request may be refused by its head.
            self._begun = True
            return {"type": "http.request", "body": b"", "more_body": True}
        if self.ended:
            return await self._receive()
        if self.broken:
            raise ClientGone
        self.asked = True
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE - self._debt):
                message = await self._receive()
        except TimeoutError:
            self.broken = True
            raise ClientTooSlow from None
        if message["type"] != "http.request":
            self.broken = True
            raise ClientGone
        spent = time.monotonic() - began
        self._debt = max(0.0, self._debt + spent - len(message.get("body", b"")) / RATE)
        self.ended = not message.get("more_body", False)
        return message

    async def drain(self, seconds: float, size: int) -> bool:
        """Throw away what still comes; whether that was all of it."""
        try:
            async with asyncio.timeout(seconds):
                while not self.ended and size > 0:
                    size -= len((await self.receive()).get("body", b""))
        except (ClientGone, ClientTooSlow, TimeoutError):
            return False
        return self.ended


def paced(app: App) -> App:
    """``app``, whose clients have to send bodies in time.

    An answer that doesn't wait for the end of the body (it is refused) closes the connection, and
    the client may read it to the end: the rest of the body is taken in for a moment.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or BODY_HEADERS.isdisjoint(name for name, _ in scope["headers"]):
            await app(scope, receive, send)
            return
        body = Body(receive)
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
            # The answer is complete for the client; ours is when it has hung up, or time is over.
            await send({**message, "more_body": True})
            await body.drain(LINGER_SECONDS, 64 * LINGER_BYTES)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        await app(scope, body.receive, send_checked)

    return serve
