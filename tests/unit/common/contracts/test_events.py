"""The catalogue of events."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import msgspec
import pytest

from services.common import contracts
from services.common.contracts import CATALOGUE, Event
from services.common.contracts.tasks.events import TaskAssigned


@pytest.fixture
def declared() -> Iterator[type[Event]]:
    """An event of generic CRUD."""
    yield contracts.declare("tasks", "unit-album:new", "unit_album_id", project=True)
    del CATALOGUE["unit-album:new"]


def test_a_name_is_declared_once() -> None:
    """It is a routing key."""
    with pytest.raises(TypeError, match="'task:assign' declared twice"):
        contracts.event("chat", "task:assign")(TaskAssigned)
    assert TaskAssigned.owner == "tasks"


def test_a_hand_written_event_takes_precedence() -> None:
    """Generic CRUD emits it instead of its own."""
    assert contracts.declare("tasks", "task:assign", "task_id", project=True) is TaskAssigned


def test_a_declared_event_is_in_the_catalogue(declared: type[Event]) -> None:
    """With the name of its class and a description, which the documents show."""
    assert CATALOGUE["unit-album:new"] is declared
    assert (declared.__name__, declared.owner) == ("UnitAlbumNew", "tasks")
    assert declared.__doc__ == "A unit album was created."


def test_a_payload_is_flat_json(declared: type[Event]) -> None:
    """An unknown production is left out instead of null."""
    ident, project = uuid4(), uuid4()
    event = declared(unit_album_id=ident, project_id=project)
    assert msgspec.json.decode(event.payload_json()) == {
        "unit_album_id": str(ident),
        "project_id": str(project),
    }
    assert event.project == project
    event = declared(unit_album_id=ident)
    assert msgspec.json.decode(event.payload_json()) == {"unit_album_id": str(ident)}
    assert event.project is None


def test_an_undeclared_field_is_refused(declared: type[Event]) -> None:
    """Where it is emitted, not at a subscriber."""
    with pytest.raises(TypeError):
        declared(unit_album_id=uuid4(), colour="red")
