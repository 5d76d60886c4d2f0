"""What each role sees of playlists, files, schedules and events, and who writes which columns."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.common.errors import Forbidden, NotFound
from tests.service.conftest import MakeService
from tests.service.one_service import FORBIDDEN, OK, OneService
from tests.world import World, ident

INSTANCE = ident("instance of hero")
ROLES = ("manager", "supervisor", "artist", "client", "vendor")


def seat(world: World, who: str, role: str, project: str = "") -> None:
    """Give somebody a role of their own in a production."""
    for row in world.tables["project_person_link"]:
        if (row["project_id"], row["person_id"]) == (
            project or world.project,
            world.people[who],
        ):
            row["role"] = role


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service; nobody works on anything."""
    found = make_service("crud")
    nothing = {"read": False, "act": False}
    plain = {
        world.asset: {"id": world.asset, "project_id": world.project},
        world.shot: {"id": world.shot, "project_id": world.project},
        INSTANCE: {"id": INSTANCE, "asset_id": world.asset},
    }
    found.fakes.replies |= {
        "assets.read_plain": lambda ident, **_: plain[ident],
        "assets.list_projects_of_entities": lambda ids: dict.fromkeys(ids, world.project),
        "tasks.read_plain": {
            "id": world.task,
            "entity_id": world.asset,
            "project_id": world.project,
        },
        "tasks.list_projects_of_tasks": lambda ids: dict.fromkeys(ids, world.project),
        "tasks.read_rights_on_task": nothing,
        "tasks.read_rights_on_entity": nothing,
        **{
            f"{name}.{method}": answer
            for name in ("auth", "assets", "tasks")
            for method, answer in (
                ("find_existing_rows", lambda tables: tables),
                ("references_row", False),
            )
        },
    }
    world.add("playlist", "dailies", name="Dailies", project_id=world.project, shots=[])
    world.add(
        "playlist", "review", name="Review", project_id=world.project, shots=[], for_client=True
    )
    world.add(
        "output_file",
        "cache",
        name="o1",
        entity_id=world.asset,
        revision=1,
        file_status_id=ident("file_status ok"),
        canceled=False,
    )
    return found


def listed(crud: OneService, who: str, path: str, **query: str) -> list[str] | str:
    """The names of what somebody sees in a list, or the kind of the refusal."""
    found = crud.outcomes([who], "list_rows", path=path, query=query)[who]
    if found != OK:
        return found
    rows = crud.call(who, "list_rows", path=path, query=query)
    return sorted(row["name"] for row in (rows if isinstance(rows, list) else rows["data"]))


@pytest.mark.parametrize("query", [{}, {"page": "1"}], ids=["whole", "paged"])
@pytest.mark.parametrize("path", ["playlists", "working-files", "output-files"])
def test_a_vendor_of_a_production_lists_nothing_of_it(
    crud: OneService, world: World, path: str, query: dict[str, str]
) -> None:
    """Whatever their role in the studio; a vendor of the studio is refused."""
    for who in ("manager", "artist"):
        for project in (world.project, world.past):
            seat(world, who, "vendor", project)
    crud.fill(world)
    crud.tick("fill_productions")
    for who in ("manager", "artist"):
        assert listed(crud, who, path, **query) == []
    assert listed(crud, "supervisor", path, **query)
    assert listed(crud, "client", path, **query)
    assert listed(crud, "vendor", path, **query) == FORBIDDEN


def test_a_client_reads_playlists_for_clients_only(crud: OneService, world: World) -> None:
    """By id, as in every list; a vendor none."""
    seat(world, "artist", "client")
    crud.fill(world)
    for who in ("client", "artist"):
        assert listed(crud, who, "playlists") == ["Review"]
        rows = crud.call(who, "list_project_playlists", project_id=world.project)
        assert [row["name"] for row in rows] == ["Review"]
    for name, want in (("dailies", FORBIDDEN), ("review", OK)):
        asked = {"path": "playlists", "ident": ident(f"playlist {name}")}
        found = crud.outcomes(["supervisor", "client", "artist", "vendor"], "read_row", **asked)
        assert found == {"supervisor": OK, "client": want, "artist": want, "vendor": FORBIDDEN}


@pytest.mark.parametrize("kind", ["schedule-items", "milestones"])
def test_plans_are_for_the_studio(crud: OneService, world: World, kind: str) -> None:
    """By the role in the production; milestones by id as well."""
    seat(world, "supervisor", "client")
    stone = world.add("milestone", "end", name="End", project_id=world.project)
    crud.fill(world)
    want = dict.fromkeys(ROLES, FORBIDDEN) | {"manager": OK, "artist": OK}
    assert crud.outcomes(ROLES, "list_plans", project_id=world.project, kind=kind) == want
    assert crud.outcomes(ROLES, "read_row", path="milestones", ident=stone) == want


def test_links_of_schedule_versions_are_for_the_studio(crud: OneService, world: World) -> None:
    """One by one, as in lists."""
    version = ident("production_schedule_version a")
    link = world.add(
        "production_schedule_version_task_link",
        "hero",
        production_schedule_version_id=version,
        task_id=world.task,
    )
    crud.fill(world)
    want = dict.fromkeys(ROLES, OK) | {"client": FORBIDDEN, "vendor": FORBIDDEN}
    path = "production-schedule-version-task-links"
    assert crud.outcomes(ROLES, "read_row", path=path, ident=link) == want
    query = {"project_id": world.project}
    assert crud.outcomes(ROLES, "list_rows", path=path, query=query) == want


def test_plans_are_made_and_dropped_by_managers(crud: OneService, world: World) -> None:
    """Items of schedules and versions of them, in their own productions."""
    foreign = world.add("project", "foreign", name="Foreign", project_status_id=world.open)
    crud.fill(world)
    for service in ("auth", "assets", "tasks", "chat"):
        crud.fakes.replies[f"{service}.references_row"] = False
    rows = {"schedule-items": {}, "production-schedule-versions": {"name": "Plan"}}
    for path, values in rows.items():
        for project, want in ((world.project, OK), (foreign, FORBIDDEN)):
            data = {**values, "project_id": project}
            made = crud.outcomes(["manager"], "create_row", path=path, data=data)
            assert made == {"manager": want}
        row = crud.rows(path.replace("-", "_").removesuffix("s"))[-1]
        others = [role for role in ROLES if role not in {"admin", "manager"}]
        asked = {"path": path, "ident": str(row["id"])}
        assert set(crud.outcomes(others, "delete_row", **asked).values()) == {FORBIDDEN}
        assert crud.outcomes(["manager"], "delete_row", **asked) == {"manager": OK}


def test_events_are_for_managers_of_their_production(crud: OneService, world: World) -> None:
    """Who manages in the studio only, and is something else there, reads none of them."""
    for name, project in (("here", world.project), ("past", world.past), ("nowhere", None)):
        world.add("api_event", name, name=f"{name}:new", project_id=project, data={})
    seat(world, "manager", "client")
    seat(world, "artist", "manager")
    crud.fill(world)

    def seen(who: str, **query: list[str]) -> list[str]:
        return sorted(row["name"] for row in crud.call(who, "list_last_events", query=query))

    assert seen("manager") == ["past:new"]
    assert seen("artist") == seen("artist", project_id=[world.project]) == ["here:new"]
    asked = {"query": {"project_id": [world.project]}}
    people = ("manager", "artist", "supervisor", "stranger")
    want = dict.fromkeys(people, FORBIDDEN) | {"artist": OK}
    assert crud.outcomes(people, "list_last_events", **asked) == want
    assert seen("admin") == ["here:new", "nowhere:new", "past:new"]


def test_a_file_is_its_callers_unless_a_manager_says_whose(crud: OneService, world: World) -> None:
    """A working file and an output; the role in the production decides."""
    standing = {"read": True, "act": True}
    crud.fakes.replies |= {
        "tasks.read_rights_on_task": standing,
        "tasks.read_rights_on_entity": standing,
    }
    seat(world, "supervisor", "manager")
    crud.fill(world)
    other = world.people["client"]
    (kind,) = (row["id"] for row in world.tables["output_type"])
    output = {"output_type_id": kind, "task_type_id": world.task_type, "person_id": other}
    for number, who in enumerate(("artist", "supervisor", "admin")):
        want = world.people["artist"] if who == "artist" else other
        named = {"name": f"of {number}", "person_id": other}
        made = crud.call(who, "new_working_file", task_id=world.task, data=named)
        assert made["person_id"] == want
        assert (
            crud.call(who, "new_output_file", ident=world.asset, data=output)["person_id"] == want
        )


def test_an_instance_out_of_reach_has_no_output(crud: OneService, world: World) -> None:
    """Neither made, nor is its next revision told."""
    standing = {"read": True, "act": True}
    crud.fakes.replies |= {
        "tasks.read_rights_on_entity": standing,
        "assets.find_existing_rows": Forbidden("not yours"),
    }
    crud.fill(world)
    (kind,) = (row["id"] for row in world.tables["output_type"])
    data = {"output_type_id": kind, "task_type_id": world.task_type}
    asked = {"ident": INSTANCE, "temporal_id": world.shot, "data": data}
    for method in ("new_output_file", "read_next_output_revision"):
        assert crud.outcomes(["artist"], method, **asked) == {"artist": FORBIDDEN}


@pytest.mark.parametrize(
    ("path", "column"), [("working-files", "task_id"), ("output-files", "entity_id")]
)
def test_a_file_moves_only_to_where_its_caller_works(
    crud: OneService, world: World, path: str, column: str
) -> None:
    """It could not have been made there."""
    own = {"working-files": world.task, "output-files": world.asset}[path]
    works = {"read_rights_on_task": "tasks", "read_rights_on_entity": "tasks"}
    for method, service in works.items():
        crud.fakes.replies[f"{service}.{method}"] = lambda ident: {
            "read": ident == own,
            "act": ident == own,
        }
    crud.fill(world)
    table = {"working-files": "working_file", "output-files": "output_file"}[path]
    (row,) = crud.rows(table)
    change = {"path": path, "ident": str(row["id"])}
    crud.call("artist", "update_row", **change, data={column: own, "description": "kept"})
    with pytest.raises(Forbidden):
        crud.call("artist", "update_row", **change, data={column: ident("elsewhere")})
    assert crud.rows(table)[0][column] == UUID(own)


def test_a_supervisor_keeps_the_subject_of_a_schedule_item(crud: OneService, world: World) -> None:
    """Its period is theirs to change; what it is for, a manager's."""
    item = world.add(
        "schedule_item",
        "modeling",
        project_id=world.project,
        task_type_id=world.task_type,
        start_date="2030-01-01",
    )
    crud.fill(world)
    change = {"path": "schedule-items", "ident": item}
    same = {"start_date": "2030-01-02", "task_type_id": world.task_type, "object_id": None}
    crud.call("supervisor", "update_row", **change, data=same)
    for data in ({"object_id": world.asset}, {"task_type_id": None}):
        with pytest.raises(Forbidden, match="to manage the production"):
            crud.call("supervisor", "update_row", **change, data=data)
        crud.call("manager", "update_row", **change, data=data)


def test_a_day_off_moves_to_another_person_by_an_administrator_only(
    crud: OneService, world: World
) -> None:
    """Its own person may send theirs back."""
    mine, other = world.people["artist"], world.people["client"]
    body = {"person_id": mine, "date": "2030-01-07", "end_date": "2030-01-08"}
    made = crud.call("artist", "create_row", path="day-offs", data=body)
    change = {"path": "day-offs", "ident": made["id"]}
    crud.call("artist", "update_row", **change, data={**made, "description": "Away"})
    with pytest.raises(Forbidden, match="an administrator"):
        crud.call("artist", "update_row", **change, data={"person_id": other})
    moved = crud.call("admin", "update_row", **change, data={"person_id": other})
    assert (moved["person_id"], moved["description"]) == (other, "Away")


@pytest.mark.parametrize(
    ("departments", "outcome"), [([], OK), (["theirs"], OK), (["another"], FORBIDDEN)]
)
def test_days_off_are_read_by_those_who_plan_the_persons_work(
    crud: OneService, world: World, departments: list[str], outcome: str
) -> None:
    """Managers with the reason, supervisors of the department without, others not at all."""
    days = {"date": "2026-03-02", "end_date": "2026-03-06", "description": "A wedding"}
    artist = world.people["artist"]
    day_off = world.add("day_off", "wedding", person_id=artist, **days)
    for name in departments:
        other = world.department if name == "theirs" else world.add("department", name, name=name)
        seat = {"person_id": world.people["supervisor"], "department_id": other}
        world.link("department_link", **seat)
    crud.fakes.replies["auth.list_full_persons"] = {
        artist: {"id": artist, "departments": [world.department]}
    }
    crud.fill(world)
    listed = crud.outcomes(ROLES, "list_absences", person_id=artist)
    read = crud.outcomes(ROLES, "read_row", path="day-offs", ident=day_off)
    assert listed == read
    assert read == {
        "manager": OK,
        "supervisor": outcome,
        "artist": OK,
        "client": FORBIDDEN,
        "vendor": FORBIDDEN,
    }
    for who, told in (("manager", True), ("artist", True), ("supervisor", False)):
        if read[who] == OK:
            row = crud.call(who, "read_row", path="day-offs", ident=day_off)
            (shown,) = crud.call(who, "list_absences", person_id=artist)
            assert ("description" in row, "description" in shown) == (told, told)


def test_nobody_says_who_created_a_playlist(crud: OneService, world: World) -> None:
    """A supervisor may change those that they made."""
    crud.fill(world)
    playlist = ident("playlist dailies")
    data: dict[str, Any] = {"created_by": world.people["supervisor"], "name": "Weeklies"}
    row = crud.call("manager", "update_row", path="playlists", ident=playlist, data=data)
    assert (row["name"], row["created_by"]) == ("Weeklies", None)


def test_what_is_not_there_is_not_found_by_anybody(crud: OneService, world: World) -> None:
    """A refusal would tell that it is."""
    crud.fill(world)
    for who in ("manager", "client", "vendor"):
        with pytest.raises(NotFound):
            crud.call(who, "read_row", path="playlists", ident=ident("nobody"))
