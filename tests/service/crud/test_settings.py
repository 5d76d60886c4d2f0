"""Settings of a production, as scripts send them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.common.errors import InvalidInput
from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World


@pytest.fixture
def crud(make_service: MakeService) -> OneService:
    """The service; everything that is asked for exists."""
    service = make_service("crud")
    for name in ("tasks", "assets"):
        service.fakes.replies[f"{name}.find_existing_rows"] = lambda tables: tables
    service.fill(World())
    return service


@pytest.mark.parametrize("priority", [2, "2", 2.0])
def test_a_priority_may_be_sent_as_text(crud: OneService, priority: object) -> None:
    """From one choice and from many."""
    world = crud.world
    one = {"task_type_id": world.task_type, "priority": priority}
    crud.call("manager", "choose", project_id=world.project, kind="task-types", data=one)
    (link,) = crud.rows("project_task_type_link")
    assert link["priority"] == 2
    many = {"task_types": [{**one, "priority": "3"}], "replace_task_types": "false"}
    crud.call("manager", "choose_many", project_id=world.project, data=many)
    (link,) = crud.rows("project_task_type_link")
    assert link["priority"] == 3


def test_what_is_new_in_a_production_changes_it(crud: OneService) -> None:
    """What it used already doesn't."""
    world = crud.world
    project = UUID(world.project)

    def changed() -> Any:
        (time,) = (row["updated_at"] for row in crud.rows("project") if row["id"] == project)
        return time

    data = {"task_type_id": world.task_type}
    before = changed()
    answer = crud.call("manager", "choose", project_id=world.project, kind="task-types", data=data)
    after = changed()
    assert after > before
    assert answer["updated_at"] == after.isoformat(timespec="seconds")
    crud.call("manager", "choose", project_id=world.project, kind="task-types", data=data)
    assert changed() == after


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({"task_types": "x"}, ["task_types"]),
        ({"task_types": ["x", {}]}, ["task_types.0", "task_types.1.task_type_id"]),
        ({"task_status_ids": [{}]}, ["task_status_ids.0"]),
        ({"replace_task_types": "perhaps"}, ["replace_task_types"]),
    ],
)
def test_an_invalid_item_of_a_batch_is_named_by_its_index(
    crud: OneService, data: dict[str, Any], fields: list[str]
) -> None:
    """And nothing is used."""
    with pytest.raises(InvalidInput) as refusal:
        crud.call("manager", "choose_many", project_id=crud.world.project, data=data)
    assert refusal.value.data is not None
    assert [error["field"] for error in refusal.value.data["errors"]] == fields
    assert crud.rows("project_task_type_link") == []
