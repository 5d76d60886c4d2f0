"""A run of all tests fails if there is a route whose 2xx answer no test saw.

Each worker of pytest-xdist tells what it saw when it ends. Tests marked ``alone`` run by themselves
afterwards, so they don't count: what only they see is too slow to be tried while one works on it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from gateway.routes import ROUTES
from tests.answers import SEEN, name_of

ALL_TESTS: Final = Path(__file__).parent
SEEN_KEY: Final = "seen routes"
#: Never answered with success: the system alone makes salary scales, when they are listed; sprite
#: sheets of movies are not rendered.
REFUSED: Final = frozenset({"POST /data/salary-scales", "GET /movies/tiles/preview-files/{file}"})


class Unseen:
    """The part of the plugin in the process that reports."""

    def __init__(self) -> None:
        self.routes: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker has ended."""
        SEEN.update(getattr(node, "workeroutput", {}).get(SEEN_KEY, ()))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run, unless it failed or was not of all tests."""
        if session.exitstatus == pytest.ExitCode.OK and ran_all(session.config):
            self.routes = [name for name in map(name_of, ROUTES) if name not in SEEN | REFUSED]
        if self.routes:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """List the routes."""
        if self.routes:
            terminalreporter.section("routes whose answers no test saw")
            terminalreporter.write_line("\n".join(self.routes))


class Told:
    """The part in a worker."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell what was seen here."""
        session.config.workeroutput[SEEN_KEY] = sorted(SEEN)  # type: ignore[attr-defined]


def ran_all(config: pytest.Config) -> bool:
    """Whether all tests ran that can run side by side: no folder, file or words selected some."""
    option = config.option
    chosen = option.keyword or option.lf or option.collectonly or option.markexpr != "not alone"
    return not chosen and [Path(arg).resolve() for arg in config.args] == [ALL_TESTS]


def register(config: pytest.Config) -> None:
    """Register the part for this process."""
    config.pluginmanager.register(Told() if hasattr(config, "workerinput") else Unseen())
