"""gunicorn's threaded worker, whose threads a slow client can't hold for itself.

gthread gives a thread to whoever connects, and the thread waits: for the head, for the body, for
the client to read the answer, each without a limit. Here

* the main loop collects a request's head, and its body if that is small, before a thread is
  given to it; a head that takes longer than ``HEAD_SECONDS`` is not waited for;
* a thread that waits for its client (a large body, a large answer) counts what it waited beyond
  what ``RATE`` excuses. Over ``PROMPT`` seconds of it, it needs one of the few places for slow
  clients or the connection ends; over ``PATIENCE`` seconds it ends in any case;
* while every thread has a request, further ones are refused in the main loop, which costs next to
  nothing, and an idle connection makes room for a new one;
* a request of the usual form takes a shorter way through (see ``plain``);
* a connection that is closed in good order lingers in the main loop too, which gunicorn would
  block for up to two seconds.
"""

from __future__ import annotations

import errno
import re
import select
import selectors
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gunicorn.http.wsgi import Response
from gunicorn.workers.gthread import TConn, ThreadWorker

from gateway import plain

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD_SECONDS: Final = 10.0
HEAD_BYTES: Final = 64 * 1024
BODY_BYTES: Final = 64 * 1024
"""A body up to here is collected without a thread, so this times the connections is memory."""
PIECE: Final = 64 * 1024
RATE: Final = 4 * 1024
"""Bytes a second of a client that owes nothing."""
PROMPT: Final = 1.0
PATIENCE: Final = 60.0
LINGER_SECONDS: Final = 2.0
SOON: Final = 0.01
"""How long a thread waits for a client's next request before the main loop does."""
STICKY_SHARE: Final = 2
"""One of so many threads may wait for a next request."""
SLOW_SHARE: Final = 3
"""One of so many threads may wait for slow clients."""
SPECIAL: Final = (
    "is_ssl",
    "max_requests",
    "accesslog",
    "logconfig",
    "logconfig_dict",
    "logconfig_json",
    "syslog",
    "statsd_host",
)
"""Settings of gunicorn that only its own way through does: TLS, restarts, telling of requests."""
END: Final = b"\r\n\r\n"
LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
OWN_PACE: Final = re.compile(rb"\r\n(transfer-encoding|expect):", re.IGNORECASE)
LAST_ONE: Final = re.compile(rb"\A[^\r]* HTTP/1\.0\r\n|\r\nconnection:[ \t]*close", re.IGNORECASE)
ALWAYS: Final = (b"GET /health/", b"GET /metrics ")
"""Whoever watches is answered however much there is to do."""
NEARLY_FULL: Final = 0.9
REFUSAL: Final = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/json\r\n"
    b"Retry-After: %s\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n%s"
)
HEAD_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Connection: close\r\nContent-Length: 0\r\n\r\n"
)


def awaited(received: bytes | bytearray) -> int | None:
    """How many bytes a request has with its body, 0 if that is not to be collected.

    None while its head isn't there.
    """
    end = received.find(END)
    if end < 0:
        return None
    head = bytes(received[: end + 2])
    length = LENGTH.search(head)
    body = int(length[1]) if length else 0
    return 0 if body > BODY_BYTES or OWN_PACE.search(head) else end + len(END) + body


class Line(socket.socket):
    """A client's socket, on which a thread waits only within bounds.

    ``debt`` is how many seconds the client was waited for beyond what its bytes excuse; nobody
    saves up for later. An answer's head and its small body leave together.
    """

    def __init__(self, accepted: socket.socket, places: threading.BoundedSemaphore) -> None:
        super().__init__(fileno=accepted.detach())
        super().settimeout(0)
        self.places, self.slow = places, False
        self.held = bytearray()
        self.begin()

    def setblocking(self, _flag: bool, /) -> None:
        """The socket never blocks: whoever has to wait does so here."""

    def settimeout(self, _value: float | None, /) -> None:
        """The same."""

    def begin(self) -> None:
        """A new request: nothing is owed."""
        self.debt, self.patience = 0.0, PATIENCE

    def end(self) -> None:
        """The request is over; send what is left to send and give back the place."""
        try:
            self.flush()
        finally:
            if self.slow:
                self.slow = False
                self.places.release()

    def hurry(self) -> None:
        """What is still to come has to come soon."""
        self.patience = min(self.patience, self.debt + PROMPT)

    def at_once(self) -> bytes:
        """What has come. Raises BlockingIOError if nothing has."""
        return super().recv(PIECE)

    def soon(self) -> bytes:
        """What comes within moments; nothing if nothing does, or if the connection ended."""
        if self._ready(select.POLLIN, SOON):
            with suppress(OSError):
                return self.at_once()
        return b""

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """As ever. Raises ConnectionResetError for a client that is too slow."""
        self.flush()
        received: bytes = self._patiently(partial(super().recv, size, flags), select.POLLIN)
        return received

    def sendall(self, data: Any, _flags: int = 0, /) -> None:
        """Send, small pieces with what comes after them.

        Raises ConnectionResetError for a client that is too slow.
        """
        if len(data) > PIECE:
            self.flush()
            self._send(data)
            return
        self.held += data
        if len(self.held) > PIECE:
            self.flush()

    def flush(self) -> None:
        """Send what was held back."""
        held, self.held = self.held, bytearray()
        self._send(held)

    def _send(self, data: bytes | bytearray) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._patiently(partial(self.send, rest), select.POLLOUT) :]

    def _patiently(self, act: Callable[[], Any], event: int) -> Any:
        """What ``act`` does when the client lets it."""
        while True:
            try:
                done = act()
            except BlockingIOError:
                began = time.monotonic()
                ready = self._ready(event, PROMPT)
                self.debt += time.monotonic() - began
                if not ready:
                    self._bear()
                continue
            if self.debt:
                size = done if isinstance(done, int) else len(done)
                self.debt = max(0.0, self.debt - size / RATE)
                self._bear()
            return done

    def _ready(self, event: int, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self, event)
        return bool(poll.poll(seconds * 1000))

    def _bear(self) -> None:
        """Go on with a client that owes. Raises ConnectionResetError if it owes too much."""
        if self.debt > PROMPT and not self.slow:
            self.slow = self.places.acquire(blocking=False)
        if self.debt > (self.patience if self.slow else PROMPT):
            raise ConnectionResetError(errno.ECONNRESET, "The client is too slow.")


class Client(TConn):  # type: ignore[misc]
    """A connection, and what it sent before a thread took it on."""

    def __init__(self, worker: Worker, sock: Line, address: Any, server: Any) -> None:
        super().__init__(worker.cfg, sock, address, server)
        self.parser: Any = None
        self.worker, self.received = worker, bytearray()
        self.whole = True
        """Whether the body was collected with the head."""
        self.data_ready = True  # gunicorn's own wait for the first byte is not needed
        self.environ: dict[str, Any] | None = None
        if worker.plainly and isinstance(address, tuple):
            self.environ = plain.environ_of(worker.cfg, address, server)

    def begin(self) -> None:
        """Hand over what was collected to the parser."""
        if not self.initialized:
            self.init()
            self.thorough = self.parser
        request = None
        if self.environ is not None and self.whole:
            request = plain.read(self.received, self.environ)
        if request is not None:
            self.parser = plain.Read(request)
        else:
            self.parser = self.thorough
            self.parser.unreader.unread(bytes(self.received))
        self.received.clear()
        self.sock.begin()

    def end(self) -> None:
        """The request is over."""
        self.parser = self.thorough
        self.sock.end()

    def close(self, graceful: bool = False) -> None:
        """Close; gracefully means that the client may read to the end before."""
        if graceful:
            self.worker.linger(self)
        else:
            super().close()


class Worker(ThreadWorker):  # type: ignore[misc]
    """Threads for requests, the main loop for waiting."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = threading.BoundedSemaphore(max(1, self.cfg.threads // SLOW_SHARE))
        self.lingering: deque[Client] = deque()
        self.working = 0
        """Requests that have a thread or wait for one."""
        special = any(getattr(self.cfg, name) for name in SPECIAL)
        self.plainly = self.cfg.proxy_protocol == "off" and not special
        """Whether nothing is asked of gunicorn that only its own ways do."""

    def load_wsgi(self) -> None:
        """Load the gateway, here only: the master reads this module too, and answers nobody."""
        super().load_wsgi()
        import msgspec

        from gateway import errors, metrics

        self.refused = metrics.REQUESTS.labels("", "", "502")
        self.busy = msgspec.json.encode(errors.said(errors.FULL))
        self.retry = errors.RETRY_SECONDS.encode()

    def accept(self, listener: socket.socket) -> None:
        """Take on a connection, without a thread yet."""
        with suppress(BlockingIOError, ConnectionAbortedError):
            sock, address = listener.accept()
            self.nr_conns += 1
            if self.nr_conns > self.worker_connections * NEARLY_FULL:
                self._make_room()
            line = Line(sock, self.places)
            self._await(Client(self, line, address, listener.getsockname()))

    def _make_room(self) -> None:
        """End the connection that has been idle for longest."""
        for idle in (self.lingering, self.keepalived_conns, self.pending_conns):
            if idle:
                self._let_go(idle.popleft())
                return

    def _await(self, conn: Client) -> None:
        """Look whether a request begins, or goes on."""
        conn.timeout = time.monotonic() + HEAD_SECONDS
        self.pending_conns.append(conn)
        self._watch(conn, self.on_pending_socket_readable)

    def _watch(self, conn: Client, readable: Callable[[Client, socket.socket], None]) -> None:
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(readable, conn))

    def on_client_socket_readable(self, conn: Client, client: socket.socket) -> None:
        """The next request on a kept connection begins."""
        self.keepalived_conns.remove(conn)
        self.poller.unregister(client)
        if self._collect(conn):
            self._await(conn)

    def on_pending_socket_readable(self, conn: Client, client: socket.socket) -> None:
        """More of a request came."""
        self.poller.unregister(client)
        if self._collect(conn):
            self._watch(conn, self.on_pending_socket_readable)
        else:
            self.pending_conns.remove(conn)

    def _collect(self, conn: Client) -> bool:
        """Take what came; whether more is needed. Else it has a thread now, or is closed."""
        try:
            piece = conn.sock.at_once()
        except BlockingIOError:
            return True
        except OSError:
            piece = b""
        conn.received += piece
        size = awaited(conn.received)
        if piece and size is not None and size <= len(conn.received):
            conn.whole = size > 0
            if self.working < self.cfg.threads or conn.received.startswith(ALWAYS):
                self.enqueue_req(conn)
            else:
                self._refuse(conn, size)
            return False
        if piece and (size or len(conn.received) <= HEAD_BYTES):
            return True
        if piece:
            with suppress(OSError):
                conn.sock.send(HEAD_TOO_LARGE)
        self.nr_conns -= 1
        conn.close(graceful=bool(piece))
        return False

    def _refuse(self, conn: Client, size: int) -> None:
        """Say "busy" to a request that was collected, without a thread."""
        self.refused.inc()
        last = size != len(conn.received) or LAST_ONE.search(conn.received) is not None
        word = b"close" if last else b"keep-alive"
        answer = REFUSAL % (self.retry, len(self.busy), word, self.busy)
        conn.received.clear()
        try:
            last = conn.sock.send(answer) < len(answer) or last
        except OSError:
            last = True
        if last:
            self.nr_conns -= 1
            conn.close(graceful=True)
            return
        conn.set_timeout()
        self.keepalived_conns.append(conn)
        self._watch(conn, self.on_client_socket_readable)

    def enqueue_req(self, conn: Client) -> None:
        """Hand a request to the threads."""
        self.working += 1
        super().enqueue_req(conn)

    def finish_request(self, conn: Client, fs: Any) -> None:
        """A thread is done with it."""
        self.working -= 1
        super().finish_request(conn, fs)

    def handle(self, conn: Client) -> Any:
        """Answer a request, on a thread, and those that follow it closely."""
        while True:
            conn.begin()
            try:
                kept = super().handle(conn)
            finally:
                conn.end()
            if not kept or not self._follows(conn):
                return kept

    def _follows(self, conn: Client) -> bool:
        """Whether the next request is there, which saves two changes of threads."""
        if self.working > self.cfg.threads // STICKY_SHARE or not self.alive:
            return False
        conn.received += conn.sock.soon()
        size = awaited(conn.received)
        conn.whole = bool(size)
        return size is not None and 0 < size <= len(conn.received)

    def handle_request(self, req: Any, conn: Client) -> Any:
        """Answer, and say that the connection ends if the body may be left unread."""
        if isinstance(req, plain.Plain):
            return self._answer(req, conn)
        if not conn.whole:
            req.force_close()
        return super().handle_request(req, conn)

    def _answer(self, request: plain.Plain, conn: Client) -> bool:
        """Answer one of the usual form; whether the connection is kept."""
        started: list[Any] = []
        pieces = self.wsgi(request.environ, lambda *given: started.extend(given[:2]))
        try:
            status, headers = started
            full = len(self.keepalived_conns) >= self.max_keepalived
            last = full or not self.alive or not self.cfg.keepalive
            answer = plain.answer(status, headers, pieces, last=last)
            if answer is None:
                return self._stream(Response(request, conn.sock, self.cfg), started, pieces, last)
            for part in answer:
                conn.sock.sendall(part)
            return not last
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    def _stream(self, response: Any, started: list[Any], pieces: Any, last: bool) -> bool:
        """Answer with gunicorn's means; whether the connection is kept."""
        if last:
            response.force_close()
        try:
            response.start_response(*started)
            for piece in pieces:
                response.write(piece)
            response.close()
        except OSError:
            raise
        except Exception as error:
            if not response.headers_sent:
                raise
            self.log.exception("Error handling request")
            raise StopIteration from error  # nothing can be said in the midst of an answer
        return not response.should_close()

    def _keepalive_after(self, conn: Client, keepalive: bool) -> bool:
        conn.sock.hurry()
        return bool(super()._keepalive_after(conn, keepalive))

    def _cap_keepalive(self, deadline: float) -> None:
        """A worker that stops waits no longer for heads than for kept connections."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    # --- the end of a connection -------------------------------------------------------------

    def linger(self, conn: Client) -> None:
        """Say that nothing more comes, and wait in the main loop for the client to hang up.

        Closed at once, a connection with unread bytes is reset, and the answer may be lost.
        """
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            conn.close()
            return
        self.nr_conns += 1
        conn.timeout = time.monotonic() + LINGER_SECONDS
        self.lingering.append(conn)
        self._watch(conn, self._left)

    def _left(self, conn: Client, _client: socket.socket) -> None:
        try:
            if conn.sock.at_once():
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.lingering.remove(conn)
        self._let_go(conn)

    def _let_go(self, conn: Client) -> None:
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Close what has taken too long, at its beginning or at its end."""
        super().murder_pending()
        now = time.monotonic()
        while self.lingering and self.lingering[0].timeout < now:
            self._let_go(self.lingering.popleft())
