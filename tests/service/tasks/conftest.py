"""Fixtures: ``tasks`` with a series in production, and fakes of its neighbours."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import pytest

from services.common.contracts.shapes import ShortPerson
from tests.desk import Desk
from tests.running import SERVICES
from tests.service.conftest import MakeService
from tests.service.one_service import OneService

#: The fields of a person that other services embed.
SHORT_PERSON: Final = tuple(ShortPerson.__struct_fields__)


@pytest.fixture
def desk() -> Desk:
    """A series in production; tests may add rows before ``tasks.fill(desk)``."""
    return Desk()


@pytest.fixture
def tasks(make_service: MakeService, desk: Desk) -> OneService:
    """The service with the desk's rows."""
    service = make_service("tasks")
    service.fakes.replies |= fake_replies(desk)
    service.fill(desk)
    return service


def fake_replies(desk: Desk) -> dict[str, Any]:
    """The answers of the other services, derived from the desk's rows."""
    tables = desk.tables

    def mentionable(ids: list[str]) -> dict[str, Any]:
        members: dict[str, list[str]] = {}
        for link in tables["department_link"]:
            if link["person_id"] in ids:
                members.setdefault(link["department_id"], []).append(link["person_id"])
        return {
            "people": {row["id"]: full_name(row) for row in tables["person"] if row["id"] in ids},
            "departments": {row["id"]: row["name"] for row in tables["department"]},
            "members": members,
        }

    def existing(**asked: dict[str, list[str]]) -> dict[str, list[str]]:
        return {
            name: [row["id"] for row in tables[name] if row["id"] in ids]
            for name, ids in asked["tables"].items()
        }

    def entities(ids: list[str]) -> dict[str, Any]:
        return {
            row["id"]: description_of(desk, row) for row in tables["entity"] if row["id"] in ids
        }

    return {
        **{f"{name}.references_row": False for name in SERVICES},
        **_teams(desk),
        "crud.read_production_rules": {"max_retakes": 0, "status_automations": []},
        "crud.seat_assignee": True,
        "crud.find_existing_rows": existing,
        "auth.find_existing_rows": existing,
        "auth.list_full_persons": partial(complete_persons, desk),
        "auth.list_short_persons": partial(short_persons, desk),
        "auth.list_mentionable": mentionable,
        "assets.describe_entities": entities,
    }


def complete_persons(desk: Desk, ids: list[str]) -> dict[str, Any]:
    """People as ``auth`` returns them to services, by id."""
    people = desk.tables["person"]
    return {row["id"]: complete_person(desk, row) for row in people if row["id"] in ids}


def short_persons(desk: Desk, ids: list[str]) -> dict[str, Any]:
    """People in the form that other answers embed, by id."""
    people = complete_persons(desk, ids)
    return {key: {name: row[name] for name in SHORT_PERSON} for key, row in people.items()}


def _teams(desk: Desk) -> dict[str, Any]:
    """What ``crud`` and ``auth`` tell of people's roles."""

    def seats(project_id: str) -> dict[str, str | None]:
        links = desk.tables["project_person_link"]
        return {s["person_id"]: s.get("role") for s in links if s["project_id"] == project_id}

    def client_roles(project_ids: list[str]) -> dict[str, Any]:
        found = {}
        for project in project_ids:
            roles = {person: role for person, role in seats(project).items() if role}
            found[project] = {
                "clients": [person for person, role in roles.items() if role == "client"],
                "others": [person for person, role in roles.items() if role != "client"],
                "isolated": desk.row("project", project).get("is_clients_isolated", False),
            }
        return found

    def roles(project_ids: list[str], person_ids: list[str]) -> dict[str, Any]:
        held = {
            project: {one: role for one, role in seats(project).items() if one in person_ids}
            for project in project_ids
        }
        return {project: found for project, found in held.items() if found}

    def clients() -> list[str]:
        return [row["id"] for row in desk.tables["person"] if row["role"] == "client"]

    return {
        "crud.list_team": seats,
        "crud.list_client_roles": client_roles,
        "crud.list_roles": roles,
        "auth.list_clients": clients,
    }


def complete_person(desk: Desk, person: dict[str, Any]) -> dict[str, Any]:
    """A person as ``auth`` returns them to services."""
    links = desk.tables["department_link"]
    mine = [link["department_id"] for link in links if link["person_id"] == person["id"]]
    shown = {name: value for name, value in person.items() if name != "password"}
    return {
        "type": "Person",
        "studio_id": None,
        "has_avatar": False,
        **shown,
        "full_name": full_name(person),
        "departments": mine,
    }


def full_name(person: dict[str, Any]) -> str:
    """First and last name."""
    return f"{person['first_name']} {person['last_name']}"


def description_of(desk: Desk, entity: dict[str, Any]) -> dict[str, Any]:
    """An entity as ``assets`` describes it."""
    (kind,) = (name for name, ident in desk.types.items() if ident == entity["entity_type_id"])
    reserved = {"Shot", "Scene", "Sequence", "Episode", "Edit", "Concept"}
    above = entity.get("parent_id")
    return {
        "name": entity["name"],
        "type_name": kind,
        "parent_name": desk.row("entity", above)["name"] if above else None,
        "episode_name": None,
        "kind": kind if kind in reserved else "Asset",
        "data": entity.get("data"),
        "project_id": entity["project_id"],
        "created_by": entity.get("created_by"),
        "parent_id": entity.get("parent_id"),
        "episode_id": None,
        "preview_file_id": None,
    }
