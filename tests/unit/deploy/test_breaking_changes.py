"""Whoever works with the release before notices what goes, and not what comes."""

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
    """What breaks with these in place of three of the routes."""
    names = {"get": "GET /tasks/{id}", "post": "POST /tasks", "config": "GET /config"}
    found = BEFORE.routes | {names[key]: promise for key, promise in changed.items()}
    now = {name: promise for name, promise in found.items() if promise is not None}
    return breaking_changes(BEFORE, Snapshot("2.0.0", now, BEFORE.events))


def event(now: Fields) -> list[str]:
    """What breaks with another payload of ``task:new``."""
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


def test_a_route_that_is_gone_is_named() -> None:
    """With its method; where the path is still there, only the method is gone."""
    assert routes(config=None) == ["GET /config: the route was removed"]
    assert routes(get=None) == ["GET /tasks/{id}: the method was removed"]


def test_another_status_is_named() -> None:
    """Clients go by it."""
    found = routes(config=RoutePromise("public", 204))
    assert found == ["GET /config: the status 200 became 204"]


@pytest.mark.parametrize(("was", "now"), [("config", "signed_in"), ("post", "refreshing")])
def test_access_that_needs_another_token_is_named(was: str, now: str) -> None:
    """Callers who were let in are refused."""
    status = {"config": 200, "post": 201}[was]
    (found,) = routes(**{was: RoutePromise(now, status)})
    assert found.endswith(f"became '{now}'")


def test_what_a_body_must_hold_besides_is_named() -> None:
    """A request that was complete no longer is, or its value means nothing any more."""
    stricter = Fields(required=TASK.types | {"name": "string"})
    assert routes(post=RoutePromise("signed_in", 201, body=stricter)) == [
        "POST /tasks: body: project_id became required",
        "POST /tasks: body: name became required",
    ]
    looser = Fields(optional={"task_id": "uuid"})
    found = routes(post=RoutePromise("signed_in", 201, body=looser))
    assert found == ["POST /tasks: body: project_id was removed"]


def test_what_an_answer_lacks_is_named() -> None:
    """Also what it may lack; what it always holds now is an addition."""
    fewer = Fields(optional={"task_id": "string"})
    assert routes(get=RoutePromise("signed_in", 200, answer=fewer)) == [
        "GET /tasks/{id}: answer: task_id was uuid and is string",
        "GET /tasks/{id}: answer: project_id was removed",
        "GET /tasks/{id}: answer: task_id may be missing",
    ]
    always = Fields(required=TASK.types)
    assert routes(get=RoutePromise("signed_in", 200, answer=always)) == []


def test_an_event_that_is_gone_is_named() -> None:
    """Its subscribers would wait for ever."""
    now = Snapshot("2.0.0", BEFORE.routes, {})
    assert breaking_changes(BEFORE, now) == ["task:new: the event was removed"]


def test_fields_of_an_event_neither_go_nor_change_nor_become_required() -> None:
    """Old and new services read each other's events while they are exchanged."""
    assert event(Fields(TASK.required)) == ["task:new: project_id was removed"]
    assert event(Fields({"task_id": "string"}, TASK.optional)) == [
        "task:new: task_id was uuid and is string"
    ]
    assert event(Fields(TASK.required | {"name": "string"}, TASK.optional)) == [
        "task:new: name became required"
    ]
    assert event(Fields({}, TASK.types)) == ["task:new: task_id may be missing"]
    assert event(Fields(TASK.types)) == ["task:new: project_id became required"]


def test_types_are_spelled_from_json_schemas() -> None:
    """By their format where they have one."""
    uuid, null = {"type": "string", "format": "uuid"}, {"type": "null"}
    assert spelled({"anyOf": [null, uuid]}) == "uuid or null"
    assert spelled({"type": "array", "items": uuid}) == "array of uuid"
    assert spelled({"enum": ["b", "a"]}) == "one of a, b"
    assert spelled({"$ref": "#/components/schemas/Task"}) == "Task"
    assert spelled({}) == "anything"
    schema = {"properties": {"b": uuid, "a": {"type": "integer"}}, "required": ["b"]}
    assert fields_of(schema) == Fields({"b": "uuid"}, {"a": "integer"})


def test_a_snapshot_has_a_line_for_each_promise_and_is_read_as_written(tmp_path: Path) -> None:
    """So a review shows what a release adds."""
    text = text_of(BEFORE)
    assert '"GET /config": {"access": "public", "status": 200}' in text
    assert len(text.splitlines()) == 7 + len(BEFORE.routes) + len(BEFORE.events)
    write(BEFORE, tmp_path)
    assert newest(tmp_path) == BEFORE


def test_the_newest_release_is_the_one_of_the_highest_number(tmp_path: Path) -> None:
    """1.10 comes after 1.9."""
    write(BEFORE, tmp_path)
    write(msgspec.structs.replace(BEFORE, release="1.10.0"), tmp_path)
    assert newest(tmp_path).release == "1.10.0"


def test_what_a_release_promised_is_not_written_over(tmp_path: Path) -> None:
    """Else the comparison could always be made to pass."""
    write(BEFORE, tmp_path)
    write(BEFORE, tmp_path)
    with pytest.raises(FileExistsError):
        write(msgspec.structs.replace(BEFORE, events={}), tmp_path)
