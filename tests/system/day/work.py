"""Tasks: creation, assignment, time, lists."""

from __future__ import annotations

import datetime as dt

import gazu

from tests.system.day.script import Day, Step, ids

DAY = "2030-03-04"


def make_tasks(day: Day) -> None:
    task = gazu.task
    [day.rigging] = task.create_asset_tasks(day.hero, [day.types["rigging"]])
    day.modeling = task.new_task(day.hero, day.types["modeling"])
    assert task.new_task(day.hero, day.types["modeling"])["id"] == day.modeling["id"]
    [day.animation] = task.create_shot_tasks(day.shots[0], [day.types["animation"]])
    [day.editing] = task.create_edit_tasks(day.cut, [day.types["editing"]])
    [day.drawing] = task.create_concept_tasks(day.mood, [day.types["drawing"]])
    [day.boards] = task.create_entity_tasks(day.sequence, [day.types["storyboard"]])
    kind = day.types["animation"]["id"]
    path = f"actions/projects/{day.project['id']}/task-types/{kind}/shots/create-tasks"
    response = gazu.client.post(path, ids(day.shots))
    assert {row["entity_id"] for row in response} == set(ids(day.shots[1:]))


def find_tasks(day: Day) -> None:
    task, film = gazu.task, day.project
    assert task.get_task(day.modeling["id"])["entity"]["id"] == day.hero["id"]
    assert task.get_task_by_entity(day.hero, day.types["rigging"])["id"] == day.rigging["id"]
    of_hero = {day.modeling["id"], day.rigging["id"]}
    assert set(ids(task.all_tasks_for_asset(day.hero))) == of_hero
    assert ids(task.all_tasks_for_shot(day.shots[0])) == [day.animation["id"]]
    assert ids(task.all_tasks_for_edit(day.cut)) == [day.editing["id"]]
    assert ids(task.all_tasks_for_concept(day.mood)) == [day.drawing["id"]]
    assert ids(task.all_tasks_for_sequence(day.sequence)) == [day.boards["id"]]
    assert task.all_tasks_for_scene(day.scene) == task.all_tasks_for_episode(day.episode) == []
    result = task.all_tasks_for_entity_and_task_type(day.hero, day.types["modeling"])
    assert ids(result) == [day.modeling["id"]]
    assert len(task.all_tasks_for_task_type(film, day.types["animation"])) == 3
    assert len(task.all_tasks_for_project(film)) == 8
    for kinds in (
        task.all_task_types_for_asset(day.hero),
        task.all_task_types_for_shot(day.shots[0]),
        task.all_task_types_for_concept(day.mood),
        task.all_task_types_for_sequence(day.sequence),
    ):
        assert set(ids(kinds)) <= set(ids(list(day.types.values())))
        assert kinds
    assert day.modeling["id"] in task.get_task_url(task.get_task(day.modeling["id"]))
    todo = task.get_task_status(day.modeling["task_status_id"])
    assert todo["is_default"]
    waiting = task.all_tasks_for_task_status(film, day.types["modeling"], todo)
    assert ids(waiting) == [day.modeling["id"]]


def find_tasks_of_what_is_below(day: Day) -> None:
    task = gazu.task
    below = {shot["id"] for shot in day.shots}
    for rows in (
        task.all_shot_tasks_for_sequence(day.sequence),
        task.all_shot_tasks_for_episode(day.episode),
    ):
        assert {row["entity_id"] for row in rows} == below
    of_assets = task.all_assets_tasks_for_episode(day.episode)
    assert {row["entity_id"] for row in of_assets} == {day.hero["id"]}


def change_tasks(day: Day) -> None:
    gazu.task.update_task({"id": day.modeling["id"], "priority": 2, "estimation": 480})
    gazu.task.update_task_data(day.modeling, {"note": "fine"})
    result = gazu.task.get_task(day.modeling["id"])
    assert (result["priority"], result["estimation"], result["data"]) == (2, 480, {"note": "fine"})


def give_tasks_to_people(day: Day) -> None:
    task, artist, vendor = gazu.task, day.people["artist"], day.people["vendor"]
    task.assign_task(day.modeling, artist)
    task.assign_tasks_to_person([day.animation, day.rigging], artist)
    task.assign_task(day.rigging, vendor)
    task.clear_assignations([day.rigging], artist)
    assert task.get_task(day.rigging["id"])["assignees"] == [vendor["id"]]
    mine = set(ids([day.modeling, day.animation]))
    assert set(ids(task.all_tasks_for_person(artist))) == mine
    of_type = task.all_tasks_for_person_and_type(artist, day.types["modeling"])
    assert ids(of_type) == [day.modeling["id"]]
    assert task.all_done_tasks_for_person(artist) == []


def look_at_ones_own_desk(day: Day) -> None:
    user, me = gazu.user, day.as_["artist"]
    film, mine = day.project, {day.modeling["id"], day.animation["id"]}
    assert set(ids(user.all_tasks_to_do(client=me))) == mine
    assert user.all_done_tasks(client=me) == user.all_tasks_requiring_feedback(client=me) == []
    assert ids(user.all_open_projects(client=me)) == [film["id"]]
    assert ids(user.all_asset_types_for_project(film, client=me)) == [day.character["id"]]
    assets = user.all_assets_for_asset_type_and_project(film, day.character, client=me)
    assert ids(assets) == [day.hero["id"]]
    assert ids(user.all_sequences_for_project(film, client=me)) == [day.sequence["id"]]
    assert ids(user.all_episodes_for_project(film, client=me)) == [day.episode["id"]]
    assert ids(user.all_shots_for_sequence(day.sequence, client=me)) == [day.shots[0]["id"]]
    assert user.all_scenes_for_sequence(day.sequence, client=me) == []
    assert ids(user.all_tasks_for_asset(day.hero, client=me)) == [day.modeling["id"]]
    assert ids(user.all_tasks_for_shot(day.shots[0], client=me)) == [day.animation["id"]]
    assert user.all_tasks_for_sequence(day.sequence, client=me) == []
    assert user.all_tasks_for_scene(day.scene, client=me) == []
    kinds = user.all_task_types_for_asset(day.hero, client=me)
    assert ids(kinds) == [day.types["modeling"]["id"]]
    kinds = user.all_task_types_for_shot(day.shots[0], client=me)
    assert ids(kinds) == [day.types["animation"]["id"]]


def see_it_in_context(day: Day) -> None:
    context, me = gazu.context, day.as_["artist"]
    for own in (True, False):
        result = context.all_open_projects(user_context=own, client=me)
        assert ids(result) == [day.project["id"]]
        sequences = context.all_sequences_for_project(day.project, user_context=own, client=me)
        assert ids(sequences) == [day.sequence["id"]]
    read = gazu.user.get_context(client=me)
    assert ids(read["projects"]) == [day.project["id"]]
    assert {"task_types", "task_status", "persons", "departments", "custom_actions"} <= set(read)


def work_and_note_the_time(day: Day) -> None:
    task, person, artist = gazu.task, gazu.person, day.people["artist"]
    me, on = day.as_["artist"], dt.date.fromisoformat(DAY)
    task.set_time_spent(day.modeling, artist, DAY, 60, client=me)
    task.add_time_spent(day.modeling, artist, DAY, 30, client=me)
    assert task.get_time_spent(day.modeling, DAY)["total"] == 90
    assert task.get_task(day.modeling["id"])["duration"] == 90
    for rows in (
        person.get_time_spents_range(artist["id"], "2030-03-01", "2030-03-31"),
        person.get_all_month_time_spents(artist["id"], on),
        person.get_week_time_spents(artist, 2030, 10),
        person.get_year_time_spents(artist, 2030),
        person.get_time_spents_by_date(artist, DAY),
        gazu.user.get_timespents_range("2030-03-01", "2030-03-31", client=me),
        gazu.user.get_time_spents_by_date(DAY, client=me),
    ):
        assert [row["duration"] for row in rows] == [90]
    own = gazu.user.get_task_time_spent(day.modeling, DAY, client=me)
    assert own["duration"] == 90
    on_day = task.get_task_time_spent_for_date(day.modeling, DAY)
    assert on_day["total"] == 90
    task.remove_time_spent({"id": own["id"]})
    assert task.get_task(day.modeling["id"])["duration"] == 0


def begin_with_it(day: Day) -> None:
    started = gazu.task.start_task(
        day.animation, started_task_status=day.statuses["wip"], client=day.as_["artist"]
    )
    assert started["task_status_id"] == day.statuses["wip"]["id"]
    assert gazu.task.get_task(day.animation["id"])["real_start_date"]


STEPS: list[Step] = [
    make_tasks,
    find_tasks,
    find_tasks_of_what_is_below,
    change_tasks,
    give_tasks_to_people,
    look_at_ones_own_desk,
    see_it_in_context,
    work_and_note_the_time,
    begin_with_it,
]
