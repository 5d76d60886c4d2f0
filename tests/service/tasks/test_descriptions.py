"""Who may hear of tasks, comments, previews and what belongs to them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World, ident

STUDIO = ["manager", "supervisor", "user"]


@pytest.fixture
def tasks(make_service: MakeService, world: World) -> OneService:
    """The service."""
    service = make_service("tasks")
    service.fill(world)
    return service


def describe(tasks: OneService, name: str, **event: Any) -> dict[str, Any]:
    """The description of one event."""
    (found,) = tasks.call("admin", "describe_events", events=[{"name": name, **event}])
    return dict(found)


def comment(world: World, **given: Any) -> dict[str, Any]:
    """An event of a comment that was made."""
    row = {"object_id": world.task, "person_id": world.people["artist"], "for_client": False}
    return {"payload": {"comment_id": ident("comment new")}, "after": {**row, **given}}


def test_a_task_is_heard_of_by_the_team_and_by_vendors_on_its_entity(
    tasks: OneService, world: World
) -> None:
    """Clients hear of it without people, dates and durations."""
    found = describe(tasks, "task:update", payload={"task_id": world.task})
    audience = found["audience"]
    assert audience["roles"] == [*STUDIO, "client", "vendor"]
    assert audience["entity"] == found["entity_id"] == world.asset
    assert "due_date" in audience["hidden"]["client"]
    assert found["task_type"]["name"] == "Modeling"


def test_a_comment_is_for_the_studio_unless_it_is_for_clients(
    tasks: OneService, world: World
) -> None:
    """And for vendors on its entity."""
    found = describe(tasks, "comment:new", **comment(world))
    assert found["audience"]["roles"] == [*STUDIO, "vendor"]
    found = describe(tasks, "comment:new", **comment(world, for_client=True))
    assert found["audience"]["roles"] == [*STUDIO, "client", "vendor"]


def test_a_clients_words_are_for_those_who_lead_and_for_clients(
    tasks: OneService, world: World
) -> None:
    """If its author turns out to be one; that ``crud`` knows."""
    author = world.people["client"]
    found = describe(tasks, "comment:new", **comment(world, person_id=author))
    assert found["person_id"] == author
    assert found["by_client"] == {"roles": ["manager", "supervisor", "client"], "people": [author]}


def test_a_notification_is_for_its_receiver(tasks: OneService, world: World) -> None:
    """Whatever their role is."""
    payload = {"notification_id": ident("n"), "person_id": world.people["vendor"]}
    found = describe(tasks, "notification:new", payload=payload)
    assert found["audience"] == {"people": [world.people["vendor"]]}


def test_a_rejected_preview_is_not_for_clients(tasks: OneService, world: World) -> None:
    """As none of their lists has it."""
    row = {"task_id": world.task, "validation_status": "rejected"}
    payload = {"preview_file_id": ident("p")}
    found = describe(tasks, "preview-file:update", payload=payload, after=row)
    assert found["audience"]["roles"] == [*STUDIO, "vendor"]
    shown = {**row, "validation_status": "neutral"}
    found = describe(tasks, "preview-file:update", payload=payload, after=shown)
    assert found["audience"]["roles"] == [*STUDIO, "client", "vendor"]


def test_a_task_that_is_gone_is_described_by_what_it_was(tasks: OneService, world: World) -> None:
    """Its row came with the event."""
    gone = ident("gone task")
    row = {
        "id": gone,
        "name": "old",
        "entity_id": world.asset,
        "project_id": world.project,
        "task_type_id": None,
        "task_status_id": world.status,
    }
    found = describe(tasks, "task:delete", payload={"task_id": gone}, before=row)
    assert found["task"] == {"id": gone, "name": "old"}
    assert found["audience"]["entity"] == world.asset
    # Without its type nobody knows whether it was of a concept, which clients don't see.
    assert found["audience"]["roles"] == [*STUDIO, "vendor"]


def test_of_work_that_is_not_known_nobody_hears(tasks: OneService) -> None:
    """Nobody has a role in a production that is not known; the studio's doesn't count."""
    row = {"object_id": ident("no task"), "person_id": None, "for_client": True}
    found = describe(tasks, "comment:delete", payload={"comment_id": ident("c")}, before=row)
    assert "roles" not in found["audience"]
