"""Somebody in thousands of productions works as anybody else, and so do the others meanwhile."""

from __future__ import annotations

from tests.running import System
from tests.world import World

PRODUCTIONS = 2000


def test_a_person_in_two_thousand_productions_works_as_anybody(system: System) -> None:
    """Reads, writes that ask other services, and a name as long as a message is refused."""
    world = World()
    artist = world.people["artist"]
    for number in range(PRODUCTIONS):
        name = f"production {number}"
        project = world.add("project", name, name=name, project_status_id=world.open)
        world.link("project_person_link", project_id=project, person_id=artist)
    system.load(world.tables)
    who = system.caller(artist)
    assert len(who.get("/data/projects").json()) == PRODUCTIONS + 1
    page = who.get("/data/tasks?page=1").json()
    assert [row["id"] for row in page["data"]] == [world.task]
    said = {"task_status_id": world.status, "comment": "Here it is"}
    response = who.post(f"/actions/tasks/{world.task}/comment", said)
    assert response.status_code == 201, response.text
    assert response.json()["person"]["id"] == artist
    assert who.put(f"/data/persons/{artist}", {"first_name": "x" * 1_000_000}).status_code == 400
    notes = {"data": {"notes": "x" * 1_000_000}}
    assert who.put(f"/data/persons/{artist}", notes).status_code in {200, 400}
    assert who.post(f"/actions/tasks/{world.task}/comment", said).status_code == 201
    assert system.caller(world.people["manager"]).get("/data/tasks?page=1").ok
