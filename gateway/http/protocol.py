"""uvicorn's HTTP/1.1 protocol with limits.

httptools (llhttp, as in Node.js) parses and uvicorn answers. This class adds the limits that they
lack: time and size of a request's head, pipelined requests, the time an answer may remain unread,
and the number of connections. ``docs/resilience.md`` lists every limit and where it is enforced.
uvicorn loads this class through its documented setting ``http``.
"""

from __future__ import annotations

import asyncio
import resource
from collections import OrderedDict, deque
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

import msgspec
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from gateway import metrics
from gateway.http.handover import worker_of

if TYPE_CHECKING:
    from asyncio import TimerHandle

    from gateway.http.handover import Handover

#: Where WebSockets are served.
SOCKETS: Final = b"/socket.io/"
#: The scope's key of the transport.
CONNECTION: Final = "callboard.connection"
#: The scope's key of what a stream wants to have called when its connection ends, or drains.
ENDING: Final = "callboard.ending"
#: Seconds from a request's first byte (or the connection's begin) to the end of its head.
HEAD_SECONDS: Final = 10.0
#: Bytes of a head.
HEAD_BYTES: Final = 64 * 1024
HEADER_COUNT: Final = 100
#: Pipelined requests that may be queued on a connection.
PIPELINED: Final = 32
#: Seconds that an answer may remain unread, plus the time that its size takes at RATE.
UNREAD_SECONDS: Final = 30.0
#: Bytes a second below which a client counts as stalled.
RATE: Final = 4 * 1024
#: Seconds a client has to disconnect after the last answer.
LINGER_SECONDS: Final = 2.0
#: Seconds in which a kept-alive connection may still send a request during a shutdown.
DRAIN_SECONDS: Final = 1.0
#: Connections of one process, if the limit of open files (raised by ``gunicorn.conf.py``) allows.
CONNECTIONS: Final = 8000
#: The share of the open files that may be connections.
SHARE: Final = 0.8

MESSAGES: Final = {
    HTTPStatus.BAD_REQUEST: "The request is not valid HTTP/1.1.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The head of the request is too large.",
    HTTPStatus.BAD_GATEWAY: "The gateway has too many connections.",
}


def refusal(status: HTTPStatus) -> bytes:
    """The bytes of an error response that closes the connection."""
    body = msgspec.json.encode({"error": True, "message": MESSAGES[status]})
    head = f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
    retry = "retry-after: 2\r\n" if status is HTTPStatus.BAD_GATEWAY else ""
    return STATUS_LINE[status] + f"{head}{retry}\r\n".encode() + body


def _connections() -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = files == resource.RLIM_INFINITY
    return CONNECTIONS if unlimited else min(CONNECTIONS, int(files * SHARE))


def _nothing() -> None:
    """Do nothing: the answer is no stream."""


class _Refused(Exception):
    """Raised through the parser, to refuse the request."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection."""

    limit: ClassVar[int] = _connections()
    #: Idle kept-alive connections, the longest idle first.
    idle: ClassVar[OrderedDict[BoundedProtocol, None]] = OrderedDict()
    #: Passes connections to other workers; None where there are no others.
    handover: ClassVar[Handover | None] = None
    #: What uvicorn makes connections with.
    options: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        BoundedProtocol.options = kwargs
        self._upgraded = False
        #: The request under way, and those queued behind it.
        self._unanswered: deque[RequestResponseCycle] = deque()
        self._head_bytes = 0
        self._in_head = True
        self._ended = self._draining = False
        self._status = HTTPStatus.BAD_REQUEST
        self._head_timer: TimerHandle | None = None
        self._unread_timer: TimerHandle | None = None
        self._end_timer: TimerHandle | None = None

    @property
    def _latest(self) -> RequestResponseCycle | None:
        """The latest request; uvicorn's type forgets that at first there is none."""
        return cast("RequestResponseCycle | None", self.cycle)

    # --- the connection -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection; over the limit, close the one that has been idle for longest."""
        super().connection_made(transport)
        if len(self.connections) > self.limit:
            if not self.idle:
                self._end(HTTPStatus.BAD_GATEWAY)
                return
            oldest, _ = self.idle.popitem(last=False)
            oldest.transport.close()
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel all timers, and answer no request any more."""
        self.idle.pop(self, None)
        for timer in (self._head_timer, self._unread_timer, self._end_timer):
            if timer is not None:
                timer.cancel()
        self._end_stream()
        # uvicorn knows of the newest only: others would be answered into a closed connection.
        for cycle in self._unanswered:
            cycle.disconnected = True
            cycle.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def _await_head(self) -> None:
        self._in_head, self._head_bytes = True, 0
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    # --- requests -------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Parse; refuse a head that is too large."""
        if self._ended:
            return  # refused: discard the rest
        self.idle.pop(self, None)
        if self.handover is not None and self._is_handed_over(self.handover, data):
            return
        super().data_received(data)
        if self._upgraded:
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
                self.send_400_response("")
        elif self._is_idle() and self.timeout_keep_alive_task is None:
            self._await_request()  # blank lines between requests don't keep a connection

    def _is_handed_over(self, handover: Handover, data: bytes) -> bool:
        """Whether a new request is of another worker's session, which has the connection now."""
        is_first = self._latest is None and not self._head_bytes
        worker = worker_of(data) if is_first or self._is_idle() else None
        return worker is not None and handover.pass_on(worker, self.transport, data)

    def _should_upgrade(self) -> bool:
        """Whether it is a WebSocket of ``/socket.io/``; other upgrades are answered as HTTP."""
        return self.url.startswith(SOCKETS) and super()._should_upgrade()

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to the WebSocket protocol."""
        self._upgraded = True
        if self._unread_timer is not None:
            self._unread_timer.cancel()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        """Start the timer of the head."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """Check the complete head, then answer, or queue behind earlier requests."""
        self._in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if self.parser.get_http_version() == "1.1" and self._hosts() != 1:
            raise _Refused  # request smuggling: proxies could disagree on which Host counts
        if size > HEAD_BYTES or len(self.headers) > HEADER_COUNT:
            self._status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise _Refused
        if len(self.pipeline) >= PIPELINED:
            raise _Refused
        if self.parser.should_upgrade() and self._should_upgrade():
            if not self._is_answered():
                raise _Refused  # its answers would be mixed up with the frames
            super().on_headers_complete()
            return
        # For streams, which must notice a client that has gone: sending raises nothing.
        self.scope[CONNECTION] = self.transport  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()
        self._unanswered.append(self.cycle)
        if self._draining or self.parser.should_upgrade():
            self.cycle.keep_alive = False  # after an unsupported upgrade, HTTP may not follow

    def _hosts(self) -> int:
        return sum(name == b"host" for name, _ in self.headers)

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client has closed its sending side; it may still read its answers."""
        cycle = self._latest
        if self._ended or cycle is None or cycle.response_complete:
            return False
        if cycle.more_body:
            self.send_400_response("")
        else:
            cycle.keep_alive = False
        return True

    def _unsupported_upgrade_warning(self) -> None:
        """Don't log: browsers and curl offer upgrades unasked."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what can't be parsed, after the answers to earlier requests."""
        del msg
        cycle = self._latest
        if cycle is not None and not cycle.response_complete and cycle.more_body:
            # The malformed part is the body of a request that is being handled.
            if self.pipeline and self.pipeline[0][0] is cycle:
                self.pipeline.popleft()
                self._refuse_last()
                return
            cycle.disconnected = True  # the application's answer is not sent
            cycle.message_event.set()
            if cycle.response_started:
                self.transport.abort()
                return
        elif cycle is not None and not cycle.response_complete:
            self._refuse_last()
            return
        self._end(self._status)

    def _refuse_last(self) -> None:
        """Queue the refusal behind the earlier requests."""
        self._ended = True
        status = self._status

        async def refuse(_scope: Any, _receive: Any, _send: Any) -> None:
            self._end(status)

        last = RequestResponseCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=[],
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=False,
            on_response=lambda: None,
        )
        last.disconnected = True  # writes nothing itself: ``refuse`` does
        self.pipeline.appendleft((last, refuse))

    def _end(self, status: HTTPStatus) -> None:
        """Send the refusal, and give the client time to read it.

        Closed at once, a connection with unread bytes is reset, and the answer may be lost.
        """
        self._ended = True
        if self.transport.is_closing():
            return
        metrics.REFUSALS.labels(f"http-{status.value}").inc()
        self.transport.write(refusal(status))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self._end_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    # --- responses ------------------------------------------------------------------------------

    def on_response_complete(self) -> None:
        """Start the next queued request, or become idle."""
        self._unanswered.popleft()
        super().on_response_complete()
        if self._is_idle():
            self.idle[self] = None
            if self._draining:
                self.transport.close()

    def pause_writing(self) -> None:
        """Start the timer of an answer that the client reads too slowly."""
        super().pause_writing()
        allowed = UNREAD_SECONDS + self.transport.get_write_buffer_size() / RATE
        self._unread_timer = self.loop.call_later(allowed, self.transport.abort)

    def resume_writing(self) -> None:
        """Cancel that timer: the client has caught up."""
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None
        super().resume_writing()

    def _is_answered(self) -> bool:
        """Whether all requests so far have been answered."""
        return (self._latest is None or self._latest.response_complete) and not self.pipeline

    def _is_idle(self) -> bool:
        return self._is_answered() and not self._in_head and not self.transport.is_closing()

    def _await_request(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def shutdown(self) -> None:
        """Close gracefully: requests in progress are answered.

        An idle connection stays open for ``DRAIN_SECONDS``, since the client may be sending a
        request at this moment.
        """
        self._draining = True
        self._end_stream()
        if self._is_idle() or (self._latest is None and not self._head_bytes):
            self._end_timer = self.loop.call_later(DRAIN_SECONDS, self._close_if_idle)
        elif self._latest is not None and not self._latest.response_complete:
            self._latest.keep_alive = False

    def _end_stream(self) -> None:
        """End a stream, which would go on for ever."""
        if self._unanswered:
            scope = cast("dict[str, Any]", self._unanswered[0].scope)
            scope.get(ENDING, _nothing)()

    def _close_if_idle(self) -> None:
        if self._latest is None or self._latest.response_complete:
            self.transport.close()


def accepted() -> BoundedProtocol:
    """A connection that another worker has accepted."""
    # A worker whose sessions others know of has had connections of its own.
    return BoundedProtocol(**BoundedProtocol.options)
