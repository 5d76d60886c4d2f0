"""Handing a connection over to another worker of this gateway.

A socket session that polls lives in the worker where it began, but the kernel gives each new
connection to any of them. So the session's id names its worker, and a worker that gets a request of
another's session passes the connection on: its file descriptor, and what it has read of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import secrets
import socket
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)

#: The request line of a session, and the number of its worker.
SESSION: Final = re.compile(rb"[A-Z]+ /socket\.io/?\?(?:[^ ]*&)?sid=(\d{1,9})\.")
#: Bytes that may have been read of the request, and seconds for passing them on.
MAX_READ: Final = 256 * 1024
SECONDS: Final = 0.5
BACKLOG: Final = 1024
#: Bytes of the length that comes first.
LENGTH: Final = 4


def session_id() -> str:
    """A new session's id, which names this worker."""
    return f"{os.getpid()}.{secrets.token_urlsafe(15)}"


def worker_of(data: bytes) -> int | None:
    """The worker whose session a request is of, if it is one of a session."""
    found = SESSION.match(data)
    return int(found[1]) if found else None


class Handover:
    """Passes connections to other workers, and takes those that they pass; ``folder`` is theirs."""

    def __init__(self, folder: Path, protocol: Callable[[], asyncio.Protocol]) -> None:
        self.folder, self._protocol = folder, protocol
        self._listening: socket.socket | None = None
        self._taking: set[asyncio.Task[None]] = set()

    def _path(self, worker: int) -> str:
        return str(self.folder / f"{worker}.sock")

    def start(self) -> None:
        """Take connections from now on."""
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.settimeout(0)
        self._listening.bind(self._path(os.getpid()))
        self._listening.listen(BACKLOG)
        asyncio.get_running_loop().add_reader(self._listening.fileno(), self._accept)

    def stop(self) -> None:
        """Take no more."""
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening.fileno())
            self._listening.close()
            with contextlib.suppress(OSError):
                os.unlink(self._path(os.getpid()))  # noqa: PTH108 - a path that was bound as text
            self._listening = None

    def pass_on(self, worker: int, transport: asyncio.Transport, data: bytes) -> bool:
        """Pass a connection on; False where that worker has ended, or this is it."""
        if worker == os.getpid() or len(data) > MAX_READ:
            return False
        transport.pause_reading()
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(SECONDS)
                line.connect(self._path(worker))
                line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MAX_READ + LENGTH)
                whole = len(data).to_bytes(LENGTH, "big") + data
                sent = socket.send_fds(line, [whole], [transport.get_extra_info("socket").fileno()])
                # Not with nothing: the other one may have read all, and closed.
                if sent < len(whole):
                    line.sendall(whole[sent:])
        except OSError:
            transport.resume_reading()
            return False
        # Closes our descriptor only: the connection lives on in the other process.
        transport.abort()
        return True

    def _accept(self) -> None:
        assert self._listening is not None
        with contextlib.suppress(BlockingIOError):
            line, _ = self._listening.accept()
            with line:
                line.settimeout(SECONDS)
                self._take(line)

    def _take(self, line: socket.socket) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(line, MAX_READ + LENGTH, 1)
            while len(data) < LENGTH + int.from_bytes(data[:LENGTH], "big"):
                piece = line.recv(MAX_READ)
                if not piece:
                    break
                data += piece
            taken = socket.socket(fileno=descriptors[0])
        except (OSError, IndexError) as error:
            log.warning("a connection could not be taken from another worker: %s", error)
            return
        task = asyncio.get_running_loop().create_task(self._serve(taken, data[LENGTH:]))
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    async def _serve(self, taken: socket.socket, data: bytes) -> None:
        """Serve a connection as if it had been accepted here."""
        taken.settimeout(0)
        protocol: Any = self._protocol()
        connection_made = protocol.connection_made

        def made(transport: asyncio.Transport) -> None:
            connection_made(transport)
            # Before anything that the client sends after it.
            protocol.data_received(data)

        protocol.connection_made = made
        with contextlib.suppress(OSError):
            loop = asyncio.get_running_loop()
            await loop.connect_accepted_socket(lambda: protocol, taken)
