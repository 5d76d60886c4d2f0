"""What was said of the day, what is taken back, and everybody goes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import gazu

from tests.running import until
from tests.system.day.script import Day, Step, fails, ids, unknown


def read_what_happened(day: Day) -> None:
    def told(name: str) -> list[dict[str, str]]:
        return gazu.sync.get_last_events(limit=1000, project=day.project, name=name)

    shots = {row["data"]["shot_id"] for row in told("shot:new")}
    assert shots == set(ids(day.shots))
    assert {row["data"]["task_id"] for row in told("task:assign")} >= {day.modeling["id"]}
    assert told("comment:new")
    assert told("task:status-changed")
    assert told("preview-file:add-file")
    assert "shot:new" in gazu.client.get("data/events/names")


def keep_a_copy_in_the_cache(day: Day) -> None:
    gazu.cache.enable()
    try:
        before = gazu.shot.get_shot(day.shots[2]["id"])
        gazu.client.put(f"data/entities/{before['id']}", {"description": "Changed"})
        assert gazu.shot.get_shot(before["id"]) == before
        gazu.cache.clear_all()
        assert gazu.shot.get_shot(before["id"])["description"] == "Changed"
    finally:
        gazu.cache.disable()


def log_in_from_a_desktop_tool(day: Day) -> None:
    me = day.as_["artist"]
    gazu.user.log_desktop_session_log_in(client=me)
    assert len(gazu.user.all_desktop_login_logs(client=me)) == 1


def read_and_write_any_row(day: Day) -> None:
    made = gazu.client.create(
        "softwares",
        {"name": day.unique_name("Blender"), "short_name": "bl", "file_extension": "blend"},
    )
    gazu.files.update_software({"id": made["id"], "short_name": "bld"})
    assert gazu.files.get_software(made["id"])["short_name"] == "bld"
    assert gazu.files.get_software_by_name(day.unique_name("Blender"))["id"] == made["id"]
    assert made["id"] in ids(gazu.files.all_softwares())
    assert (
        gazu.client.fetch_first("softwares", {"name": day.unique_name("Blender")})["id"]
        == made["id"]
    )
    gazu.client.delete(f"data/softwares/{made['id']}")
    assert gazu.files.get_software_by_name(day.unique_name("Blender")) is None
    kind = gazu.files.new_output_type(day.unique_name("Cache"), "abc")
    assert gazu.files.get_output_type(kind["id"])["short_name"] == "abc"
    assert gazu.files.get_output_type_by_name(day.unique_name("Cache"))["id"] == kind["id"]
    status = gazu.files.new_file_status(day.unique_name("Good"), "#0f0")
    assert gazu.files.get_file_status(status["id"])["color"] == "#0f0"
    assert gazu.files.get_file_status_by_name(day.unique_name("Good"))["id"] == status["id"]


def take_back_comments_and_previews(day: Day) -> None:
    gazu.task.remove_comment(day.noted)
    assert unknown(gazu.task.get_comment, day.noted["id"])
    gazu.files.remove_preview_file(day.movie)
    assert gazu.shot.all_previews_for_shot(day.shots[0]) == {}


def set_aside_what_was_worked_on(day: Day) -> None:
    gazu.shot.remove_shot(day.shots[0])
    assert gazu.shot.get_shot(day.shots[0]["id"])["canceled"] is True
    gazu.shot.restore_shot(day.shots[0])
    assert gazu.shot.get_shot(day.shots[0]["id"])["canceled"] is False
    gone = gazu.entity.remove_entities(day.project, [day.hero, day.oar])
    assert set(gone) == {day.hero["id"], day.oar["id"]}
    assert gazu.asset.get_asset(day.hero["id"])["canceled"] is True
    assert unknown(gazu.asset.get_asset, day.oar["id"])


def remove_tasks_and_entities(day: Day) -> None:
    task, film = gazu.task, day.project
    task.remove_task(day.editing)
    assert unknown(task.get_task, day.editing["id"])
    assert task.remove_tasks_batch(film, [day.done_task]) == [day.done_task["id"]]
    task.remove_tasks_for_type(film, day.types["animation"])
    assert task.all_tasks_for_task_type(film, day.types["animation"]) == []
    gazu.shot.remove_shot(day.shots[1], force=True)
    gazu.edit.remove_edit(day.cut, force=True)
    gazu.concept.remove_concept(day.mood, force=True)
    gazu.asset.remove_asset(day.hero, force=True)
    assert unknown(gazu.asset.get_asset, day.hero["id"])
    gazu.shot.remove_episode(day.next_episode, force=True)
    assert ids(gazu.shot.all_episodes_for_project(film)) == [day.episode["id"]]
    left = partial(task.all_tasks_for_person, day.people["artist"])
    until(lambda: not left(), what="no task of entities that are gone")


def close_and_remove_the_production(day: Day) -> None:
    project = gazu.project
    project.close_project(day.project)
    assert day.project["id"] not in ids(project.all_open_projects())
    project.remove_project(day.project, force=True)
    assert project.get_project_by_name(day.unique_name("Film")) is None
    for path in ("tasks", "entities"):
        of_it = {"project_id": day.project["id"]}
        until(lambda: not gazu.client.fetch_all(path, of_it), what=f"{path} gone with it")  # noqa: B023


def let_go(remove: Callable[[], Any]) -> None:
    """Remove what is held until the last that pointed at it has followed the production."""
    held = gazu.exception.ParameterException
    until(lambda: not fails(held, remove), what="nothing left that points at it")


def remove_what_the_day_needed(day: Day) -> None:
    gazu.client.delete(f"data/status-automations/{day.automation['id']}")
    for kind in day.types.values():
        let_go(partial(gazu.task.remove_task_type, kind, force=True))
    for status in day.statuses.values():
        let_go(partial(gazu.client.delete, f"data/task-status/{status['id']}"))
    for kind in (day.character, day.prop):
        let_go(partial(gazu.asset.remove_asset_type, kind))
    gazu.studio.remove_studio(day.studio)
    assert day.studio["id"] not in ids(gazu.studio.all_studios())


def go_home(day: Day) -> None:
    for client in day.as_.values():
        gazu.log_out(client=client)
        who = "auth/authenticated"
        assert fails(gazu.exception.NotAuthenticatedException, gazu.client.get, who, client=client)
    for person in day.people.values():
        gazu.person.remove_person(person, force=True)
        assert gazu.person.get_person_by_email(person["email"]) is None
    gazu.log_out()


STEPS: list[Step] = [
    read_what_happened,
    keep_a_copy_in_the_cache,
    log_in_from_a_desktop_tool,
    read_and_write_any_row,
    take_back_comments_and_previews,
    set_aside_what_was_worked_on,
    remove_tasks_and_entities,
    close_and_remove_the_production,
    remove_what_the_day_needed,
    go_home,
]
