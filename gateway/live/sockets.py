"""Socket.IO: the events of ``/events`` under their names, with their payloads as documented."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import engineio
import engineio.payload
import falcon.asgi
import socketio

from gateway import metrics
from gateway.http.handover import session_id
from gateway.http.protocol import CONNECTION, ENDING
from gateway.live.event import NAMESPACE
from gateway.live.feed import Feed
from gateway.live.filters import DOCUMENTED
from gateway.live.listeners import Ended
from services.common.errors import ServiceError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gateway.http.pace import App, Message, Receive, Scope, Send
    from gateway.live.event import LiveEvent
    from gateway.live.hub import Hub
    from gateway.live.listeners import Listener
    from gateway.places import Places

log = logging.getLogger(__name__)

#: The path of the transport, at the root of the host.
PATH: Final = "/socket.io"
#: The label of its metrics.
SOCKET: Final = "socket"
#: Seconds between pings, and for their answers; bytes of a message from a client.
PING_SECONDS, PONG_SECONDS = 25, 20
MAX_MESSAGE: Final = 1_000_000
#: Packets that may wait for a client, which share their texts with those of other clients, and
#: seconds between looks at whether it has read some.
QUEUED: Final = 500
LOOK_SECONDS: Final = 0.1
#: Seconds between attempts to read the history while it is away.
RETRY_SECONDS: Final = 1.0
WAIT_SECONDS: Final = 60.0
#: Seconds after which a session has sent what it had, unless its connection is full.
CALM_SECONDS: Final = 0.5
#: The scope's key of a WebSocket's transport.
UPGRADED: Final = "callboard.websocket"
SENT: Final = metrics.LIVE_SENT.labels(SOCKET)
HEADERS: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
#: Of a poll; more are an error, which would drop those of a client that sends many small ones.
engineio.payload.Payload.max_decode_packets = 200


class Connection:
    """A client of ``/events``."""

    def __init__(self, sid: str, session: Any, feed: Feed) -> None:
        self.sid, self.session, self.feed = sid, session, feed
        self.packets: asyncio.Queue[Any] = session.queue
        self.task: asyncio.Task[None] | None = None
        #: That of the WebSocket; None while it polls.
        self.transport: asyncio.Transport | None = None
        self._queued = asyncio.get_running_loop().time()
        feed.send_now = self._send_now

    def queue(self, events: Sequence[LiveEvent]) -> None:
        """Leave events to the session, which sends them after what it has."""
        self._queued = asyncio.get_running_loop().time()
        for event in events:
            self.packets.put_nowait(event.packet)
        SENT.inc(len(events))

    def _send_now(self, events: Sequence[LiveEvent]) -> bool:
        """Write frames beside the session, if it has nothing to send that should come before."""
        transport = self.transport
        if (
            transport is None
            or not self.session.upgraded
            or self.packets.qsize()
            or transport.is_closing()
            or transport.get_write_buffer_size()
            # Its writer may hold packets, which are neither in the queue any more nor written.
            or asyncio.get_running_loop().time() - self._queued < CALM_SECONDS
        ):
            return False
        transport.write(b"".join([event.text_frame for event in events]))
        SENT.inc(len(events))
        return True

    @property
    def listener(self) -> Listener:
        """Who it is."""
        return self.feed.listener


class Transport(engineio.AsyncServer):  # type: ignore[misc]
    """python-engineio's server, which waits for no client that it disconnects."""

    async def disconnect(self, sid: str | None = None) -> None:
        """Close a session.

        The library waits until the client has read that: one that polls no more would be waited
        for for ever, by the request with its fault, too.
        """
        session = self.sockets.pop(sid, None)
        if session is not None:
            await session.close(wait=False, reason=self.reason.SERVER_DISCONNECT)


class Server(socketio.AsyncServer):  # type: ignore[misc]
    """python-socketio's server, with messages from clients only where there is a handler."""

    def _engineio_server_class(self) -> type[Transport]:
        return Transport

    async def _handle_event(self, eio_sid: str, namespace: str, ident: Any, data: Any) -> None:
        # A client could call ``connect`` as well, with a request of its own making.
        name = data[0] if isinstance(data, list) and data else None
        if not isinstance(name, str) or name in self.reserved_events:
            return
        try:
            await super()._handle_event(eio_sid, namespace, ident, data)
        except Exception:
            log.exception("the message %s of a socket failed", name)


class Sockets:
    """The Socket.IO side of live events; ``places`` bounds its connections."""

    def __init__(self, hub: Hub, places: Places, origins: set[str]) -> None:
        self.hub, self.places, self.origins = hub, places, origins
        quiet = logging.getLogger(f"{__name__}.library")
        # It logs what clients send it, valid or not.
        quiet.setLevel(logging.CRITICAL + 1)
        self.server = Server(
            async_mode="asgi",
            # In the order of their arrival.
            async_handlers=False,
            ping_interval=PING_SECONDS,
            ping_timeout=PONG_SECONDS,
            max_http_buffer_size=MAX_MESSAGE,
            cors_allowed_origins=self._is_allowed,
            http_compression=False,
            logger=quiet,
            engineio_logger=quiet,
        )
        self.server.eio.generate_id = session_id
        # gazu opens this namespace, too: anybody may, and hears nothing.
        self.server.on("connect", _accept, namespace="/")
        self.server.on("connect", self._connect, namespace=NAMESPACE)
        self.server.on("disconnect", self._disconnected, namespace=NAMESPACE)
        self.connections: dict[str, Connection] = {}
        self._transports: dict[str, asyncio.Transport] = {}
        #: Told a connection whose person was read anew, and one that has gone.
        self.changed: list[Callable[[Connection], None]] = []
        self.leaving: list[Callable[[Connection], None]] = []

    # --- HTTP -----------------------------------------------------------------------------------

    def beside(self, app: App) -> App:
        """An application that serves the sockets' path here, and the others by ``app``."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope.get("path", "")
            if path == PATH or path.startswith(PATH + "/"):
                await self._serve(scope, receive, send)
            else:
                await app(scope, receive, send)

        return serve

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        session = _session_of(scope)
        if session is None and len(self.server.eio.sockets) >= self.places.count:
            await _refuse(scope, send)
            return
        if scope["type"] == "websocket":
            await self._serve_websocket(session, scope, receive, send)
            return
        if session is not None:
            scope[ENDING] = lambda: self._ended(session)
        await self.server.handle_request(scope, receive, send_with_headers)

    async def _serve_websocket(
        self, session: str | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        transport = scope[UPGRADED] = scope.get(CONNECTION)
        if session is None or transport is None:
            await self.server.handle_request(scope, receive, send)
            return
        # Of a session that polled before.
        self._transports[session] = transport
        for connection in self.connections.values():
            if connection.session.sid == session:
                connection.transport = transport
        try:
            await self.server.handle_request(scope, receive, send)
        finally:
            self._transports.pop(session, None)

    def _ended(self, session: str) -> None:
        """The connection of a poll ended before it was answered, or this process ends."""
        asyncio.get_running_loop().create_task(self.server.eio.disconnect(session))

    def _is_allowed(self, origin: str, environ: Mapping[str, str]) -> bool:
        """Whether a page may connect with its browser's cookie: ours, and those of CORS_ORIGINS."""
        hosts = {environ.get("HTTP_HOST"), environ.get("HTTP_X_FORWARDED_HOST")}
        return origin in self.origins or urlsplit(origin).netloc in hosts

    # --- connections ----------------------------------------------------------------------------

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: Any = None) -> bool:
        """Accept a client with a valid token, whose events begin now."""
        try:
            self.places.take()
        except Unavailable:
            return False
        try:
            feed = await self._feed(environ["asgi.scope"], auth)
        except ServiceError:
            self.places.give_back()
            return False
        eio_sid = self.server.manager.eio_sid_from_sid(sid, NAMESPACE)
        session = self.server.eio.sockets.get(eio_sid)
        if session is None:  # gone meanwhile
            feed.close()
            self.places.give_back()
            return False
        connection = self.connections[sid] = Connection(sid, session, feed)
        connection.transport = self._transports.get(eio_sid) or environ["asgi.scope"].get(UPGRADED)
        feed.changed = lambda: self._tell(self.changed, connection)
        connection.task = asyncio.get_running_loop().create_task(self._deliver(connection))
        metrics.LIVE.labels(SOCKET).inc()
        return True

    async def _feed(self, scope: Scope, auth: Any) -> Feed:
        """The feed of a request's person. Raises Unauthenticated … Unavailable."""
        await self.hub.ready()
        listeners = self.hub.listeners
        token = auth.get("token") if isinstance(auth, dict) else None
        async with listeners.turn:
            if isinstance(token, str):
                identity = await listeners.authenticator.of_token(token)
            else:
                request = falcon.asgi.Request(scope, _nothing)
                identity = await listeners.authenticator.identify(request)
        return Feed(self.hub, await listeners.join(identity), DOCUMENTED)

    async def _deliver(self, connection: Connection) -> None:
        """Send the events until the connection ends; cut it off when its person may not hear."""
        feed, packets = connection.feed, connection.packets
        while not feed.stopped:
            try:
                batch = await feed.next(WAIT_SECONDS)
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            except Ended:
                await self.cut(connection)
                return
            connection.queue(batch.events)
            # It holds no more for a client that doesn't read; such a one is disconnected for not
            # answering pings, or by its connection.
            while packets.qsize() > QUEUED and not feed.stopped:  # noqa: ASYNC110 - tells nobody
                await asyncio.sleep(LOOK_SECONDS)

    async def cut(self, connection: Connection) -> None:
        """Tell a client that it is disconnected, and close its connection."""
        eio_sid = self.server.manager.eio_sid_from_sid(connection.sid, NAMESPACE)
        await self.server.disconnect(connection.sid, namespace=NAMESPACE)
        await self.server.eio.disconnect(eio_sid)

    async def _disconnected(self, sid: str, reason: str) -> None:
        connection = self.connections.pop(sid, None)
        if connection is not None:
            if reason == self.server.reason.CLIENT_DISCONNECT and not connection.session.upgraded:
                # Ends the open poll: a client that leaves waits for its answer, else the next ping.
                connection.packets.put_nowait(None)
            self._tell(self.leaving, connection)
            connection.feed.close()
            metrics.LIVE.labels(SOCKET).dec()
            self.places.give_back()

    @staticmethod
    def _tell(told: Iterable[Callable[[Connection], None]], connection: Connection) -> None:
        for one in told:
            one(connection)


async def _accept(_sid: str, _environ: Mapping[str, Any], _auth: Any = None) -> bool:
    return True


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _session_of(scope: Scope) -> str | None:
    """The session that a request is of."""
    query: bytes = scope.get("query_string", b"")
    pairs = (part.partition(b"=") for part in query.split(b"&"))
    return next((value.decode("latin-1") for name, _, value in pairs if name == b"sid"), None)


async def _refuse(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1013})
        return
    headers = [(b"retry-after", b"2"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 502, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
