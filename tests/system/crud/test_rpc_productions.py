"""The context that clients load at start-up, and lists of productions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.running import Caller, System, until
from tests.show import Show
from tests.world import TEAM, World

CONTEXT = "/data/user/context"
KEYS = {
    "asset_types",
    "custom_actions",
    "departments",
    "notification_count",
    "persons",
    "plugins",
    "preview_background_files",
    "project_roles",
    "project_status",
    "projects",
    "search_filters",
    "search_filter_groups",
    "status_automations",
    "studios",
    "task_status",
    "task_types",
}
REDUCED = {
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

#: What clients are shown of people.
BRIEF = REDUCED - {"departments", "studio_id", "desktop_login"}


def context(system: System, world: World, role: str) -> dict[str, Any]:
    """The context of a client."""
    response = system.caller(world.people[role]).get(CONTEXT)
    assert response.status_code == 200, response.text
    row: dict[str, Any] = response.json()
    return row


@pytest.fixture
def described(system: System) -> Show:
    """A series with descriptors for clients, for a department, and for all; one for itself."""
    show = Show()
    common = {"project_id": show.project, "entity_type": "Asset", "data_type": "string"}
    show.add("metadata_descriptor", "all", name="A", field_name="a", for_client=False, **common)
    show.add("metadata_descriptor", "client", name="B", field_name="b", for_client=True, **common)
    bound = show.add("metadata_descriptor", "own", name="C", field_name="c", **common)
    show.link(
        "department_metadata_descriptor_link",
        metadata_descriptor_id=bound,
        department_id=show.department,
    )
    show.add(
        "metadata_descriptor",
        "project",
        name="D",
        field_name="d",
        for_client=True,
        **{**common, "entity_type": "Project"},
    )
    system.load(show.tables)
    return show


def test_the_context_has_every_key_for_every_role(system: System, world: World) -> None:
    """The user limit is for administrators, complete persons for managers, few for clients."""
    for role in world.people:
        result = context(system, world, role)
        assert set(result) == KEYS | ({"user_limit"} if role == "admin" else set())
        person = next(p for p in result["persons"] if p["id"] == world.people["artist"])
        if role == "client":
            assert set(person) == BRIEF
            assert world.people["stranger"] not in {p["id"] for p in result["persons"]}
        else:
            assert len(result["persons"]) == len(world.people)
            assert person["departments"] == [world.department]
            assert (set(person) == REDUCED) is (role not in {"admin", "manager"})
        assert len(result["task_types"]) == len(result["task_status"]) == 1
        assert {kind["type"] for kind in result["asset_types"]} == {"AssetType"}
        assert result["asset_types"][0]["task_types"] == []


def test_productions_of_the_context_are_the_open_ones_of_the_team(
    system: System, world: World
) -> None:
    """All open ones for administrators, none for a stranger."""
    for role in world.people:
        result = context(system, world, role)["projects"]
        names = [project["name"] for project in result]
        assert names == ([] if role == "stranger" else ["Film"])


def test_guests_are_not_in_the_context_and_bots_may_not_read_it(system: System) -> None:
    """Inactive people and bots are in it: tasks refer to them."""
    world = World()
    world.person("guest", "client")
    world.tables["person"][-1]["is_guest"] = True
    world.person("gone", "user")
    world.tables["person"][-1]["active"] = False
    world.person("robot", "admin")
    robot = world.tables["person"][-1]
    robot.update(is_bot=True, jti="robot")
    system.load(world.tables)
    names = {p["first_name"] for p in context(system, world, "artist")["persons"]}
    assert {"Gone", "Robot"} <= names
    assert "Guest" not in names
    caller = system.caller(robot["id"], identity_type="bot", jti="robot")
    assert caller.get(CONTEXT).status_code == 403
    assert caller.get("/data/projects/open").status_code == 200
    assert caller.get("/data/user/filters").status_code == 403


def test_descriptors_depend_on_the_role(system: System, described: Show) -> None:
    """A client sees those for clients, a vendor those for all or their department."""

    def seen(role: str) -> list[str]:
        projects = context(system, described, role)["projects"]
        film = next(p for p in projects if p["id"] == described.project)
        return [descriptor["name"] for descriptor in film["descriptors"]]

    assert seen("admin") == seen("artist") == ["A", "B", "C", "D"]
    assert seen("client") == ["B", "D"]
    assert seen("vendor") == ["A", "B", "D"]
    described.link(
        "department_link", person_id=described.people["vendor"], department_id=described.department
    )
    system.load(described.tables)
    assert seen("vendor") == ["A", "B", "C", "D"]
    [project] = [
        d
        for p in context(system, described, "admin")["projects"]
        for d in p["descriptors"]
        if d["name"] == "C"
    ]
    assert project == {
        "id": project["id"],
        "name": "C",
        "field_name": "c",
        "data_type": "string",
        "choices": [],
        "for_client": False,
        "entity_type": "Asset",
        "task_type_id": None,
        "position": None,
        "departments": [described.department],
    }


def test_an_open_production_includes_its_settings(
    system: System, world: World, admin: Caller
) -> None:
    """Lists of ids, priorities and boards by id."""
    settings = f"/data/projects/{world.project}/settings"
    admin.post(f"{settings}/task-types", {"task_type_id": world.task_type, "priority": 4})
    admin.post(f"{settings}/task-status", {"task_status_id": world.status})
    [film] = admin.get("/data/projects/open").json()
    assert set(film["team"]) == {world.people[name] for name in TEAM}
    assert film["task_types"] == [world.task_type]
    assert film["task_types_priority"] == {world.task_type: 4}
    assert film["task_statuses"] == [world.status]
    assert film["task_statuses_link"] == {
        world.status: {
            "priority": None,
            "roles_for_board": ["user", "admin", "supervisor", "manager", "vendor"],
            "is_client_allowed": None,
        }
    }
    assert "first_episode_id" not in film


def test_a_tv_show_has_its_first_running_episode(system: System) -> None:
    """Otherwise the first by name."""
    show = Show()
    project = next(row for row in show.tables["project"] if row["id"] == show.project)
    project["production_type"] = "tvshow"
    episodes = [row for row in show.tables["entity"] if row["id"] == show.episode]
    system.load(show.tables)
    admin = system.caller(show.admin)

    def first() -> str:
        body = admin.get("/data/projects/open?name=Film").json()
        return str(body[0]["first_episode_id"])

    assert first() == show.episode
    episodes[0]["status"] = "complete"
    system.load(show.tables)
    assert first() == show.next_episode


@pytest.mark.parametrize("role", [*TEAM, "admin"])
def test_a_production_is_read_as_it_is_listed(system: System, described: Show, role: str) -> None:
    """With what it uses, the first episode and the descriptors that the reader's role sees."""
    show = described
    project = next(row for row in show.tables["project"] if row["id"] == show.project)
    project["production_type"] = "tvshow"
    system.load(show.tables)
    admin, reader = (
        system.caller(show.admin),
        system.caller({**show.people, "admin": show.admin}[role]),
    )
    settings, path = f"/data/projects/{show.project}/settings", f"/data/projects/{show.project}"
    admin.post(f"{settings}/task-types", {"task_type_id": show.task_type, "priority": 4})
    admin.post(f"{settings}/task-status", {"task_status_id": show.status})
    [listed] = reader.get("/data/projects/open?name=Film").json()
    answer = reader.get(path)
    assert answer.json() == {**listed, "project_status_name": "Open"}
    assert reader.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304

    bare = reader.get(f"{path}?relations=false").json()
    assert bare.keys() == listed.keys() - OF_LISTED | {"project_status_name"}
    # What other services own changes the answer, and who changed it reads it at once.
    column = {"name": "Later", "entity_type": "Shot", "data_type": "string", "for_client": True}
    made = admin.post(f"{path}/metadata-descriptors", column)
    assert made.status_code == 201, made.text
    assert made.json()["id"] in {one["id"] for one in admin.get(path).json()["descriptors"]}
    changed = reader.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert changed.status_code == 200


#: What only the lists of open productions and single reads with lists show.
OF_LISTED = {
    "asset_types",
    "descriptors",
    "first_episode_id",
    "preview_background_files",
    "status_automations",
    "task_statuses",
    "task_statuses_link",
    "task_type_links",
    "task_types",
    "task_types_priority",
    "team",
}


def test_open_productions_are_filtered_by_exact_name(admin: Caller) -> None:
    """Case-sensitive."""
    assert [p["name"] for p in admin.get("/data/projects/open?name=Film").json()] == ["Film"]
    assert admin.get("/data/projects/open?name=film").json() == []


def test_all_productions_are_listed_for_administrators(system: System, described: Show) -> None:
    """Others get those of their teams, whatever the status."""
    admin, artist = system.caller(described.admin), system.caller(described.people["artist"])
    body = admin.get("/data/projects/all").json()
    assert [p["name"] for p in body] == ["Film", "Other", "Past"]
    assert [p["project_status_name"] for p in body] == ["Open", "Open", "Closed"]
    assert [d["name"] for d in body[0]["descriptors"]] == ["D"]
    assert "team" not in body[0]
    own = artist.get("/data/projects/all").json()
    assert [p["name"] for p in own] == ["Film", "Past"]
    assert "descriptors" not in own[0]
    assert "project_status_name" not in own[0]
    [like] = admin.get("/data/projects/all?name=PAST").json()
    assert like["name"] == "Past"
    assert "descriptors" not in like
    assert admin.get("/data/projects/all?name=Nothing").status_code == 404
    assert artist.get("/data/projects/all?name=Nothing").json() == []


def test_explicit_project_roles_are_included(system: System, world: World) -> None:
    """Only these."""
    world.tables["project_person_link"][2]["role"] = "supervisor"
    system.load(world.tables)
    assert context(system, world, "artist")["project_roles"] == {world.project: "supervisor"}
    assert context(system, world, "manager")["project_roles"] == {}


def test_an_unchanged_context_is_a_304(system: System, world: World, admin: Caller) -> None:
    """A change in any of the four services changes it, right after the write."""
    project = f"/data/projects/{world.project}"
    changes = (
        ("PUT", f"/data/persons/{world.people['artist']}", {"first_name": "New"}),
        ("PUT", f"/data/task-types/{world.task_type}", {"color": "#000001"}),
        ("PUT", f"/data/entity-types/{world.types['Character']}", {"short_name": "ch"}),
        ("POST", f"{project}/metadata-descriptors", {"name": "Mood"}),
        ("PUT", project, {"code": "flm"}),
        ("POST", f"{project}/settings/task-types", {"task_type_id": world.task_type}),
        ("POST", "/data/user/filters", {"list_type": "asset", "name": "a", "query": "b"}),
        ("POST", f"/data/projects/{world.project}/team", {"person_id": world.people["stranger"]}),
    )
    tag = admin.get(CONTEXT).headers["ETag"]
    for method, path, body in changes:
        assert admin.get(CONTEXT, headers={"If-None-Match": tag}).status_code == 304
        assert admin.send(method, path, body).ok, path
        changed = admin.get(CONTEXT, headers={"If-None-Match": tag})
        assert changed.status_code == 200, path
        tag = changed.headers["ETag"]


def test_only_unread_notifications_are_counted(system: System, world: World) -> None:
    """A former context is outdated."""
    for number in range(3):
        world.add(
            "notification",
            str(number),
            person_id=world.people["artist"],
            type="comment",
            author_id=world.people["manager"],
            task_id=world.task,
            read=number == 0,
            change=False,
            comment_id=world.comment if number else None,
            reply_id=world.task if number == 2 else None,
        )
    system.load(world.tables)
    artist = system.caller(world.people["artist"])
    first = artist.get(CONTEXT)
    assert first.json()["notification_count"] == 2
    artist.post("/actions/user/notifications/mark-all-as-read", {})
    held = {"If-None-Match": first.headers["ETag"]}

    def counted() -> bool:
        again = artist.get(CONTEXT, headers=held)
        return again.status_code == 200 and again.json()["notification_count"] == 0

    until(counted, what="a context without unread notifications")
