"""Tracing costs nothing while it is off, and requests keep their names wherever they work."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from services.common import tracing
from services.common.files import OffTheHub
from services.common.log import request_id
from services.common.service import spawned

LOADED = (
    "import sys, {module}; "
    "print([name for name in sys.modules if name.split('.')[0] in {{'opentelemetry', 'google'}}])"
)


@pytest.mark.parametrize(
    "module", ["services.tasks.service", "services.common.relay", "gateway.app"]
)
def test_a_process_without_tracing_loads_no_library_for_it(module: str) -> None:
    """Its memory is counted in every process."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOADED.format(module=module)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_switched_off_there_are_no_spans_and_no_headers() -> None:
    """So nothing is sent along."""
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with tracing.span("x", "server", parent):
        assert tracing.headers() == {}
        assert tracing.traceparent() is None
    tracing.end(tracing.begin("x", "server", parent))


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
