"""Breaking changes between two snapshots; additions are none."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from deploy.docs.api_snapshot import fields_of, newest, spelled, text_of, write
from deploy.docs.breaking_changes import Fields, RoutePromise, Snapshot, breaking_changes

TASK = Fields(required={"task_id": "uuid"}, optional={"project_id": "uuid"})
BEFORE = Snapshot(
    "1.9.0",
    {
        "GET /config": RoutePromise("public", 200),
        "GET /tasks/{id}": RoutePromise("signed_in", 200, answer=TASK),
        "POST /tasks": RoutePromise("signed_in", 201, body=TASK),
        "DELETE /tasks/{id}": RoutePromise("signed_in", 204),
    },
    {"task:new": TASK},
)


def routes(**changed: RoutePromise | None) -> list[str]:
    """The breaking changes with these in place of three of the routes."""
    names = {"get": "GET /tasks/{id}", "post": "POST /tasks", "config": "GET /config"}
    result = BEFORE.routes | {names[key]: promise for key, promise in changed.items()}
    now = {name: promise for name, promise in result.items() if promise is not None}
    return breaking_changes(BEFORE, Snapshot("2.0.0", now, BEFORE.events))


def event(now: Fields) -> list[str]:
    """The breaking changes with another payload of ``task:new``."""
    return breaking_changes(BEFORE, Snapshot("2.0.0", BEFORE.routes, {"task:new": now}))


def test_additions_break_nothing() -> None:
    """Routes, events, optional fields, a route opened to all, another name of a parameter."""
    more = Fields(required=TASK.required, optional=TASK.optional | {"name": "string"})
    now = Snapshot(
        "2.0.0",
        {
            "GET /config": RoutePromise("public", 200),
            "GET /tasks/{task_id}": RoutePromise("public", 200, answer=more),
            "PUT /tasks/{task_id}": RoutePromise("signed_in", 200),
            "POST /tasks": RoutePromise("signed_in", 201, body=more),
            "DELETE /tasks/{task_id}": RoutePromise("signed_in", 204),
        },
        {"task:new": more, "task:update": TASK},
    )
    assert breaking_changes(BEFORE, now) == []


def test_a_removed_route_is_breaking() -> None:
    """If its path is still routed, only the method was removed."""
    assert routes(config=None) == ["GET /config: the route was removed"]
    assert routes(get=None) == ["GET /tasks/{id}: the method was removed"]


def test_another_status_is_breaking() -> None:
    """Clients depend on it."""
    result = routes(config=RoutePromise("public", 204))
    assert result == ["GET /config: the status 200 became 204"]


@pytest.mark.parametrize(("was", "now"), [("config", "signed_in"), ("post", "refreshing")])
def test_stricter_access_is_breaking(was: str, now: str) -> None:
    """Callers with the old token are refused."""
    status = {"config": 200, "post": 201}[was]
    (route,) = routes(**{was: RoutePromise(now, status)})
    assert route.endswith(f"became '{now}'")


def test_stricter_bodies_are_breaking() -> None:
    """A field became required, or was removed."""
    stricter = Fields(required=TASK.types | {"name": "string"})
    assert routes(post=RoutePromise("signed_in", 201, body=stricter)) == [
        "POST /tasks: body: project_id became required",
        "POST /tasks: body: name became required",
    ]
    looser = Fields(optional={"task_id": "uuid"})
    result = routes(post=RoutePromise("signed_in", 201, body=looser))
    assert result == ["POST /tasks: body: project_id was removed"]


def test_weaker_answers_are_breaking() -> None:
    """A field was removed, retyped or became optional; one that became required is not."""
    fewer = Fields(optional={"task_id": "string"})
    assert routes(get=RoutePromise("signed_in", 200, answer=fewer)) == [
        "GET /tasks/{id}: answer: task_id was uuid and is string",
        "GET /tasks/{id}: answer: project_id was removed",
        "GET /tasks/{id}: answer: task_id may be missing",
    ]
    always = Fields(required=TASK.types)
    assert routes(get=RoutePromise("signed_in", 200, answer=always)) == []


def test_a_removed_event_is_breaking() -> None:
    """Its subscribers would wait for ever."""
    now = Snapshot("2.0.0", BEFORE.routes, {})
    assert breaking_changes(BEFORE, now) == ["task:new: the event was removed"]


def test_changed_event_fields_are_breaking() -> None:
    """Old and new services read each other's events during an upgrade."""
    assert event(Fields(TASK.required)) == ["task:new: project_id was removed"]
    assert event(Fields({"task_id": "string"}, TASK.optional)) == [
        "task:new: task_id was uuid and is string"
    ]
    assert event(Fields(TASK.required | {"name": "string"}, TASK.optional)) == [
        "task:new: name became required"
    ]
    assert event(Fields({}, TASK.types)) == ["task:new: task_id may be missing"]
    assert event(Fields(TASK.types)) == ["task:new: project_id became required"]


def test_types_are_derived_from_json_schemas() -> None:
    """By their format if they have one."""
    uuid, null = {"type": "string", "format": "uuid"}, {"type": "null"}
    assert spelled({"anyOf": [null, uuid]}) == "uuid or null"
    assert spelled({"type": "array", "items": uuid}) == "array of uuid"
    assert spelled({"enum": ["b", "a"]}) == "one of a, b"
    assert spelled({"$ref": "#/components/schemas/Task"}) == "Task"
    assert spelled({}) == "anything"
    schema = {"properties": {"b": uuid, "a": {"type": "integer"}}, "required": ["b"]}
    assert fields_of(schema) == Fields({"b": "uuid"}, {"a": "integer"})


def test_a_snapshot_round_trips_with_a_line_per_route_and_event(tmp_path: Path) -> None:
    """So that a review shows additions."""
    text = text_of(BEFORE)
    assert '"GET /config": {"access": "public", "status": 200}' in text
    assert len(text.splitlines()) == 7 + len(BEFORE.routes) + len(BEFORE.events)
    write(BEFORE, tmp_path)
    assert newest(tmp_path) == BEFORE


def test_the_newest_release_has_the_highest_version(tmp_path: Path) -> None:
    """1.10 is newer than 1.9."""
    write(BEFORE, tmp_path)
    write(msgspec.structs.replace(BEFORE, release="1.10.0"), tmp_path)
    assert newest(tmp_path).release == "1.10.0"


def test_a_released_snapshot_is_not_overwritten(tmp_path: Path) -> None:
    """Else the comparison could always be made to pass."""
    write(BEFORE, tmp_path)
    write(BEFORE, tmp_path)
    with pytest.raises(FileExistsError):
        write(msgspec.structs.replace(BEFORE, events={}), tmp_path)
