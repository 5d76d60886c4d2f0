"""Clients of live events."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from typing import Any

import requests
import socketio

from tests.running import Caller, until


class Stream:
    """A client of ``GET /events/stream`` that reads on a thread until it is closed or cut off."""

    def __init__(self, caller: Caller, path: str = "/events/stream", **headers: str) -> None:
        self.events: list[dict[str, Any]] = []
        self.gaps: list[dict[str, int]] = []
        #: The id of the last event, as a browser would send it when it reconnects.
        self.last = ""
        self.ended = threading.Event()
        self.answer = caller.session.get(
            caller.base + path, headers=headers, stream=True, timeout=30
        )
        assert self.answer.status_code == 200, self.answer.text
        lines = self.answer.iter_lines(chunk_size=None)
        assert next(lines).startswith(b"retry:")
        self._thread = threading.Thread(target=self._read, args=(lines,), daemon=True)
        self._thread.start()

    def _read(self, lines: Any) -> None:
        fields: dict[str, str] = {}
        try:
            for line in lines:
                name, _, value = line.decode().partition(": ")
                if line:
                    fields[name] = value
                    continue
                if "data" in fields:
                    self._take(fields)
                fields = {}
        except (requests.RequestException, AttributeError, ValueError):
            pass  # closed
        finally:
            self.ended.set()

    def _take(self, fields: dict[str, str]) -> None:
        data = json.loads(fields["data"])
        self.last = fields["id"]
        if fields["event"] == "gap":
            self.gaps.append(data)
            return
        assert (data["position"], data["name"]) == (int(fields["id"]), fields["event"])
        self.events.append(data)

    @property
    def names(self) -> list[str]:
        """The names of the events so far."""
        return [event["name"] for event in self.events]

    @property
    def positions(self) -> list[int]:
        """The positions of the events so far."""
        return [event["position"] for event in self.events]

    def wait_for(self, name: str, **data: Any) -> dict[str, Any]:
        """The first event of that name whose payload has this."""

        def found() -> dict[str, Any] | None:
            return next(
                (e for e in self.events if e["name"] == name and data.items() <= e["data"].items()),
                None,
            )

        event: dict[str, Any] = until(found, 10, f"{name} {data}, after {self.names}")
        return event

    def close(self) -> None:
        """Leave."""
        # Closing waits for the thread that reads, which waits for the next beat of the stream.
        with suppress(Exception):
            self.answer.raw._fp.fp.raw._sock.shutdown(socket.SHUT_RDWR)  # noqa: SLF001 - requests shows it nowhere
        self.answer.close()
        self._thread.join()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class LiveClient(socketio.Client):
    """A Socket.IO client that doesn't reconnect, and is disconnected at the block's end."""

    def __init__(self) -> None:
        super().__init__(reconnection=False)

    def disconnect(self) -> None:
        """Leave, and close what the library leaves open: a connection that the server ended."""
        super().disconnect()
        if self.eio.ws is not None:
            self.eio.ws.shutdown()

    def __enter__(self) -> LiveClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.disconnect()


def position(caller: Caller) -> int:
    """The position of the newest event."""
    found: int = caller.get("/events").json()["next"]
    return found


def poll(caller: Caller, **query: Any) -> dict[str, Any]:
    """One long poll."""
    answer = caller.get("/events", params=query, timeout=70)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
