"""Permissions of generic CRUD, role by role."""

from __future__ import annotations

from typing import Any

import pytest

from tests.running import Caller, System, until
from tests.world import World


def names(caller: Caller, path: str) -> set[str]:
    """The names in a list."""
    response = caller.get(path)
    assert response.status_code == 200, response.text
    return {row["name"] for row in response.json()}


@pytest.mark.parametrize("role", ["manager", "supervisor", "artist", "client"])
def test_lists_are_limited_to_own_open_productions(system: System, world: World, role: str) -> None:
    """Closed productions and those of others are left out."""
    caller = system.caller(world.people[role])
    assert names(caller, "/data/projects") == {"Film"}
    assert names(caller, "/data/entities") == {"Hero", "SQ1", "SH1"}
    assert names(caller, "/data/tasks") == {"main"}
    stranger = system.caller(world.people["stranger"])
    assert stranger.get("/data/projects").json() == []
    assert stranger.get("/data/entities").json() == []


def test_a_vendor_sees_only_their_assignments(system: System, world: World, admin: Caller) -> None:
    """Entities and tasks, in lists and single reads."""
    vendor = system.caller(world.people["vendor"])
    assert vendor.get("/data/entities").json() == []
    assert vendor.get("/data/tasks").json() == []
    assert vendor.get(f"/data/tasks/{world.task}").status_code == 403
    assert vendor.get(f"/data/entities/{world.asset}").status_code == 403
    admin.put(f"/data/tasks/{world.task}", {"assignees": [world.people["vendor"]]})
    assert names(vendor, "/data/entities") == {"Hero"}
    assert names(vendor, "/data/tasks") == {"main"}
    assert vendor.get(f"/data/tasks/{world.task}").status_code == 200
    assert vendor.get(f"/data/entities/{world.asset}").status_code == 200
    assert vendor.get(f"/data/entities/{world.shot}").status_code == 403


def test_a_new_team_member_has_access_at_once(system: System, world: World, admin: Caller) -> None:
    """A 403 is never decided by the cache."""
    stranger = system.caller(world.people["stranger"])
    assert stranger.get(f"/data/projects/{world.project}").status_code == 403
    body = admin.post("/data/projects", {"name": "New", "team": [world.people["stranger"]]}).json()
    assert stranger.get(f"/data/projects/{body['id']}").status_code == 200
    until(lambda: names(stranger, "/data/projects") == {"New"}, 1.0, "the list")


def test_only_administrators_list_complete_persons(system: System, world: World) -> None:
    """Others get the short form, managers the complete form of a single person."""
    artist = system.caller(world.people["artist"])
    manager = system.caller(world.people["manager"])
    reduced = {
        "id",
        "type",
        "first_name",
        "last_name",
        "full_name",
        "has_avatar",
        "active",
        "departments",
        "studio_id",
        "role",
        "desktop_login",
        "is_bot",
    }
    path = f"/data/persons/{world.people['client']}"
    assert all(set(row) == reduced for row in artist.get("/data/persons").json())
    assert set(artist.get(path).json()) == reduced
    assert manager.get(path).json()["email"] == "client@example.com"
    assert artist.get("/data/persons?email=client@example.com").status_code == 200
    assert artist.get("/data/persons?phone=1").status_code == 400


def test_people_edit_themselves_but_not_their_permissions(system: System, world: World) -> None:
    """Role, activity and departments are for administrators."""
    artist = system.caller(world.people["artist"])
    path = f"/data/persons/{world.people['artist']}"
    response = artist.put(path, {"first_name": "New", "role": "admin", "departments": []})
    assert response.status_code == 200
    assert response.json()["role"] == "user"
    assert response.json()["departments"] == [world.department]
    assert artist.put(f"/data/persons/{world.admin}", {"first_name": "X"}).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"priority": 2}, 200),
        ({"data": {"a": 1}}, 200),
        ({"name": "other"}, 403),
        ({"priority": 2, "assignees": []}, 403),
    ],
)
def test_supervisors_change_only_some_fields_of_a_task(
    system: System, world: World, body: dict[str, Any], status: int
) -> None:
    """Other fields are rejected."""
    supervisor = system.caller(world.people["supervisor"])
    assert supervisor.put(f"/data/tasks/{world.task}", body).status_code == status


def test_a_supervisor_of_another_department_is_forbidden(system: System, world: World) -> None:
    """The task type's department decides."""
    other = world.add("department", "rigging", name="Rigging", color="#000")
    world.link("department_link", person_id=world.people["supervisor"], department_id=other)
    system.load(world.tables)
    supervisor = system.caller(world.people["supervisor"])
    assert supervisor.put(f"/data/tasks/{world.task}", {"priority": 2}).status_code == 403


def test_data_is_merged_key_by_key(admin: Caller, world: World) -> None:
    """Of entities and tasks; concurrent changes of different keys are both kept."""
    path = f"/data/entities/{world.asset}"
    assert admin.put(path, {"data": {"size": 3}}).json()["data"] == {"mood": "calm", "size": 3}


def test_a_row_cannot_be_moved_into_another_production(admin: Caller, world: World) -> None:
    """An update ignores its production."""
    path = f"/data/entities/{world.asset}"
    assert admin.put(path, {"project_id": world.past}).json()["project_id"] == world.project


def test_managers_create_only_in_their_productions(system: System, world: World) -> None:
    """A missing production is an error; artists may not create."""
    manager = system.caller(world.people["manager"])
    body = {"name": "New", "entity_type_id": world.types["Character"]}
    assert manager.post("/data/entities", body).json() == {"message": "'project_id'"}
    here = manager.post("/data/entities", {**body, "project_id": world.project})
    assert here.status_code == 200
    assert here.json()["created_by"] == world.people["manager"]
    artist = system.caller(world.people["artist"])
    refused = artist.post("/data/entities", {**body, "project_id": world.project})
    assert refused.status_code == 403
