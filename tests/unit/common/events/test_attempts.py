"""Attempts at events: what is repeated, halved, given up, or left to the broker."""

from __future__ import annotations

import logging
import uuid
from typing import Final, cast

import eventlet
import pytest

from services.common.errors import Unavailable
from services.common.events import attempts
from services.common.events.attempts import PAUSES, QUIET, Attempts, RequeuedError
from services.common.events.delivery import Delivery
from services.common.wire.frames import Incoming

TIME: Final = "2026-01-05T10:00:00"
MESSAGE: Final = cast("Incoming", object())


class Handling:
    """A handler's method, and the pauses between its attempts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pauses: list[float] = []
        #: The events of each attempt.
        self.tried: list[list[str]] = []
        self.bad: set[str] = set()
        #: How many attempts find a service away.
        self.absences = 0
        self.held = True
        monkeypatch.setattr(eventlet, "sleep", self.pauses.append)
        self.attempts = Attempts("crud.keep", self._attempt, lambda _message: self.held)

    def _attempt(self, deliveries: list[Delivery]) -> Exception | None:
        names = [delivery.name for delivery in deliveries]
        self.tried.append(names)
        if self.absences:
            self.absences -= 1
            return Unavailable("tasks is away")
        return ValueError("bad") if self.bad & set(names) else None

    def settle(self, *names: str) -> list[str]:
        """The names of those that are given up."""
        deliveries = [Delivery(name, {}, uuid.uuid4(), TIME, "tasks") for name in names]
        return [delivery.name for delivery in self.attempts.settle(deliveries, MESSAGE)]


@pytest.fixture
def handling(monkeypatch: pytest.MonkeyPatch) -> Handling:
    """A method that handles everything."""
    return Handling(monkeypatch)


def test_what_succeeds_is_tried_once(handling: Handling) -> None:
    """All of it together."""
    assert handling.settle("a", "b") == []
    assert handling.tried == [["a", "b"]]


def test_a_bad_event_is_given_up_after_all_pauses(handling: Handling) -> None:
    """It is tried once more than there are pauses."""
    handling.bad = {"bad"}
    assert handling.settle("bad") == ["bad"]
    assert handling.pauses == list(PAUSES)
    assert len(handling.tried) == len(PAUSES) + 1


def test_a_bad_event_is_given_up_alone(handling: Handling) -> None:
    """The others of its batch are handled, each once."""
    handling.bad = {"5"}
    names = [str(number) for number in range(8)]
    assert handling.settle(*names) == ["5"]
    handled = [tried for tried in handling.tried if "5" not in tried]
    assert sorted(name for tried in handled for name in tried) == sorted(set(names) - {"5"})


def test_while_a_service_is_away_an_event_is_tried_for_ever(
    handling: Handling, caplog: pytest.LogCaptureFixture
) -> None:
    """The last pause repeats, and the absence is told once."""
    handling.absences = 50
    with caplog.at_level(logging.WARNING, attempts.__name__):
        assert handling.settle("a") == []
    assert handling.pauses[len(PAUSES) :] == [PAUSES[-1]] * (50 - len(PAUSES))
    assert caplog.messages == ["crud.keep waits: tasks is away"]


def test_an_absence_of_a_moment_is_not_told(
    handling: Handling, caplog: pytest.LogCaptureFixture
) -> None:
    """Services come up one by one."""
    handling.absences = QUIET
    with caplog.at_level(logging.WARNING, attempts.__name__):
        assert handling.settle("a") == []
    assert caplog.messages == []


def test_what_the_broker_delivers_again_is_left_alone(handling: Handling) -> None:
    """Handling it here as well would break the order."""
    handling.bad, handling.held = {"bad"}, False
    with pytest.raises(RequeuedError):
        handling.settle("bad")
    assert len(handling.tried) == 1
