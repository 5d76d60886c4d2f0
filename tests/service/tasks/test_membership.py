"""``require_member`` for administrators, who have a role in every production."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from services.common.errors import NotFound
from services.tasks.policy.membership import require_member
from tests.service.conftest import MakeService
from tests.world import World


def test_tasks_prove_that_a_production_exists(make_service: MakeService, world: World) -> None:
    """Nobody else is asked."""
    tasks = make_service("tasks")
    tasks.fill(world)
    assert require_member(tasks.instance(), world.project) == UUID(world.project)


def test_one_without_tasks_is_looked_up(make_service: MakeService) -> None:
    """An unknown one is not found."""
    tasks, project = make_service("tasks"), str(uuid4())
    tasks.fakes.replies["crud.find_existing_rows"] = {"project": [project]}
    assert require_member(tasks.instance(), project) == UUID(project)
    tasks.fakes.replies["crud.find_existing_rows"] = {"project": []}
    with pytest.raises(NotFound):
        require_member(tasks.instance(), project)
