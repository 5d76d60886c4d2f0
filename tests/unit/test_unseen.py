"""A run of all tests ends with the routes that no test saw."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.routes import ROUTES
from tests import answers, unseen
from tests.answers import name_of
from tests.unseen import Told, Unseen

OK = pytest.ExitCode.OK
WHOLE = {"keyword": "", "lf": False, "collectonly": False, "markexpr": "not alone"}
FIRST, *OTHERS = map(name_of, ROUTES)


def session(*args: str, exitstatus: int = OK, **options: Any) -> Any:
    """A session that ends."""
    option = SimpleNamespace(**{**WHOLE, **options})
    config = SimpleNamespace(option=option, args=args, workeroutput={})
    return SimpleNamespace(config=config, exitstatus=exitstatus)


@pytest.fixture(autouse=True)
def seen(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What was seen so far: nothing."""
    found: set[str] = set()
    monkeypatch.setattr(answers, "SEEN", found)
    monkeypatch.setattr(unseen, "SEEN", found)
    return found


ALL = str(Path(unseen.__file__).parent)


def ended(plugin: Unseen, run: Any) -> int:
    """How a run ends."""
    plugin.pytest_sessionfinish(run)
    return int(run.exitstatus)


def test_a_run_fails_for_a_route_that_no_worker_saw() -> None:
    """Two workers together have seen all but one."""
    plugin, half = Unseen(), len(OTHERS) // 2
    for names in (OTHERS[:half], OTHERS[half:]):
        plugin.pytest_testnodedown(SimpleNamespace(workeroutput={unseen.SEEN_KEY: names}))
    assert ended(plugin, session(ALL)) == pytest.ExitCode.TESTS_FAILED
    assert plugin.routes == [FIRST]


def test_a_worker_tells_what_it_saw(seen: set[str]) -> None:
    """As the other process can read it."""
    seen.add(FIRST)
    run = session(ALL)
    Told().pytest_sessionfinish(run)
    assert run.config.workeroutput == {unseen.SEEN_KEY: [FIRST]}


def test_a_run_passes_if_all_was_seen(seen: set[str]) -> None:
    """By this process or others."""
    seen.update([FIRST, *OTHERS])
    assert ended(Unseen(), session(ALL)) == OK


@pytest.mark.parametrize(
    "part",
    [
        session(f"{ALL}/unit"),
        session(ALL, f"{ALL}/unit"),
        session(ALL, keyword="comment"),
        session(ALL, lf=True),
        session(ALL, collectonly=True),
        session(ALL, markexpr="alone"),
    ],
)
def test_a_run_of_some_tests_sees_some_routes(part: Any) -> None:
    """Nobody who works on one file wants to hear of the others."""
    assert ended(Unseen(), part) == OK


def test_a_run_that_failed_says_why() -> None:
    """What its failed tests would have seen is not known."""
    failed, plugin = session(ALL, exitstatus=pytest.ExitCode.TESTS_FAILED), Unseen()
    assert ended(plugin, failed) == pytest.ExitCode.TESTS_FAILED
    assert plugin.routes == []
