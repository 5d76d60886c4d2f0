"""Fixtures: ``assets`` with a series in production."""

from __future__ import annotations

import pytest

from tests.running import SERVICES
from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.show import Show


@pytest.fixture
def show() -> Show:
    """A series in production; what a test adds before ``assets.fill(show)`` is there."""
    return Show()


@pytest.fixture
def assets(make_service: MakeService, show: Show) -> OneService:
    """The service with the show's rows; nobody is assigned to any task."""
    names = {row["id"]: row["name"] for row in show.tables["project"]}
    service = make_service("assets")
    service.fakes.replies |= {
        **{f"{name}.references_row": False for name in SERVICES},
        "crud.list_project_names": lambda ids: {one: names[one] for one in ids if one in names},
        "tasks.list_assigned_entities": [],
        "tasks.is_assigned_to_entity": False,
        "tasks.read_change_version": 1,
    }
    service.fill(show)
    return service
