"""Tracing costs nothing while it is off, and requests keep their names wherever they work."""

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
from services.common.runtime.service import spawned

LOADED = (
    "import sys, {module}; "
    "print([name for name in sys.modules if name.split('.')[0] in {{'opentelemetry', 'google'}}])"
)


@pytest.mark.parametrize(
    "module", ["services.tasks.service", "services.common.events.relay", "gateway.app"]
)
def test_a_process_without_tracing_loads_no_library_for_it(module: str) -> None:
    """Its memory is counted in every process."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOADED.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"


def test_switched_off_there_are_no_spans_and_no_headers() -> None:
    """So nothing is sent along."""
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
def test_a_collector_is_sent_the_spans_over_http(patch: str) -> None:
    """From a process with real threads, and from a service with green ones."""
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
    """Something whose methods block."""

    def where(self) -> tuple[str, int]:
        """The request as a log line there would name it, and the thread."""
        return request_id.get(), threading.get_ident()


def test_what_works_off_the_hub_or_beside_a_call_knows_its_request() -> None:
    """So that the lines it logs have the request's id."""
    request_id.set("of-this-test")
    ident, thread = OffTheHub(Blocking()).where()
    assert ident == "of-this-test"
    assert thread != threading.get_ident()
    assert spawned(request_id.get).wait() == "of-this-test"
