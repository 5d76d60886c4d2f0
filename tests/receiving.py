"""A receiver of webhooks that verifies what it gets."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook as Verifier

from tests.running import until

Manner = Callable[["Handler"], None]


class Receiver(ThreadingHTTPServer):
    """Records requests, and answers each in the next manner; then with 200."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, *manners: Manner) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.manners = list(manners)
        self.requests: list[tuple[dict[str, str], bytes]] = []
        #: Those that were answered with 200.
        self.taken: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/hook"
        self.secret = ""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet: senders close connections, too."""

    def wait(self, count: int, seconds: float = 40.0) -> list[int]:
        """Wait until so many events were taken; returns their positions, each once."""
        until(lambda: len({one["id"] for one in self.taken}) >= count, seconds, f"{count} events")
        return list(dict.fromkeys(one["position"] for one in self.taken))


class Handler(BaseHTTPRequestHandler):
    """Answers one request after the other, on a connection that is kept."""

    protocol_version = "HTTP/1.1"
    # Else the body of an answer waits for the acknowledgement of its headers.
    disable_nagle_algorithm = True
    server: Receiver

    def do_POST(self) -> None:
        """Take an event, or misbehave."""
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((headers, body))
        if self.server.manners:
            self.server.manners.pop(0)(self)
            return
        event = Verifier(self.server.secret).verify(body, headers)
        self.server.taken.append({**event, "headers": headers})
        self.answer(200, b"thanks")

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer."""
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep quiet."""
