"""Tasks: creation, assignment, reads, deletion."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.desk import EVERYBODY, TASK, Desk
from tests.running import Caller, System
from tests.system.tasks.actions import codes_of, events_until, task_of
from tests.system.tasks.conftest import As
from tests.world import ident

NAMES = {
    "task_status_name",
    "task_status_short_name",
    "task_status_color",
    "task_type_name",
    "task_type_color",
    "task_type_priority",
}


def make(
    caller: Caller, desk: Desk, kind: str, body: Any = None, query: str = ""
) -> requests.Response:
    """Create tasks of a suitable type for entities of a kind."""
    types = {"assets": "rigging", "concepts": "drawing"}
    task_type = desk.kinds[types.get(kind, "animation")]
    path = f"/actions/projects/{desk.project}/task-types/{task_type}/{kind}/create-tasks{query}"
    return caller.post(path, body)


def names(desk: Desk, rows: list[dict[str, Any]]) -> list[str]:
    """The names of the tasks' entities."""
    known = {row["id"]: row["name"] for row in desk.tables["entity"]}
    return [known[row["entity_id"]] for row in rows]


# --- making -------------------------------------------------------------------------------------


def test_tasks_are_created_for_the_listed_entities(system: System, desk: Desk, who: As) -> None:
    """In their order; repeating it creates none."""
    wanted = [desk.prop, desk.boat, desk.asset, desk.foreign]
    with events_until(system, "task:new", 2) as found:
        answer = make(who("manager"), desk, "assets", wanted)
    assert answer.status_code == 201, answer.text
    rows = answer.json()
    assert names(desk, rows) == ["Tree", "Boat"]
    assert set(rows[0]) == TASK | NAMES | {"assignees"}
    assert rows[0] == {
        **rows[0],
        "name": "main",
        "task_status_id": desk.status,
        "assignees": [],
        "assigner_id": desk.people["manager"],
        "duration": 0.0,
        "estimation": 0.0,
        "task_status_short_name": "todo",
        "task_type_name": "Rigging",
        "task_type_priority": 2,
    }
    assert [payload for _, payload in found] == [
        {"task_id": row["id"], "project_id": desk.project} for row in rows
    ]
    assert make(who("manager"), desk, "assets", wanted).json() == []


@pytest.mark.parametrize(
    ("asked", "want"),
    [
        (("assets", [], ""), ["Boat", "Tree"]),
        (("assets", None, ""), ["Boat", "Tree"]),
        (("assets", {}, ""), ["Boat", "Tree"]),
        (("assets", [], "?name=Tree"), ["Tree"]),
        (("shots", [], ""), ["P02", "SH1"]),
        (("shots", [], "?parent_id=opening"), ["P02"]),
        (("shots", [], "?id=shot"), ["P02"]),
        (("edits", [], ""), []),
        (("sequence", [], ""), None),
    ],
)
def test_without_a_list_tasks_are_created_for_all_of_a_kind(
    desk: Desk, who: As, asked: tuple[str, Any, str], want: list[str] | None
) -> None:
    """Filtered by the entities' columns."""
    kind, body, query = asked
    query = query.replace("opening", desk.opening).replace("=shot", f"={desk.shots[1]}")
    answer = make(who("manager"), desk, kind, body, query)
    assert answer.status_code == 201, answer.text
    assert sorted(names(desk, answer.json())) == (["S01", "SQ1"] if want is None else want)


@pytest.mark.parametrize(
    ("kind", "want"),
    [("sequence", ["S01", "SQ1"]), ("Episode", ["E01", "E02"]), ("scene", ["SC01"])],
)
def test_the_kind_is_case_insensitive(desk: Desk, who: As, kind: str, want: list[str]) -> None:
    """An unknown one is not found."""
    path = f"/actions/projects/{desk.project}/task-types/{desk.task_type}/create-tasks"
    response = who("manager").post(f"{path}/{kind}", [])
    assert response.status_code == 201, response.text
    assert sorted(names(desk, response.json())) == want
    assert who("manager").post(f"{path}/nothing", []).status_code == 404


def test_sequences_may_be_filtered_by_episode(desk: Desk, who: As) -> None:
    """Their parent."""
    path = f"/actions/projects/{desk.project}/task-types/{desk.task_type}/create-tasks/sequence"
    response = who("manager").post(f"{path}?episode_id={desk.episode}", [])
    assert names(desk, response.json()) == ["S01"]


@pytest.mark.parametrize(
    ("body", "want", "message"),
    [
        ("text", 400, "Request body must be a JSON array."),
        ({"a": 1}, 400, "Request body must be a JSON array."),
        (["nonsense"], 400, "Request body must only contain valid UUIDs."),
        ([3], 400, "Request body must only contain valid UUIDs."),
        ([ident("nothing")], 404, ""),
        (["shot"], 404, ""),
    ],
)
def test_an_invalid_list_creates_no_task(
    desk: Desk, who: As, body: Any, want: int, message: str
) -> None:
    """Not even for its valid entities."""
    if body == ["shot"]:
        body = [desk.shots[0]]
    if want == 404:
        body = [desk.prop, *body]
    answer = make(who("manager"), desk, "assets", body)
    assert answer.status_code == want
    assert message in answer.json()["message"]
    assert who("admin").get(f"/data/assets/{desk.prop}/tasks").json() == []


def test_an_unknown_type_creates_no_task(desk: Desk, who: As) -> None:
    """Nor a malformed one."""
    for wrong in (ident("nothing"), "nonsense"):
        path = f"/actions/projects/{desk.project}/task-types/{wrong}/assets/create-tasks"
        assert who("manager").post(path, []).status_code == 404


def test_managers_create_tasks(system: System, desk: Desk) -> None:
    """For concepts all of the team except clients and vendors."""
    for kind, task_type, may in (
        ("assets", "rigging", {"admin", "manager"}),
        ("concepts", "drawing", {"admin", "manager", "supervisor", "artist", "colleague"}),
    ):
        path = (
            f"/actions/projects/{desk.project}/task-types/{desk.kinds[task_type]}/{kind}"
            "/create-tasks"
        )
        codes = codes_of(system, desk, EVERYBODY, "POST", path, [])
        assert {name for name, status in codes.items() if status == 201} == may
        assert set(codes.values()) == {201, 403}


@pytest.mark.parametrize("path", ["concepts/create-tasks", "create-tasks/concept"])
def test_concepts_start_with_their_own_status(
    system: System, desk: Desk, who: As, path: str
) -> None:
    """Created on first use, once."""
    mood = desk.entity("Other mood", "Concept")
    system.load(desk.tables)
    base = f"/actions/projects/{desk.project}/task-types/{desk.kinds['drawing']}/{path}"
    with events_until(system, "task:new") as found:
        (task,) = who("manager").post(base, [mood]).json()
    assert (task["task_status_name"], task["task_status_color"]) == ("Neutral", "#CCCCCC")
    assert [name for name, _ in found] == ["task-status:new", "task:new"]
    (status,) = who("admin").get("/data/task-status?short_name=neutral").json()
    assert (status["for_concept"], status["is_default"]) == (True, True)


def test_tasks_of_several_types_are_created_for_an_entity(
    system: System, desk: Desk, who: As
) -> None:
    """By any member of the studio in the team."""
    path, body = f"/data/entities/{desk.prop}/tasks", {"task_type_ids": list(desk.kinds.values())}
    rows = who("colleague").post(path, body).json()
    assert [row["task_type_id"] for row in rows] == list(desk.kinds.values())
    assert who("colleague").post(path, {}).status_code == 400
    codes = codes_of(system, desk, ("artist", "client", "vendor", "stranger"), "POST", path, body)
    assert list(codes.values()) == [201, 403, 403, 403]
    wrong = f"/data/entities/{ident('nothing')}/tasks"
    assert who("colleague").post(wrong, body).status_code == 404


# --- changing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "may"),
    [
        ({"priority": 2}, {"admin", "manager", "supervisor", "modeler"}),
        (
            {"estimation": 60, "due_date": "2026-03-01"},
            {"admin", "manager", "supervisor", "modeler"},
        ),
        ({"name": "second"}, {"admin", "manager"}),
        ({"priority": 2, "assignees": []}, {"admin", "manager"}),
    ],
)
def test_each_role_changes_its_fields_of_a_task(
    system: System, desk: Desk, body: dict[str, Any], may: set[str]
) -> None:
    """Managers all, supervisors of the department a few."""
    everybody = (*EVERYBODY, "modeler", "animator")
    codes = codes_of(system, desk, everybody, "PUT", f"/data/tasks/{desk.task}", body)
    assert {name for name, status in codes.items() if status == 200} == may
    assert set(codes.values()) == {200, 403}


def test_data_is_merged_key_by_key(desk: Desk, who: As) -> None:
    """And a date without a time is midnight."""
    manager, path = who("manager"), f"/data/tasks/{desk.task}"
    manager.put(path, {"data": {"a": 1, "b": 2}})
    row = manager.put(path, {"data": {"b": 3}, "due_date": "2026-03-01"}).json()
    assert (row["data"], row["due_date"]) == ({"a": 1, "b": 3}, "2026-03-01T00:00:00")
    assert "assignees" not in row
    assert manager.put(path, {"difficulty": 9}).status_code == 400


def test_each_new_assignee_gets_an_event_and_a_notification(
    system: System, desk: Desk, who: As
) -> None:
    """The caller gets no notification."""
    ids = {"task_id": desk.task, "project_id": desk.project}
    body = {"assignees": [desk.people["colleague"], desk.people["manager"]]}
    with events_until(system, "task:unassign") as found:
        who("manager").put(f"/data/tasks/{desk.task}", body)
    told = [(name, payload.get("person_id")) for name, payload in found]
    assert ("task:unassign", desk.people["artist"]) in told
    assert {p for n, p in told if n == "task:assign"} == set(body["assignees"])
    assert [p for n, p in told if n == "notification:new"] == [desk.people["colleague"]]
    assert found[0] == ("task:update", ids)


def test_a_status_set_by_an_update_changes_no_date(system: System, desk: Desk, who: As) -> None:
    """And emits no ``task:status-changed``."""
    with events_until(system, "task:update") as found:
        who("manager").put(f"/data/tasks/{desk.task}", {"task_status_id": desk.statuses["done"]})
    task = task_of(who("admin"), desk.task)
    assert (task["task_status_id"], task["done_date"]) == (desk.statuses["done"], None)
    assert [name for name, _ in found] == ["task:update"]


# --- showing ------------------------------------------------------------------------------------


def test_a_task_is_shown_with_its_relations(desk: Desk, who: As) -> None:
    """Complete persons without secrets."""
    who("artist").post(f"/actions/user/tasks/{desk.task}/subscribe", {})
    response = who("artist").get(f"/data/tasks/{desk.task}/full")
    assert response.status_code == 200, response.text
    row = response.json()
    assert set(row) == TASK | {
        "assignees",
        "entity",
        "entity_type",
        "project",
        "task_type",
        "task_status",
        "persons",
        "assigner",
        "is_subscribed",
    }
    kinds = {name: row[name]["type"] for name in ("entity", "entity_type", "project")}
    assert kinds == {"entity": "Entity", "entity_type": "EntityType", "project": "Project"}
    assert (row["task_type"]["type"], row["task_status"]["type"]) == ("TaskType", "TaskStatus")
    assert row["is_subscribed"] is True
    assert [one["id"] for one in row["persons"]] == [desk.people["artist"]]
    assert row["assigner"]["id"] == desk.people["manager"]
    assert "departments" in row["assigner"]
    for person in (*row["persons"], row["assigner"]):
        assert not {"password", "totp_secret", "fido_devices"} & set(person)
    assert "departments" not in row["persons"][0]
    assert not {"task_types", "team"} & (set(row["entity_type"]) | set(row["project"]))


def test_a_shot_s_task_includes_sequence_and_episode(desk: Desk, who: As) -> None:
    """An asset's doesn't; without an assigner that key is absent."""
    row = who("manager").get(f"/data/tasks/{desk.animation_task}/full").json()
    assert (row["sequence"]["id"], row["episode"]["id"]) == (desk.opening, desk.episode)
    assert "assigner" not in row
    assert row["is_subscribed"] is False
    row = who("manager").get(f"/data/tasks/{desk.task}/full").json()
    assert not {"sequence", "episode"} & set(row)


def test_reading_a_task_requires_access(system: System, desk: Desk) -> None:
    """A vendor needs a task on the entity."""
    for path in (f"/data/tasks/{desk.task}", f"/data/tasks/{desk.task}/full"):
        codes = codes_of(system, desk, (*EVERYBODY, "hired"), "GET", path)
        assert {name for name, status in codes.items() if status == 403} == {"vendor", "stranger"}
    assert codes_of(system, desk, ("admin",), "GET", f"/data/tasks/{ident('x')}/full") == {
        "admin": 404
    }


@pytest.mark.parametrize("relations", [False, True])
def test_an_entity_lists_its_tasks(desk: Desk, who: As, relations: bool) -> None:
    """By name, with related names."""
    query = "?relations=true" if relations else ""
    rows = who("artist").get(f"/data/assets/{desk.asset}/tasks{query}").json()
    assert {row["id"] for row in rows} == {desk.task, desk.rigging}
    more = {
        "project_name",
        "task_type_name",
        "task_status_name",
        "entity_type_name",
        "entity_name",
    }
    assert set(rows[0]) == TASK | more | ({"assignees"} if relations else set())
    assert {row["entity_type_name"] for row in rows} == {"Character"}


def test_an_entity_lists_the_types_of_its_tasks(system: System, desk: Desk, who: As) -> None:
    """Each once, for the entity's readers; the kind must match."""
    rows = who("artist").get(f"/data/assets/{desk.asset}/task-types").json()
    assert sorted(row["name"] for row in rows) == ["Modeling", "Rigging"]
    assert who("artist").get(f"/data/assets/{desk.prop}/task-types").json() == []
    for what in ("tasks", "task-types"):
        assert who("artist").get(f"/data/shots/{desk.asset}/{what}").status_code == 404
        codes = codes_of(
            system, desk, ("vendor", "stranger"), "GET", f"/data/assets/{desk.asset}/{what}"
        )
        assert set(codes.values()) == {403}
    assert who("client").get(f"/data/concepts/{desk.concept}/tasks").status_code == 403


# --- removing -----------------------------------------------------------------------------------


def test_deleting_a_referenced_task_requires_force(system: System, desk: Desk, who: As) -> None:
    """And a manager."""
    path = f"/data/tasks/{desk.task}"
    codes = codes_of(
        system, desk, ("supervisor", "artist", "client"), "DELETE", f"{path}?force=true"
    )
    assert set(codes.values()) == {403}
    assert who("manager").delete(path).status_code == 400
    with events_until(system, "task:delete") as told:
        assert who("manager").delete(f"{path}?force=true").status_code == 204
    assert dict(told)["task:delete"] == {
        "task_id": desk.task,
        "entity_id": desk.asset,
        "task_type_id": desk.task_type,
        "project_id": desk.project,
    }
    assert who("manager").get(path).status_code == 404
    assert who("manager").get(f"/data/comments/{desk.comment}").status_code == 404


def test_several_tasks_are_deleted_in_one_call(desk: Desk, who: As) -> None:
    """By ids, except those of other productions; or all of a type."""
    elsewhere = {"project_id": desk.other_project}
    path = f"/actions/projects/{elsewhere['project_id']}/delete-tasks"
    assert who("manager").post(path, [desk.task]).json() == []
    path = f"/actions/projects/{desk.project}/delete-tasks"
    assert who("artist").post(path, [desk.task]).status_code == 403
    assert who("manager").post(path, [desk.task, ident("nothing")]).json() == [desk.task]
    path = f"/actions/projects/{desk.project}/task-types/{desk.kinds['rigging']}/delete-tasks"
    assert who("artist").delete(path).status_code == 403
    assert who("manager").delete(path).status_code == 204
    assert who("admin").get(f"/data/assets/{desk.asset}/tasks").json() == []
