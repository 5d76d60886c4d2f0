"""A fake broker: it opens connections as RabbitMQ does, then follows a script."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pamqp.frame
import pamqp.header
from pamqp import body as content_body
from pamqp import commands, heartbeat
from pamqp.commands import Basic, Channel, Connection, Queue

from services.common.wire.frames import PROTOCOL

OPENING: dict[type, Callable[[], Any]] = {
    Connection.StartOk: lambda: Connection.Tune(2047, 131_072, 60),
    Connection.Open: Connection.OpenOk,
    Channel.Open: Channel.OpenOk,
    Channel.Flow: lambda: Channel.FlowOk(active=True),
    Connection.Close: Connection.CloseOk,
}
ON_CONNECTION = (Connection.Tune, Connection.OpenOk, Connection.CloseOk, Connection.Start)


def marshalled(*frames: Any, channel: int = 1) -> bytes:
    """The bytes of frames."""
    return b"".join(
        pamqp.frame.marshal(frame, 0 if isinstance(frame, ON_CONNECTION) else channel)
        for frame in frames
    )


def delivery(tag: str, number: int, body: bytes, **properties: Any) -> bytes:
    """The bytes that deliver a message to a consumer."""
    address = Basic.Deliver(tag, number, redelivered=False, exchange="", routing_key="key")
    return marshalled(address) + content(body, **properties)


def content(body: bytes, **properties: Any) -> bytes:
    """The header and the body of a message."""
    header = pamqp.header.ContentHeader(0, len(body), Basic.Properties(**properties))
    pieces = [body[at : at + 100_000] for at in range(0, len(body), 100_000)]
    return marshalled(header, *(content_body.ContentBody(piece) for piece in pieces))


def answer(frame: Any) -> bytes:
    """The replies that open a connection."""
    if type(frame) in OPENING:
        return marshalled(OPENING[type(frame)]())
    if isinstance(frame, Basic.Cancel):
        return marshalled(Basic.CancelOk(frame.consumer_tag))
    if isinstance(frame, Queue.Unbind):
        return marshalled(Queue.UnbindOk())
    return b""


class Client:
    """An accepted connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.frames: list[Any] = []
        self.came = threading.Condition()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        with suppress(OSError):
            self.sock.sendall(data)

    def wait_for(self, kind: type, count: int = 1, seconds: float = 5.0) -> list[Any]:
        """Wait for that many frames of a type."""
        with self.came:
            result = self.came.wait_for(lambda: len(self.of(kind)) >= count, seconds)
        assert result, f"{count} {kind} did not come: {self.frames}"
        return self.of(kind)

    def of(self, kind: type) -> list[Any]:
        """The frames of a type so far."""
        return [frame for frame in self.frames if isinstance(frame, kind)]

    def close(self) -> None:
        """End the connection."""
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


class FakeBroker:
    """A listening broker; ``answering`` returns the bytes to send for each frame."""

    def __init__(self, answering: Callable[[Any], bytes] = answer) -> None:
        self.answering = answering
        self.clients: list[Client] = []
        self._came = threading.Condition()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def uri(self) -> str:
        """Its AMQP URI."""
        return f"amqp://u:p@127.0.0.1:{self._socket.getsockname()[1]}/"

    def client(self, number: int = 0, seconds: float = 5.0) -> Client:
        """The connection with that index, once it is open."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.clients) > number, seconds), "no client"
            return self.clients[number]

    def stop(self) -> None:
        """Close everything."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for client in self.clients:
            client.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            client = Client(sock)
            with self._came:
                self.clients.append(client)
                self._came.notify_all()
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: Client) -> None:
        with suppress(OSError):
            buffer = b""
            while chunk := client.sock.recv(1 << 20):
                buffer += chunk
                if buffer.startswith(PROTOCOL):
                    buffer = buffer.removeprefix(PROTOCOL)
                    start = Connection.Start(server_properties={}, mechanisms="PLAIN")
                    client.send(marshalled(start))
                buffer = self._take(client, buffer)

    def _take(self, client: Client, buffer: bytes) -> bytes:
        while len(buffer) >= 8:
            size = 8 + int.from_bytes(buffer[3:7])
            if len(buffer) < size:
                break
            frame: Any = heartbeat.Heartbeat()
            if buffer[0] != 8:
                _, _, frame = pamqp.frame.unmarshal(buffer[:size])
            buffer = buffer[size:]
            with client.came:
                client.frames.append(frame)
                client.came.notify_all()
            client.send(self.answering(frame))
        return buffer


@contextmanager
def broker(answering: Callable[[Any], bytes] = answer) -> Iterator[FakeBroker]:
    """A broker for the duration of a block."""
    found = FakeBroker(answering)
    try:
        yield found
    finally:
        found.stop()


__all__ = ["Client", "FakeBroker", "answer", "broker", "commands", "content", "delivery"]
