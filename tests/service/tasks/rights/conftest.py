"""What other services answer about productions and entities."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desk import Desk
from tests.service.one_service import OneService
from tests.service.tasks.conftest import complete_person


@pytest.fixture(autouse=True)
def other_services(tasks: OneService, desk: Desk) -> None:
    """Names, and people as those who aren't managers see them."""

    def shown(ids: list[str]) -> list[dict[str, Any]]:
        people = (row for row in desk.tables["person"] if row["id"] in ids)
        return [
            {name: complete_person(desk, row)[name] for name in ("id", "full_name", "departments")}
            for row in people
        ]

    def opened(person_id: str | None = None) -> list[str]:
        seats = desk.tables["project_person_link"]
        return [s["project_id"] for s in seats if person_id in {None, s["person_id"]}]

    tasks.fakes.replies |= {
        "crud.list_project_names": {desk.project: "Film", desk.other_project: "Other"},
        "crud.list_projects_in_brief": {},
        "crud.list_open_project_ids": opened,
        "crud.list_playlists_in_brief": {},
        "crud.read_plain": {"name": "Film"},
        "auth.list_persons_shown": shown,
        "assets.read_entity_with_ancestors": {"entity": {"name": "Hero"}},
        "assets.list_projects_of_entities": lambda ids: {
            row["id"]: row["project_id"] for row in desk.tables["entity"] if row["id"] in ids
        },
    }
