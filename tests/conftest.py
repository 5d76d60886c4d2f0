"""Fixtures: the running system, loaded rows, callers."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import requests

from deploy.docs.served import build, is_stale
from deploy.local.parts import Parts, backing
from deploy.local.settings import LocalSettings
from gateway.docs.pages import BUILT
from tests import unseen
from tests.answers import hold
from tests.running import Caller, System
from tests.world import World

#: What a gateway says of itself when something holds its event loop.
BLOCKED = "the event loop is blocked"
#: Lines of the processes' logs that are shown with a failed test.
SHOWN = 40


def pytest_configure(config: pytest.Config) -> None:
    """Count the routes that tests see."""
    unseen.register(config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the processes of the system warned of when a test failed."""
    report = yield
    system = getattr(item, "funcargs", {}).get("system")
    if report.failed and isinstance(system, System):
        ended = ", ".join(system.ended()) or "none"
        lines = [f"ended: {ended}", *system.warnings()[-SHOWN:]]
        report.sections.append(("Processes", "\n".join(lines)))
    return report


@pytest.fixture(scope="session", autouse=True)
def held() -> Iterator[None]:
    """Every answer that a test gets by ``requests`` is held to its type."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.sessions, "default_hooks", lambda: {"response": [hold]})
        yield


@pytest.fixture(scope="session")
def parts() -> Iterator[Parts]:
    """PostgreSQL and RabbitMQ of the tests' own, beside any that run already."""
    folder = Path(tempfile.mkdtemp(prefix="callboard-tests-"))
    try:
        with backing(
            LocalSettings(run_dir=str(folder), admin_email="", starter_set="none")
        ) as found:
            found.wait()
            yield found
            for child in found.children:
                # It would take six seconds to write down what nobody reads again.
                if child.name == "rabbitmq" and child.command[0] != "docker":
                    child.signal(signal.SIGKILL)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def descriptions() -> Path:
    """The folder of the API's descriptions that the gateway serves, built if the code is newer."""
    if is_stale():
        build()
    return BUILT


@pytest.fixture(scope="session")
def system(
    parts: Parts, descriptions: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """Five services, relay and gateway, started once."""
    with System(parts, tmp_path_factory.mktemp("logs")).up() as found:
        yield found
    assert BLOCKED not in found.logs()


@pytest.fixture
def world(system: System) -> World:
    """A small studio, loaded afresh: people of every role, two productions, their work."""
    found = World()
    system.load(found.tables)
    return found


@pytest.fixture
def admin(system: System, world: World) -> Caller:
    """The administrator."""
    return system.caller(world.admin)
