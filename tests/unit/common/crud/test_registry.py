"""A service's resources, found by path, table and subject, and their events."""

from uuid import uuid4

import pytest

from services.common.crud.registry import Registry
from services.common.crud.resource import Resource
from services.common.errors import NotFound
from services.tasks.models import TaskStatus, TaskType

STATUSES = Resource(path="statuses", model=TaskStatus)
TYPES = Resource(path="types", model=TaskType, event="task-type")


def test_a_resource_is_found_by_each_of_its_names() -> None:
    """The path of requests, the table of deletions, the subject of events."""
    registry = Registry("tasks", STATUSES, TYPES)
    assert registry["statuses"] is STATUSES
    assert registry.of_table("task_status") is STATUSES
    assert registry.of_subject("task-type") is TYPES
    assert registry.of_subject("task") is None
    with pytest.raises(NotFound):
        registry["seasons"]


def test_a_path_has_one_resource() -> None:
    """The second would hide the first."""
    with pytest.raises(TypeError, match="share a path"):
        Registry("tasks", STATUSES, Resource(path="statuses", model=TaskType))


def test_an_event_names_the_row() -> None:
    """By the key that its subject gives."""
    ident = uuid4()
    event = Registry("tasks", STATUSES).event(STATUSES, "update", {"id": ident})
    assert event.task_status_id == ident
