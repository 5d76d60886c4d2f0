"""Breaking changes between two snapshots; additions are none."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from deploy.docs.api_snapshot import fields_of, newest, spelled, text_of, write
from deploy.docs.breaking_changes import (
    Fields,
    RoutePromise,
    Snapshot,
    WayPromise,
    breaking_changes,
)

TASK = Fields(required={"task_id": "uuid"}, optional={"project_id": "uuid"})
READ = RoutePromise(
    "signed_in", 200, "read_task", query=Fields(optional={"relations": "boolean"}), answer="Task"
)
BEFORE = Snapshot(
    "1.9.0",
    {
        "GET /config": RoutePromise("public", 200),
        "GET /tasks/{id}": READ,
        "POST /tasks": RoutePromise("signed_in", 201, "create_task", body="NewTask"),
        "DELETE /tasks/{id}": RoutePromise("signed_in", 204, "delete_task"),
    },
    {"task:new": TASK},
    {"NewTask": TASK},
    {"Task": TASK},
    {"tasks": WayPromise("broker: tasks.events {event}", ["task:new"])},
    {"Headers": Fields({"event_id": "uuid"}, {"request_id": "string"})},
)


def routes(**changed: RoutePromise | None) -> list[str]:
    """The breaking changes with these in place of three of the routes."""
    names = {"get": "GET /tasks/{id}", "post": "POST /tasks", "config": "GET /config"}
    result = BEFORE.routes | {names[key]: promise for key, promise in changed.items()}
    now = {name: promise for name, promise in result.items() if promise is not None}
    return breaking_changes(BEFORE, msgspec.structs.replace(BEFORE, release="2.0.0", routes=now))


def types(**changed: dict[str, Fields]) -> list[str]:
    """The breaking changes with other bodies or answers."""
    return breaking_changes(BEFORE, msgspec.structs.replace(BEFORE, release="2.0.0", **changed))


def event(now: Fields) -> list[str]:
    """The breaking changes with another payload of ``task:new``."""
    return breaking_changes(BEFORE, msgspec.structs.replace(BEFORE, events={"task:new": now}))


def test_additions_break_nothing() -> None:
    """Routes, events, optional fields, a route opened to all, another name of a parameter."""
    more = Fields(required=TASK.required, optional=TASK.optional | {"name": "string"})
    looser = Fields(optional={"task_id": "uuid or null", "project_id": "uuid"})
    stricter = Fields(required=TASK.types)
    now = Snapshot(
        "2.0.0",
        {
            "GET /config": RoutePromise("public", 200, "show_config", answer="Config"),
            "GET /tasks/{task_id}": msgspec.structs.replace(READ, access="public"),
            "PUT /tasks/{task_id}": RoutePromise("signed_in", 200, "update_task"),
            "POST /tasks": RoutePromise("signed_in", 201, "create_task", body="NewTask"),
            "DELETE /tasks/{task_id}": RoutePromise("signed_in", 204, "delete_task"),
        },
        {"task:new": more, "task:update": TASK},
        {"NewTask": looser},
        {"Task": stricter, "Config": TASK},
        BEFORE.ways | {"full": WayPromise("broker: full {event}", ["task:new"])},
        {"Headers": Fields({"event_id": "uuid", "request_id": "string"})},
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
    before = BEFORE.routes[{"config": "GET /config", "post": "POST /tasks"}[was]]
    (route,) = routes(**{was: msgspec.structs.replace(before, access=now)})
    assert route.endswith(f"became '{now}'")


def test_another_name_body_or_answer_is_breaking() -> None:
    """Generated clients have them as functions and classes."""
    other = msgspec.structs.replace(READ, name="show_task", answer="TaskRow")
    assert routes(get=other) == [
        "GET /tasks/{id}: the operation read_task became show_task",
        "GET /tasks/{id}: the answer was Task and is TaskRow",
    ]
    taken = RoutePromise("signed_in", 201, "create_task", body="array of NewTask")
    assert routes(post=taken) == [
        "POST /tasks: the body was NewTask and is array of NewTask",
    ]


def test_fewer_or_needed_query_parameters_are_breaking() -> None:
    """One was removed, retyped, or must be given."""
    query = Fields(required={"project_id": "uuid"})
    assert routes(get=msgspec.structs.replace(READ, query=query)) == [
        "GET /tasks/{id}: query: relations was removed",
        "GET /tasks/{id}: query: project_id became required",
    ]


def test_stricter_bodies_are_breaking() -> None:
    """A field became required, was removed, or takes fewer kinds of values."""
    stricter = Fields(required=TASK.types | {"name": "string"})
    assert types(bodies={"NewTask": stricter}) == [
        "NewTask in bodies: project_id became required",
        "NewTask in bodies: name became required",
    ]
    fewer = Fields(optional={"task_id": "one of a, b"})
    assert types(bodies={"NewTask": fewer}) == [
        "NewTask in bodies: task_id was uuid and is one of a, b",
        "NewTask in bodies: project_id was removed",
    ]


def test_weaker_answers_are_breaking() -> None:
    """A field was removed, became optional, or may be null; one that became required is not."""
    fewer = Fields(optional={"task_id": "uuid or null"})
    assert types(answers={"Task": fewer}) == [
        "Task in answers: task_id was uuid and is uuid or null",
        "Task in answers: project_id was removed",
        "Task in answers: task_id may be missing",
    ]


def test_a_removed_event_is_breaking() -> None:
    """Its subscribers would wait for ever."""
    now = msgspec.structs.replace(BEFORE, events={})
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


def test_a_way_that_moves_or_carries_less_is_breaking() -> None:
    """Its subscribers would hear nothing."""
    was = BEFORE.ways["tasks"]

    def now(**ways: WayPromise) -> list[str]:
        return breaking_changes(BEFORE, msgspec.structs.replace(BEFORE, ways=ways))

    assert now(tasks=was, more=was) == []
    assert now() == ["events by tasks: found at broker: tasks.events {event}, now nowhere"]
    assert now(tasks=WayPromise("broker: tasks {event}", was.events)) == [
        "events by tasks: found at broker: tasks.events {event}, now broker: tasks {event}"
    ]
    assert now(tasks=WayPromise(was.where, [])) == [
        "events by tasks: task:new is not carried any more"
    ]


def test_a_header_that_is_gone_is_breaking() -> None:
    """Receivers tell events apart by them."""
    headers = {"Headers": Fields({}, {"event_id": "uuid"})}
    now = msgspec.structs.replace(BEFORE, headers=headers)
    assert breaking_changes(BEFORE, now) == [
        "Headers of messages: request_id was removed",
        "Headers of messages: event_id may be missing",
    ]


def test_types_are_derived_from_json_schemas() -> None:
    """By their format if they have one."""
    uuid, null = {"type": "string", "format": "uuid"}, {"type": "null"}
    assert spelled({"anyOf": [null, uuid]}) == "uuid or null"
    assert spelled({"type": "array", "items": uuid}) == "array of uuid"
    assert spelled({"enum": ["b", "a"]}) == "one of a, b"
    assert spelled({"$ref": "#/components/schemas/Task"}) == "Task"
    assert spelled({"type": ["array", "null"], "items": uuid}) == "array of uuid or null"
    assert spelled({"type": "object", "additionalProperties": uuid}) == "object of uuid"
    assert spelled({}) == "anything"
    schema = {"properties": {"b": uuid, "a": {"type": "integer"}}, "required": ["b"]}
    assert fields_of(schema) == Fields({"b": "uuid"}, {"a": "integer"})


def test_a_snapshot_round_trips_with_a_line_per_route_and_event(tmp_path: Path) -> None:
    """So that a review shows additions."""
    text = text_of(BEFORE)
    assert '"GET /config": {"access": "public", "status": 200}' in text
    objects = (BEFORE.events, BEFORE.bodies, BEFORE.answers, BEFORE.headers)
    lines = (BEFORE.routes, BEFORE.ways, *objects)
    assert len(text.splitlines()) == 15 + sum(map(len, lines))
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
