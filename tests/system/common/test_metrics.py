"""The metrics ports of services and relay, with and without broker and database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
import requests

from deploy.local.parts import Parts
from services.common.config import ConfigError, ProcessSettings
from tests.running import SECRET, free_port, until
from tests.scrape import Scrape, Target

BASE = {"AMQP_URI": "amqp://nobody@127.0.0.1:1/", "SECRET_KEY": SECRET}
RELAY = "services.common.events.relay"


@contextmanager
def process(module: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """A process, whose output is read when it has ended."""
    result = subprocess.Popen(
        [sys.executable, "-m", module],
        env={**os.environ, **BASE, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield result
    finally:
        result.terminate()
        result.communicate(timeout=15)


def scraped(port: int) -> Scrape:
    """The metrics of a process, once it serves them."""
    target = Target(f"http://127.0.0.1:{port}/metrics", "chat", "chat")

    def read() -> Scrape | None:
        found = Scrape([target])
        return found if found.series else None

    found: Scrape = until(read, 20, "metrics")
    return found


@contextmanager
def silent_database() -> Iterator[str]:
    """The address of a server that accepts connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"postgresql://nobody:none@127.0.0.1:{server.getsockname()[1]}/none"


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "port"),
    [
        ({}, 0),
        ({"METRICS_PORT": ""}, 0),
        ({"METRICS_PORT": "0"}, 0),
        ({"METRICS_PORT": "9100"}, 9100),
        ({"METRICS_PORT": "9100", "TASKS_METRICS_PORT": "9200"}, 9200),
        ({"METRICS_PORT": "9100", "TASKS_METRICS_PORT": ""}, 0),
        ({"METRICS_PORT": "9100", "AUTH_METRICS_PORT": "9200"}, 9100),
    ],
)
def test_a_port_is_set_for_all_services_or_one(environ: dict[str, str], port: int) -> None:
    """Empty and 0 disable it; the loopback address is the default."""
    settings = ProcessSettings.for_service("tasks", {**BASE, **environ})
    assert settings.metrics_port == port
    assert settings.metrics_host == "127.0.0.1"


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_an_invalid_port_is_rejected(port: str) -> None:
    """The message names the setting."""
    with pytest.raises(ConfigError, match="METRICS_PORT"):
        ProcessSettings.for_service("tasks", {**BASE, "METRICS_PORT": port})


@pytest.mark.parametrize("module", ["services.chat", RELAY])
def test_a_port_in_use_stops_the_start_with_one_sentence(module: str, parts: Parts) -> None:
    """Not with a traceback."""
    urls = {f"{name.upper()}_DATABASE_URL": url for name, url in parts.urls.items()}
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        with process(module, METRICS_PORT=port, **urls) as started:
            said, _ = started.communicate(timeout=20)
    assert started.returncode == 1
    assert f"METRICS_PORT {port} can't be used" in said
    assert "Traceback" not in said


# --- what is shown --------------------------------------------------------------------------------


def test_without_a_port_nothing_listens(parts: Parts) -> None:
    """The default."""
    with process("services.chat", CHAT_DATABASE_URL=parts.urls["chat"]) as started:
        assert started.stdout is not None
        until(lambda: "started" in started.stdout.readline(), 20, "the start")
        connections = psutil.Process(started.pid).net_connections()
    assert [
        connection for connection in connections if connection.status == psutil.CONN_LISTEN
    ] == []


def test_a_service_exports_its_pools_and_outbox(parts: Parts) -> None:
    """As of the scrape, each once; also without a broker."""
    port = free_port()
    url = parts.urls["chat"]
    with process("services.chat", CHAT_METRICS_PORT=str(port), CHAT_DATABASE_URL=url):
        # The first scrape of a busy machine may give up on the connection that it has to open.
        until(lambda: scraped(port).values("callboard_outbox_events"), 20, "a look at the outbox")
        scrape = scraped(port)
    assert scrape.values("callboard_outbox_events", service="chat") == [0.0]
    assert scrape.values("callboard_outbox_age_seconds", service="chat") == [0.0]
    assert scrape.labels("callboard_pool_size", "pool") == {"reads", "transactions"}
    assert scrape.values("process_resident_memory_bytes")


@pytest.mark.parametrize("away", ["refuses", "says nothing"])
def test_without_a_database_only_its_metrics_are_missing(away: str) -> None:
    """Within a second; all others are exported."""
    port = free_port()
    with silent_database() as silent:
        nowhere = "postgresql://nobody:none@127.0.0.1:1/none"
        url = nowhere if away == "refuses" else silent
        with process("services.chat", METRICS_PORT=str(port), CHAT_DATABASE_URL=url):
            # The port answers before the service has made its pools.
            until(lambda: scraped(port).values("callboard_pool_size"), 20, "the pools")
            began = time.monotonic()
            scrape = scraped(port)
            assert time.monotonic() - began < 1.5
    assert not scrape.values("callboard_outbox_events")
    assert not scrape.values("callboard_outbox_age_seconds")
    assert scrape.values("callboard_pool_size", pool="reads") == [10.0]
    assert scrape.values("process_resident_memory_bytes")
    assert scrape.labels("callboard_events_handled_total", "subscriber")


def test_a_slow_scrape_does_not_block_other_connections() -> None:
    """The hub runs while the scrape waits for the database."""
    port = free_port()
    with silent_database() as url:
        with process("services.chat", METRICS_PORT=str(port), CHAT_DATABASE_URL=url):
            until(lambda: scraped(port).values("callboard_pool_size"), 20, "the pools")
            slow: list[Any] = []
            thread = threading.Thread(target=lambda: slow.append(scraped(port)))
            thread.start()
            began = time.monotonic()
            icon = requests.get(f"http://127.0.0.1:{port}/favicon.ico", timeout=5)  # asks nobody
            spent = time.monotonic() - began
            thread.join()
    assert icon.status_code == 200
    assert spent < 0.3
    assert slow


def test_the_relay_has_its_own_port_setting(parts: Parts) -> None:
    """A service's port is not the relay's."""
    port = free_port()
    urls = {f"{name.upper()}_DATABASE_URL": url for name, url in parts.urls.items()}
    ports = {"RELAY_METRICS_PORT": str(port), "AUTH_METRICS_PORT": "1"}
    with process(RELAY, **urls, **ports):
        scrape = scraped(port)
    assert scrape.values("process_resident_memory_bytes")
