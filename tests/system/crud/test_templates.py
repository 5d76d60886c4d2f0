"""Project templates with all services: their columns, and several people at once."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.running import Caller, System
from tests.system.callers import logged_payloads
from tests.system.races import ROUNDS, at_once
from tests.world import World, ident

SKY: Final = ident("preview_background_file sky")


@pytest.fixture
def template(system: System, world: World) -> str:
    """A template that uses a type, a status and a background, with columns of several kinds."""
    made = world.add("project_template", "t", name="T", production_style="2d3d", fps="30")
    links = {"project_template_id": made}
    world.add("project_template_task_type_link", "a", task_type_id=world.task_type, **links)
    world.add("project_template_task_status_link", "a", task_status_id=world.status, **links)
    world.link(
        "project_template_preview_background_file_link", preview_background_file_id=SKY, **links
    )
    world.tables["project_template"][0]["metadata_descriptors"] = [
        {
            "name": "Sun Light",
            "entity_type": "Shot",
            "data_type": "string",
            "position": 7,
            "field_name": "other",
            "departments": [world.department, ident("gone"), "x"],
        },
        {"name": "Of a task", "entity_type": "Task", "task_type_id": world.task_type},
        # What no production could have is left out.
        {"name": "", "entity_type": "Shot"},
        {"name": "Without kind"},
        {"name": "Without task type", "entity_type": "Task"},
        {"name": "sun light", "entity_type": "Shot"},
        {"name": "Odd", "entity_type": "Planet"},
        {"name": "Odd", "entity_type": "Shot", "data_type": "smell"},
        "rubbish",
    ]
    system.load(world.tables)
    return made


def columns_of(admin: Caller, project: str) -> list[dict[str, Any]]:
    """The columns that a production adds."""
    rows: list[dict[str, Any]] = admin.get(f"/data/projects/{project}/metadata-descriptors").json()
    return rows


def test_applying_a_template_adds_its_columns_as_the_production_would(
    admin: Caller, world: World, template: str
) -> None:
    """Its key is made from the name; what the production has by that name already stays."""
    path = f"/data/projects/{world.project}/apply-template/{template}"
    for _ in range(2):
        shown = admin.post(path, {"odd": 1})
        assert (shown.status_code, shown.json()["fps"]) == (200, "30")
        found = {row["name"]: row for row in columns_of(admin, world.project)}
        added = {name: found[name] for name in ("Sun Light", "Of a task")}
        assert (added["Sun Light"]["field_name"], added["Sun Light"]["position"]) == (
            "sun_light",
            None,
        )
        assert added["Sun Light"]["departments"] == [world.department]
        assert added["Of a task"]["task_type_id"] == world.task_type
        assert [name for name in found if name.lower() in {"odd", "sun light", ""}] == ["Sun Light"]
    assert len(logged_payloads(admin, "metadata-descriptor:new", 2)) == 2
    assert len(logged_payloads(admin, "project:update", 2)) == 2
    made = admin.post(f"/data/project-templates/from-project/{world.project}", {"name": "Copy"})
    kept = {one["name"] for one in made.json()["metadata_descriptors"]}
    assert kept >= {"Sun Light", "Of a task"}
    (opened,) = (
        row for row in admin.get("/data/projects/open").json() if row["id"] == world.project
    )
    assert opened["task_type_links"] == {
        world.task_type: {
            "priority": None,
            "hd_bitrate_compression": None,
            "ld_bitrate_compression": None,
            "is_client_visible": True,
        }
    }
    assert opened["task_statuses_link"][world.status]["is_client_allowed"] is None


def test_a_production_made_from_a_template_has_its_columns(admin: Caller, template: str) -> None:
    """Its first episode, too, if it is a TV show."""
    body = {"name": "Show", "production_type": "tvshow", "project_template_id": template}
    made = admin.post("/data/projects", body).json()
    assert {row["name"] for row in columns_of(admin, made["id"])} >= {"Sun Light", "Of a task"}
    episodes = admin.get(f"/data/projects/{made['id']}/episodes").json()
    assert [row["id"] for row in episodes] == [made["first_episode_id"]]


@pytest.mark.parametrize("of", ["template", "production"])
def test_two_who_reorder_leave_one_order(
    system: System, admin: Caller, world: World, template: str, of: str
) -> None:
    """The first or the second one's, of all."""
    types = [admin.post("/data/task-types", new_type(n)).json()["id"] for n in range(6)]
    other = system.caller(world.admin)
    path = f"/actions/project-templates/{template}/task-types/reorder"
    if of == "production":
        path = f"/actions/projects/{world.project}/task-type-links/reorder"
        for kind in types:
            link = {"project_id": world.project, "task_type_id": kind}
            assert admin.post("/data/task-type-links", link).status_code == 201
    for _ in range(ROUNDS * 2):
        answers = at_once(
            lambda: admin.post(path, {"task_type_ids": types}),
            lambda: other.post(path, {"task_type_ids": types[::-1]}),
        )
        assert {answer.status_code for answer in answers} == {200}
        order = in_order(admin, world, template, of)
        assert [kind for kind in order if kind in types] in (types, types[::-1])
        assert len(set(order)) == len(order)


def in_order(admin: Caller, world: World, template: str, of: str) -> list[str]:
    """The task types by priority."""
    if of == "template":
        rows = admin.get(f"/data/project-templates/{template}/task-types").json()
        return [row["id"] for row in rows]
    (row,) = (one for one in admin.get("/data/projects/open").json() if one["id"] == world.project)
    return sorted(row["task_types_priority"], key=row["task_types_priority"].get)


def new_type(number: int) -> dict[str, Any]:
    """The body of a task type."""
    return {"name": f"Type {number}", "short_name": "t", "color": "#ffffff", "for_entity": "Shot"}


def test_a_template_applied_twice_at_once_doubles_nothing(
    system: System, admin: Caller, world: World, template: str
) -> None:
    """Neither links nor columns."""
    other = system.caller(world.admin)
    for number in range(ROUNDS):
        project = admin.post("/data/projects", {"name": f"P{number}"}).json()["id"]
        path = f"/data/projects/{project}/apply-template/{template}"
        answers = at_once(lambda p=path: admin.post(p, {}), lambda p=path: other.post(p, {}))
        assert {answer.status_code for answer in answers} == {200}
        row = admin.get(f"/data/projects/{project}").json()
        assert (row["task_types"], row["task_statuses"]) == ([world.task_type], [world.status])
        assert row["preview_background_files"] == [SKY]
        names = [one["name"] for one in columns_of(admin, project)]
        assert (names.count("Sun Light"), names.count("Of a task")) == (1, 1)


def test_a_template_deleted_meanwhile_is_applied_wholly_or_not(
    system: System, admin: Caller, world: World, template: str
) -> None:
    """The same of one that a production is made from."""
    other, row = system.caller(world.admin), world.tables["project_template"][0]
    for number in range(ROUNDS):
        project = admin.post("/data/projects", {"name": f"Q{number}"}).json()["id"]
        given = copied(admin, template, f"Copy {number}")
        path = f"/data/projects/{project}/apply-template/{given}"
        applied, gone = at_once(
            lambda p=path: admin.post(p, {}),
            lambda g=given: other.delete(f"/data/project-templates/{g}"),
        )
        assert gone.status_code == 204
        assert applied.status_code in {200, 404}
        after = admin.get(f"/data/projects/{project}").json()
        whole = ([world.task_type], [SKY], row["fps"])
        got = (after["task_types"], after["preview_background_files"], after["fps"])
        assert got == (whole if applied.status_code == 200 else ([], [], "25"))
        assert bool(columns_of(admin, project)) == (applied.status_code == 200)


def copied(admin: Caller, template: str, name: str) -> str:
    """A template like another."""
    body = {"name": f"From {name}", "project_template_id": template}
    project = admin.post("/data/projects", body).json()["id"]
    path = f"/data/project-templates/from-project/{project}"
    made: str = admin.post(path, {"name": name}).json()["id"]
    return made


def test_a_type_deleted_meanwhile_is_in_no_template(
    system: System, admin: Caller, world: World, template: str
) -> None:
    """Either it is refused, or the link is."""
    other = system.caller(world.admin)
    for number in range(ROUNDS):
        kind = admin.post("/data/task-types", new_type(number)).json()["id"]
        path = f"/data/project-templates/{template}/task-types"
        linked, gone = at_once(
            lambda p=path, k=kind: admin.post(p, {"task_type_id": k}),
            lambda k=kind: other.delete(f"/data/task-types/{k}?force=true"),
        )
        assert linked.status_code in {201, 400}
        used = kind in [row["id"] for row in admin.get(path).json()]
        assert used == (gone.status_code == 400 and linked.status_code == 201)
