"""Fixtures: ``auth`` with the people of a small studio."""

from __future__ import annotations

import pytest

from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World


@pytest.fixture
def auth(make_service: MakeService, world: World) -> OneService:
    """The service with the studio's people; no other service references them."""
    service = make_service("auth")
    service.fakes.replies |= {
        f"{name}.references_row": False for name in ("assets", "tasks", "chat", "crud")
    }
    service.fakes.replies["crud.list_memberships"] = {world.project: ["supervisor", True]}
    service.fill(world)
    return service
