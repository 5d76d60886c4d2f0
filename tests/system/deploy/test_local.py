"""``make run``, from an operator's view."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import requests

from deploy.local.settings import PROCESSES
from tests.running import free_port, until
from tests.scrape import Scrape, Target

ROOT = Path(__file__).parents[3]


def start(folder: Path, port: int, *before: str, **environ: str) -> subprocess.Popen[str]:
    """A local run, with its log in the folder; ``before`` is a wrapper program."""
    own = {"RUN_DIR": str(folder), "HTTP_PORT": str(port), "ADMIN_PASSWORD": "a-test-password"}
    with (folder / "run.log").open("a") as log:
        return subprocess.Popen(
            [*before, sys.executable, "-m", "deploy.local"],
            cwd=ROOT,
            text=True,
            stdout=log,
            stderr=log,
            env={**os.environ, **own, **environ},
        )


def answers(port: int) -> bool:
    """Whether all processes answer."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=2).ok
    except requests.RequestException:
        return False


def refused(folder: Path, **environ: Any) -> str:
    """The error message of a start that fails."""
    own = {"RUN_DIR": str(folder), **environ}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        env={**os.environ, **own},
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    lines: list[str] = done.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def log_in(port: int) -> requests.Response:
    """Log in the administrator with the password of the environment."""
    body = {"email": "admin@example.com", "password": "a-test-password"}
    return requests.post(f"http://127.0.0.1:{port}/auth/login", json=body, timeout=20)


def running(family: list[psutil.Process]) -> list[psutil.Process]:
    """Processes that still run a second later, without zombies."""
    alive = psutil.wait_procs(family, timeout=1)[1]
    return [one for one in alive if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def shown(folder: Path) -> set[str]:
    """The processes that Prometheus discovers and that answer it."""
    listed = json.loads((folder / "prometheus" / "targets.json").read_text())
    result = set()
    for one in listed:
        labels = one["labels"]
        target = Target(f"http://{one['targets'][0]}/metrics", **labels)
        if Scrape([target]).values("process_start_time_seconds"):
            result.add(labels["process"])
    return result


def test_it_starts_recovers_stops_and_keeps_its_data(tmp_path: Path) -> None:
    """Killed processes are restarted, Ctrl-C stops all, data stay."""
    port = free_port()
    run = start(tmp_path, port)
    until(lambda: answers(port), 60, "a ready system")
    token = log_in(port).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    url = f"http://127.0.0.1:{port}/data/departments"
    body = requests.post(
        url, json={"name": "Kept", "color": "#1"}, headers=headers, timeout=20
    ).json()

    assert shown(tmp_path) == set(PROCESSES)
    family = psutil.Process(run.pid).children(recursive=True)
    brokers = [p for p in family if p.name() == "beam.smp"]
    (service,) = (p for p in family if p.cmdline()[-1:] == ["services.auth"])
    service.kill()
    until(lambda: shown(tmp_path) == {*PROCESSES} - {"auth"}, 5, "word of its end")
    until(lambda: requests.get(url, headers=headers, timeout=20).ok, 20, "the service's return")
    until(lambda: shown(tmp_path) == {*PROCESSES}, 5, "word of its return")
    for broker in brokers:
        broker.kill()
        until(lambda: not answers(port), 20, "its loss")
    until(lambda: answers(port), 40, "the broker's return")

    assert "is taken" in refused(tmp_path / "other", HTTP_PORT=str(port))
    assert "Another Callboard runs" in refused(tmp_path, HTTP_PORT=str(free_port()))

    family = psutil.Process(run.pid).children(recursive=True)
    began = time.monotonic()
    run.send_signal(signal.SIGINT)
    assert run.wait(15) == 0
    assert time.monotonic() - began < 10
    assert running(family) == []
    assert shown(tmp_path) == set()

    again = start(tmp_path, port, "nohup")
    until(lambda: answers(port), 60, "a second start")
    again.send_signal(signal.SIGHUP)  # the terminal it was started from is closed
    assert requests.get(f"{url}/{body['id']}", headers=headers, timeout=20).json() == body
    family = psutil.Process(again.pid).children(recursive=True)
    again.send_signal(signal.SIGTERM)
    assert again.wait(15) == 0
    assert running(family) == []
    log = (tmp_path / "run.log").read_text()
    assert "Traceback" not in log
    assert '"level":"ERROR"' not in log


def test_an_invalid_environment_is_reported_in_one_sentence(tmp_path: Path) -> None:
    """With the setting to change."""
    port = str(free_port())
    assert "HTTP_PORT" in refused(tmp_path, HTTP_PORT="eighty")
    away = "postgresql://nobody@127.0.0.1:1/none"
    assert "DATABASE_URL" in refused(tmp_path, HTTP_PORT=port, DATABASE_URL=away)
    assert "SECRET_KEY" in refused(tmp_path, HTTP_PORT=port, SECRET_KEY="changeme")
    assert "DATABASE_URL" in refused(tmp_path, HTTP_PORT=port, DATABASE_URL="not a url")
    assert "AMQP_URI" in refused(tmp_path, HTTP_PORT=port, AMQP_URI="amqp://a:b@127.0.0.1:1/")
    for scale in ("tasks", "tasks=none", "tasks=0", "render=2", "tasks=2,gateway=2"):
        sentence = refused(tmp_path, HTTP_PORT=port, SCALE=scale)
        assert repr(scale) in sentence
        assert "name=number" in sentence
