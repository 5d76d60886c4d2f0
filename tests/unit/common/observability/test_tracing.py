"""Tracing: free while it is off; request ids on threads and green threads."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import pytest

from services.common.files.storage_access import OffTheHub
from services.common.observability import tracing
from services.common.observability.log import request_id
from services.common.runtime.spawned import spawned

LOADED = (
    "import sys, {module}; "
    "print([name for name in sys.modules if name.split('.')[0] in {{'opentelemetry', 'google'}}])"
)


@pytest.mark.parametrize(
    "module", ["services.tasks.service", "services.common.events.relay", "gateway.app"]
)
def test_without_tracing_opentelemetry_is_not_imported(module: str) -> None:
    """It would take memory in every process."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOADED.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"


def test_without_tracing_there_are_no_spans_and_no_headers() -> None:
    """So nothing is propagated."""
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with tracing.span("x", "server", parent):
        assert tracing.headers() == {}
        assert tracing.traceparent() is None
    tracing.end(tracing.begin("x", "server", parent))


SENDING: Final = """
{patch}
from services.common.observability import tracing
tracing.configure("tasks", "{endpoint}")
with tracing.span("a request", "server"):
    with tracing.span("a statement", "client", statement="SELECT 1"):
        pass
assert tracing._spans.provider.force_flush(10_000)
"""


@pytest.mark.parametrize("patch", ["", "import eventlet; eventlet.monkey_patch()"])
def test_spans_are_exported_over_http(patch: str) -> None:
    """From native threads and from green ones."""
    received: list[tuple[str, str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            received.append((self.path, self.headers["Content-Type"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SENDING.format(patch=patch, endpoint=endpoint)],
            check=True,
            timeout=60,
        )
        server.shutdown()
    paths = {path for path, _, _ in received}
    assert paths == {"/v1/traces"}
    assert {kind for _, kind, _ in received} == {"application/x-protobuf"}
    sent = b"".join(body for _, _, body in received)
    for text in (b"a request", b"a statement", b"SELECT 1", b"tasks", b"callboard"):
        assert text in sent


class Blocking:
    """An object whose methods block."""

    def where(self) -> tuple[str, int]:
        """The request as a log line there would name it, and the thread."""
        return request_id.get(), threading.get_ident()


def test_work_on_other_threads_keeps_the_request_id() -> None:
    """So that its log lines have it."""
    request_id.set("of-this-test")
    ident, thread = OffTheHub(Blocking()).where()
    assert ident == "of-this-test"
    assert thread != threading.get_ident()
    assert spawned(request_id.get).wait() == "of-this-test"
