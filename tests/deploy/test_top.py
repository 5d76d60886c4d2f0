"""``make top``: one picture, the live view, and what it says when there is nothing to see."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.scrape import Between, Scrape
from deploy.top import address
from services.common.wire.topology import SERVICES
from tests.system import System, free_port, until

COMMAND = [sys.executable, "-m", "deploy.top"]


def once(**environ: str) -> subprocess.CompletedProcess[str]:
    """One picture, as text."""
    return subprocess.run(
        COMMAND,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "ONCE": "1", **environ},
    )


def test_one_picture_names_every_process_and_queue(system: System, tmp_path: Path) -> None:
    """And keeps itself, without anything that a reader's browser would have to fetch."""
    kept = tmp_path / "top.svg"
    done = once(URL=system.base, SVG=str(kept))
    assert done.returncode == 0, done.stderr
    assert "all is well" in done.stdout
    for name in (*SERVICES, "gateway", "relay", "rpc-tasks", "callboard.dead"):
        assert name in done.stdout, name
    assert "@font-face" not in kept.read_text()


def test_a_service_that_is_away_is_named(system: System) -> None:
    """In the first line."""
    system.kill("chat", signal.SIGKILL)
    try:
        until(lambda: "chat is away" in once(URL=system.base).stdout.splitlines()[0], 30)
    finally:
        system.start("chat")
        system.wait()


@pytest.mark.parametrize("way", ["q", "Ctrl-C"])
def test_the_live_view_ends_and_leaves_the_terminal_as_it_was(system: System, way: str) -> None:
    """However one leaves it."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "URL": system.base, "TERM": "xterm"}
    process = subprocess.Popen(
        COMMAND,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environ,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # off where we run unseen
    )
    os.close(theirs)
    os.set_blocking(ours, False)
    shown = bytearray()

    def says(text: bytes) -> bool:
        try:
            shown.extend(os.read(ours, 65536))
        except BlockingIOError:
            pass
        return text in shown

    until(lambda: says(b"all is well"), 30, "the picture")
    if way == "q":
        os.write(ours, b"q")
    else:
        process.send_signal(signal.SIGINT)
    until(lambda: says(b"\x1b[?1049l") or process.poll() is not None, 30, "the end")
    assert process.wait(10) == 0
    try:
        shown.extend(os.read(ours, 65536))
    except OSError:
        pass
    os.close(ours)
    assert b"\x1b[?1049l" in shown  # the other screen is gone
    assert b"Traceback" not in shown


def test_without_a_gateway_it_says_what_to_do() -> None:
    """In a sentence."""
    done = once(URL=f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "make run" in done.stderr


def test_it_finds_a_local_run_by_its_folder(tmp_path: Path) -> None:
    """Unless it is told where to look."""
    (tmp_path / "secrets.json").write_text('{"parts": {"http_port": 8123}}')
    assert address({"RUN_DIR": str(tmp_path)}) == "http://127.0.0.1:8123"
    assert address({"RUN_DIR": str(tmp_path), "HTTP_PORT": "9"}) == "http://127.0.0.1:9"
    assert address({"RUN_DIR": str(tmp_path), "URL": "https://a.b/"}) == "https://a.b"
    assert address({"RUN_DIR": str(tmp_path / "none")}) == "http://127.0.0.1:8080"


def scraped(at: float, **values: float) -> Scrape:
    """A scrape of one process, whose histogram has these buckets (``b1`` ends at 1 s)."""
    found: Any = Scrape.__new__(Scrape)
    found.at, found.families = at, []
    process = ("process", "a")
    found.series = {("process_start_time_seconds", (process,)): 1.0}
    for name, value in values.items():
        if name.startswith("b"):
            bound = name.removeprefix("b").replace("inf", "+Inf")
            found.series["t_bucket", (("le", bound), process)] = value
        else:
            found.series[name, (process,)] = value
    return found  # type: ignore[no-any-return]


def test_a_counter_that_began_anew_is_counted_from_nothing() -> None:
    """As Prometheus does after a restart."""
    span = Between(scraped(0, x=100), scraped(2, x=6))
    assert span.rises("x") == {(): 6}
    assert span.rates("x") == {(): 3}


def test_a_quantile_lies_evenly_in_its_bucket() -> None:
    """Of what came between the two moments alone."""
    before = scraped(0, b1=50, b2=50, binf=50)
    span = Between(before, scraped(1, b1=60, b2=70, binf=70))
    assert span.quantile(0.5, "t") == {(): 1.0}
    assert span.quantile(0.75, "t") == {(): 1.5}
    assert Between(before, before).quantile(0.5, "t") == {}
