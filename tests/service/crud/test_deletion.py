"""Deleting productions."""

from __future__ import annotations

import pytest

from services.common.errors import Integrity, Refused
from tests.running import SERVICES
from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World


@pytest.fixture
def crud(make_service: MakeService) -> OneService:
    """The service; rows of other services point at every production."""
    service = make_service("crud")
    service.fakes.replies |= {f"{name}.references_row": True for name in SERVICES}
    service.fill(World())
    return service


@pytest.mark.parametrize("query", [{}, {"force": "true"}])
def test_deleting_an_open_production_is_refused(crud: OneService, query: dict[str, str]) -> None:
    """Whatever references it, with or without ``force``."""
    arguments = {"path": "projects", "ident": crud.world.project, "query": query}
    with pytest.raises(Refused, match="Only closed projects can be deleted"):
        crud.call("admin", "delete_row", **arguments)


def test_deleting_a_closed_production_names_the_references_to_it(crud: OneService) -> None:
    """Unless ``force`` deletes them, too."""
    with pytest.raises(Integrity, match="records referencing this one"):
        crud.call("admin", "delete_row", path="projects", ident=crud.world.past)
