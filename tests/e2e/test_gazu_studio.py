"""``gazu``'s productions, people, own things and studios, as they come."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import gazu
import pytest
from PIL import Image

from tests.system import System
from tests.world import World, ident

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def client(system: System, world: World) -> Iterator[None]:
    """Logged in as the administrator."""
    world.add("status_automation", "a", entity_type="asset", out_field_type="status")
    system.load(world.tables)
    gazu.cache.disable()
    gazu.set_host(f"{system.base}/api")
    gazu.log_in("admin@example.com", "mypassword")
    yield
    gazu.log_out()


def test_productions_are_found(client: None, world: World) -> None:
    """By status, id and name."""
    assert [p["name"] for p in gazu.project.all_open_projects()] == ["Film"]
    assert {p["name"] for p in gazu.project.all_projects()} == {"Film", "Past"}
    assert {s["name"] for s in gazu.project.all_project_status()} == {"Open", "Closed"}
    status = gazu.project.get_project_status_by_name("Open")
    assert status is not None
    assert status["id"] == world.open
    assert gazu.project.get_project(world.project)["name"] == "Film"
    found = gazu.project.get_project_by_name("Film")
    assert found is not None
    assert world.project in gazu.project.get_project_url(found)


def test_a_production_is_made_changed_closed_and_removed(client: None, world: World) -> None:
    """Its whole life."""
    made = gazu.project.new_project("Short", production_style="3d")
    gazu.project.update_project({"id": made["id"], "code": "sh"})
    gazu.project.update_project_data(made, {"mood": "calm"})
    assert gazu.project.get_project(made["id"])["data"] == {"mood": "calm"}
    gazu.project.close_project(made)
    assert "Short" not in {p["name"] for p in gazu.project.all_open_projects()}
    gazu.project.remove_project(made, force=True)
    assert gazu.project.get_project_by_name("Short") is None


def test_a_production_chooses_what_it_uses(client: None, world: World) -> None:
    """Types, statuses, automations and backgrounds, added, listed, and taken away."""
    project = gazu.project
    film = {"id": world.project}
    automation, background = ident("status_automation a"), ident("preview_background_file sky")
    project.add_asset_type(film, world.types["Character"])
    project.add_task_type(film, world.task_type, 3)
    project.add_task_status(film, world.status)
    project.add_status_automation(film, {"status_automation_id": automation})
    project.add_preview_background_file(film, {"preview_background_file_id": background})
    listed = {
        world.task_type: project.get_project_task_types(film),
        world.status: project.get_project_task_statuses(film),
        automation: project.all_status_automations(film),
        background: project.get_preview_background_files(film),
    }
    assert {key: [row["id"] for row in rows] for key, rows in listed.items()} == {
        key: [key] for key in listed
    }
    project.remove_task_type(film, world.task_type)
    project.remove_task_status(film, world.status)
    project.remove_status_automation(film, automation)
    project.remove_preview_background_file(film, background)
    assert project.get_project_task_types(film) == []
    assert project.get_preview_background_files(film) == []


def test_descriptors_of_a_production(client: None, world: World) -> None:
    """Made, found, changed and removed."""
    project = gazu.project
    film = {"id": world.project}
    made = project.add_metadata_descriptor(film, "Render Layer", "Asset")
    assert project.get_metadata_descriptor(film, made["id"])["name"] == "Render Layer"
    found = project.get_metadata_descriptor_by_field_name(film, "render_layer")
    assert found is not None
    assert found["id"] == made["id"]
    project.update_metadata_descriptor(film, {"id": made["id"], "name": "Layer"})
    assert [d["name"] for d in project.all_metadata_descriptors(film)] == ["Layer"]
    project.remove_metadata_descriptor(film, made["id"])
    assert project.all_metadata_descriptors(film) == []


def test_a_team_is_kept(client: None, world: World) -> None:
    """Joined, given a role, left."""
    project, film, stranger = gazu.project, {"id": world.project}, world.people["stranger"]
    project.add_person_to_team(film, stranger)
    project.update_team_member_role(film, stranger, "supervisor")
    team = {person["id"]: person["project_role"] for person in project.get_team(film)}
    assert team[stranger] == "supervisor"
    project.remove_person_from_team(film, stranger)
    assert stranger not in {person["id"] for person in project.get_team(film)}


def test_milestones_of_a_production(client: None, world: World) -> None:
    """In the order of their days."""
    film = {"id": world.project}
    for name, day in (("Late", "2030-02-01"), ("Early", "2030-01-01")):
        gazu.client.create("milestones", {"name": name, "date": day, "project_id": world.project})
    assert [row["name"] for row in gazu.project.get_milestones(film)] == ["Early", "Late"]


def test_people_are_found(client: None, world: World) -> None:
    """By mail, log-in and name."""
    person, artist = gazu.person, world.people["artist"]
    assert len(person.all_persons()) == len(world.people)
    assert person.get_person(artist)["id"] == artist
    for found in (
        person.get_person_by_email("artist@example.com"),
        person.get_person_by_desktop_login("artist.desk"),
        person.get_person_by_full_name("Artist Example"),
    ):
        assert found is not None
        assert found["id"] == artist
    assert person.get_organisation()["name"] == "The Studio"
    assert len(person.all_organisations()) == 1


def test_people_come_and_go(client: None, world: World, tmp_path: Path) -> None:
    """With a picture, a department, a password and a bot."""
    person = gazu.person
    made = person.new_person("New", "Person", "new@example.com")
    person.update_person({"id": made["id"], "phone": "123"})
    person.add_person_to_department(made, world.department)
    assert person.get_person(made["id"], relations=True)["departments"] == [world.department]
    person.remove_person_from_department(made, world.department)
    assert person.get_person(made["id"], relations=True)["departments"] == []
    picture = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(picture, "PNG")
    (tmp_path / "me.png").write_bytes(picture.getvalue())
    person.set_avatar(made, str(tmp_path / "me.png"))
    person.change_password_for_person(made, "a-long-password")
    person.invite_person(made)
    assert person.get_person(made["id"])["has_avatar"] is True
    bot = person.new_bot("Robot", "robot@example.com")
    person.update_bot({"id": bot["id"], "last_name": "Two"})
    person.remove_bot(bot, force=True)
    person.remove_person(made, force=True)
    assert person.get_person_by_email("new@example.com") is None


def test_departments_and_studios(client: None, world: World) -> None:
    """The studio's own lists."""
    person = gazu.person
    made = person.new_department("Editing", color="#fff")
    person.update_department({"id": made["id"], "color": "#000"})
    found = person.get_department_by_name("Editing")
    assert found is not None
    assert person.get_department(found["id"])["color"] == "#000"
    person.remove_department(made)
    assert [d["name"] for d in person.all_departments()] == ["Modeling"]
    studio = gazu.studio
    [north] = studio.all_studios()
    assert studio.get_studio(north["id"]) == studio.get_studio_by_name("North") == north
    studio.update_studio({"id": north["id"], "color": "#123456"})
    studio.remove_studio(north)
    assert studio.all_studios() == []


def test_absences(client: None, world: World) -> None:
    """Written, changed, removed."""
    person = gazu.person
    away = person.new_day_off(world.people["artist"], "2030-01-07", "2030-01-08")
    person.update_day_off({"id": away["id"], "description": "Ski"})
    assert person.get_day_off(away["id"])["description"] == "Ski"
    assert [row["id"] for row in person.get_day_offs(world.people["artist"])] == [away["id"]]
    person.remove_day_off(away)
    assert person.get_day_offs(world.people["artist"]) == []


def test_own_things(client: None, world: World) -> None:
    """The context, searches, and whether one is logged in."""
    user = gazu.user
    assert user.is_authenticated()
    assert [p["name"] for p in user.get_context()["projects"]] == ["Film"]
    made = user.new_filter("Props", "type=props", "asset", world.project)
    user.update_filter({**made, "name": "All props"})
    [row] = user.all_filters()["asset"][world.project]  # type: ignore[call-overload]
    assert (row["name"], row["search_query"]) == ("All props", "type=props")
    user.remove_filter(made)
    assert user.all_filters() == {}
    group = gazu.client.post("data/user/filter-groups", {"name": "G", "list_type": "asset"})
    assert user.get_filter_group(group)["name"] == "G"
    user.update_filter_group({"id": group["id"], "name": "H"})
    assert user.all_filter_groups()["asset"]["all"][0]["name"] == "H"  # type: ignore[call-overload]
    user.remove_filter_group(group)
    assert user.all_filter_groups() == {}
    user.log_desktop_session_log_in()
    assert len(user.all_desktop_login_logs()) == 1
    assert user.all_chats() == []
