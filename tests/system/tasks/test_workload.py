"""Lists of tasks: of a person, of a production, waiting for feedback."""

from __future__ import annotations

from tests.desk import TASK, Desk
from tests.running import System
from tests.system.tasks.actions import post_comment
from tests.system.tasks.conftest import As


def test_a_person_s_tasks_are_listed(system: System, desk: Desk, who: As) -> None:
    """In open productions, done or not; with names and the last comment."""
    desk.task_on(desk.past_asset, "modeling", "artist", project_id=desk.past)
    done = desk.task_on(desk.prop, "rigging", "artist", task_status_id=desk.statuses["done"])
    shot = desk.task_on(desk.shots[1], "animation", "artist")
    system.load(desk.tables)
    rows = {row["id"]: row for row in who("artist").get("/data/user/tasks").json()}
    assert set(rows) == {desk.task, desk.concept_task, shot}
    assert [row["id"] for row in who("artist").get("/data/user/done-tasks").json()] == [done]
    row = rows[desk.task]
    around = {
        "project_name",
        "project_has_avatar",
        "entity_name",
        "entity_description",
        "entity_data",
        "entity_preview_file_id",
        "entity_source_id",
        "entity_type_name",
        "entity_canceled",
        "sequence_name",
        "episode_id",
        "episode_name",
        "task_type_for_entity",
        "task_estimation",
        "task_duration",
        "task_start_date",
        "task_due_date",
        "task_type_name",
        "task_status_name",
        "task_type_color",
        "task_status_color",
        "task_status_short_name",
        "assignees",
        "last_comment",
    }
    assert set(row) == TASK | around
    assert (row["entity_name"], row["entity_type_name"]) == ("Hero", "Character")
    assert row["last_comment"] == {
        "text": "Go",
        "date": "2026-01-05T10:00:00",
        "person_id": desk.people["artist"],
    }
    assert (rows[shot]["sequence_name"], rows[shot]["episode_name"]) == ("S01", "E01")
    assert rows[shot]["last_comment"] == {}
    path = f"/data/persons/{desk.people['artist']}/tasks"
    assert {row["id"] for row in who("manager").get(path).json()} == set(rows)
    assert who("colleague").get(path).status_code == 403


def test_tasks_on_cast_assets_name_the_episodes(system: System, desk: Desk, who: As) -> None:
    """By name; those on other entities have no such fields."""
    shot = desk.task_on(desk.shots[1], "animation", "artist")
    kind = next(row["id"] for row in desk.tables["entity_type"] if row["name"] == "Episode")
    first = desk.add(
        "entity", "E00", name="E00", project_id=desk.project, entity_type_id=kind, is_shared=False
    )
    for episode in (desk.episode, first):
        desk.add("entity_link", episode, entity_in_id=episode, entity_out_id=desk.asset)
    system.load(desk.tables)
    rows = {row["id"]: row for row in who("artist").get("/data/user/tasks").json()}
    assert rows[desk.task]["episode_ids"] == [first, desk.episode]
    assert rows[desk.task]["episode_names"] == ["E00", "E01"]
    assert not {"episode_ids", "episode_names"} & set(rows[shot])


def test_the_last_comment_is_never_a_client_s(system: System, desk: Desk, who: As) -> None:
    """The studio's comment before it is shown."""
    desk.add_comment("nicer please", "client", created_at="2026-03-01T10:00:00")
    system.load(desk.tables)
    rows = {row["id"]: row for row in who("artist").get("/data/user/tasks").json()}
    assert rows[desk.task]["last_comment"]["text"] == "Go"


def test_supervisors_list_tasks_that_wait_for_feedback(desk: Desk, who: As) -> None:
    """In their department; artists get none."""
    post_comment(who("artist"), desk, status="wfa")
    result = {
        name: [row["id"] for row in who(name).get("/data/user/tasks-to-check").json()]
        for name in ("admin", "manager", "supervisor", "modeler", "animator", "artist", "stranger")
    }
    assert result == {
        name: [desk.task] if name in {"admin", "manager", "supervisor", "modeler"} else []
        for name in result
    }


def test_a_production_s_tasks_are_paged(desk: Desk, who: As) -> None:
    """For the team; vendors get their own."""
    path = f"/data/projects/{desk.project}/tasks"
    assert len(who("artist").get(path).json()) == 4
    page = who("artist").get(f"{path}?page=1&limit=3").json()
    assert (len(page["data"]), page["total"], page["nb_pages"]) == (3, 4, 2)
    assert set(page["data"][0]) == TASK | {"assignees"}
    assert [row["id"] for row in who("hired").get(path).json()] == [desk.rigging]
    assert who("stranger").get(path).status_code == 403
