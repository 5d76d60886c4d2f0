"""A production's own columns."""

from __future__ import annotations

from typing import Any

import pytest

from tests.running import Caller, System
from tests.show import Show
from tests.system.callers import logged_payloads, statuses


@pytest.fixture
def path(show: Show) -> str:
    """Where the production's descriptors are."""
    return f"/data/projects/{show.project}/metadata-descriptors"


def test_a_descriptor_gets_its_key_from_its_name(show: Show, admin: Caller, path: str) -> None:
    """And reads back with its departments."""
    body = {"name": "Render Layer", "departments": [show.department, show.asset]}
    response = admin.post(path, body)
    assert response.status_code == 201
    made = response.json()
    assert (made["field_name"], made["entity_type"], made["data_type"]) == (
        "render_layer",
        "Asset",
        "string",
    )
    assert (made["choices"], made["for_client"]) == ([], False)
    assert "departments" not in made
    [row] = admin.get(path).json()
    assert row["departments"] == [show.department]
    assert admin.get(f"{path}/{made['id']}").json() == row
    assert logged_payloads(admin, "metadata-descriptor:new") == [
        {"metadata_descriptor_id": made["id"], "project_id": show.project}
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"name": "Mood"}, "Metadata descriptor already exists."),
        ({"name": "mood!"}, "Metadata descriptor already exists."),
        ({"name": "A", "data_type": "smell"}, "Invalid data_type"),
        ({"name": "A", "entity_type": "Ghost"}, "Wrong entity type."),
        ({"name": "!!"}, "The name needs a letter or a digit."),
        ({"name": " "}, "Validation error."),
    ],
)
def test_what_makes_no_descriptor_is_refused(
    admin: Caller, path: str, body: dict[str, Any], message: str
) -> None:
    """Names and keys are unique for a kind of entity in a production."""
    assert admin.post(path, {"name": "Mood"}).status_code == 201
    response = admin.post(path, body)
    assert response.status_code == 400
    assert response.json()["message"].startswith(message)
    assert admin.post(path, {"name": "Mood", "entity_type": "Shot"}).status_code == 201


def test_a_new_name_takes_the_values_along(show: Show, admin: Caller, path: str) -> None:
    """And a removed descriptor its values; other kinds and productions keep theirs."""
    ident = admin.post(path, {"name": "Mood"}).json()["id"]
    for entity in (show.prop, show.shot, show.foreign):
        admin.put(f"/data/entities/{entity}", {"data": {"mood": "dark", "kept": 1}})
    response = admin.put(f"{path}/{ident}", {"name": "State of mind", "for_client": True})
    assert response.status_code == 200
    assert (response.json()["field_name"], response.json()["for_client"]) == ("state_of_mind", True)

    def data(entity: str) -> Any:
        return admin.get(f"/data/entities/{entity}").json()["data"]

    assert data(show.prop) == {"state_of_mind": "dark", "kept": 1}
    assert data(show.asset) == {"state_of_mind": "calm"}
    assert data(show.shot) == data(show.foreign) == {"mood": "dark", "kept": 1}
    assert admin.delete(f"{path}/{ident}").status_code == 204
    assert data(show.prop) == {"kept": 1}
    assert admin.get(path).json() == []
    assert admin.delete(f"{path}/{ident}").status_code == 404
    logged_payloads(admin, "metadata-descriptor:update")
    logged_payloads(admin, "metadata-descriptor:delete")


def test_descriptors_are_kept_by_managers(system: System, show: Show, path: str) -> None:
    """And by supervisors without a department; clients see those meant for them."""
    created = [
        system.caller(show.people[role]).post(path, {"name": f"Of {role}"}).status_code
        for role in ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
    ]
    assert created == [201, 201, 201, 403, 403, 403, 403]
    assert statuses(system, show, "GET", path) == [200] * 6 + [403]
    client = system.caller(show.people["client"])
    assert client.get(path).json() == []
    manager = system.caller(show.people["manager"])
    manager.post(path, {"name": "For all", "for_client": True})
    assert [row["name"] for row in client.get(path).json()] == ["For all"]


def test_a_supervisor_keeps_the_descriptors_of_their_departments(
    system: System, show: Show, path: str
) -> None:
    """Not those of others, nor those of nobody."""
    other = show.add("department", "fx", name="FX", color="#000")
    show.link("department_link", person_id=show.people["supervisor"], department_id=show.department)
    system.load(show.tables)
    supervisor, manager = (system.caller(show.people[r]) for r in ("supervisor", "manager"))
    own = supervisor.post(path, {"name": "Own", "departments": [show.department]})
    assert own.status_code == 201
    assert supervisor.post(path, {"name": "B", "departments": [other]}).status_code == 403
    assert supervisor.post(path, {"name": "C"}).status_code == 403
    mine, theirs = own.json()["id"], manager.post(path, {"name": "D"}).json()["id"]
    assert supervisor.put(f"{path}/{mine}", {"position": 1}).status_code == 200
    assert supervisor.put(f"{path}/{mine}", {"departments": [other]}).status_code == 403
    assert supervisor.put(f"{path}/{theirs}", {"position": 1}).status_code == 403
    assert supervisor.delete(f"{path}/{theirs}").status_code == 403
    assert supervisor.delete(f"{path}/{mine}").status_code == 204
