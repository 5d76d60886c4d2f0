"""What other services answer about productions and entities."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.contracts.assets.entities import EntityRow, EntityTypeRow
from services.common.contracts.auth.people import PersonRow
from services.common.contracts.crud.productions import ProductionRow
from tests.desk import Desk
from tests.examples import example
from tests.service.one_service import OneService
from tests.service.tasks.conftest import complete_person


@pytest.fixture(autouse=True)
def other_services(tasks: OneService, desk: Desk) -> None:
    """Names, and people as those who aren't managers see them."""

    def shown(ids: list[str]) -> list[dict[str, Any]]:
        people = (row for row in desk.tables["person"] if row["id"] in ids)
        return [reduced(complete_person(desk, row)) for row in people]

    def opened(person_id: str | None = None) -> list[str]:
        seats = desk.tables["project_person_link"]
        return [s["project_id"] for s in seats if person_id in {None, s["person_id"]}]

    tasks.fakes.replies |= {
        "crud.list_project_names": {desk.project: "Film", desk.other_project: "Other"},
        "crud.list_projects_in_brief": {},
        "crud.list_open_project_ids": opened,
        "crud.list_playlists_in_brief": {},
        "crud.read_plain": example(ProductionRow, name="Film"),
        "auth.list_persons_shown": shown,
        "assets.read_entity_with_ancestors": {
            "entity": example(EntityRow, name="Hero"),
            "entity_type": example(EntityTypeRow, name="Character"),
        },
        "assets.list_projects_of_entities": lambda ids: {
            row["id"]: row["project_id"] for row in desk.tables["entity"] if row["id"] in ids
        },
    }


def reduced(person: dict[str, Any]) -> dict[str, Any]:
    """A person as those who aren't managers see them."""
    return {name: person.get(name) for name in (*example(PersonRow), "departments")}
