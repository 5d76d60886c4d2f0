"""Tasks and previews in lists, with what clients read of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desk import TASK, Desk
from tests.service.one_service import FORBIDDEN, NOT_FOUND, OK, OneService
from tests.service.tasks.commenting import post_comment
from tests.service.tasks.conftest import description_of

NAMES = {
    "project_name",
    "task_type_name",
    "task_status_name",
    "entity_type_name",
    "entity_name",
}


@pytest.fixture(autouse=True)
def neighbours(tasks: OneService, desk: Desk) -> None:
    """Names, and what lies in the opening sequence."""
    tasks.fakes.replies |= {
        "crud.list_project_names": {desk.project: "Film"},
        "assets.list_entities_below": desk.shots,
    }


def test_tasks_of_a_sequence_are_listed_with_names(tasks: OneService, desk: Desk) -> None:
    """Those of the shots of a sequence; with their people if asked."""
    arguments = {"kind": "shot", "of": "sequence", "ident": desk.opening}
    (row,) = tasks.call("colleague", "list_tasks_below", **arguments)
    assert row.keys() == TASK | NAMES
    assert {name: row[name] for name in NAMES} == {
        "project_name": "Film",
        "task_type_name": "Animation",
        "task_status_name": "Todo",
        "entity_type_name": "Shot",
        "entity_name": "P01",
    }
    related = tasks.call("colleague", "list_tasks_below", **arguments, query={"relations": "true"})
    assert related[0].keys() == TASK | NAMES | {"assignees"}
    assert tasks.outcomes(("vendor", "stranger"), "list_tasks_below", **arguments) == {
        "vendor": FORBIDDEN,
        "stranger": FORBIDDEN,
    }


def test_own_tasks_of_an_entity_are_listed_without_names(tasks: OneService, desk: Desk) -> None:
    """Everybody's have the names."""
    arguments = {"kind": "asset", "ident": desk.asset}
    everybodys = tasks.call("artist", "list_entity_tasks", **arguments)
    assert {row["id"] for row in everybodys} == {desk.task, desk.rigging}
    assert everybodys[0].keys() == TASK | NAMES
    (mine,) = tasks.call("artist", "list_entity_tasks", **arguments, own=True)
    assert (mine["id"], mine.keys()) == (desk.task, TASK)


@pytest.mark.parametrize("kind", ["Episode", "Scene"])
def test_tasks_of_every_kind_are_listed_alike(tasks: OneService, desk: Desk, kind: str) -> None:
    """Everybody's, and of scenes one's own and their types; the entity must be of the kind."""
    entity = description_of(desk, desk.row("entity", desk.asset))
    arguments = {"kind": kind.lower(), "ident": desk.asset}
    assert tasks.outcomes(["artist"], "list_entity_tasks", **arguments) == {"artist": NOT_FOUND}
    told = {desk.asset: {**entity, "kind": kind}}
    tasks.fakes.replies["assets.describe_entities"] = told
    everybodys = tasks.call("artist", "list_entity_tasks", **arguments)
    assert {row["id"] for row in everybodys} == {desk.task, desk.rigging}
    if kind == "Episode":
        return
    (mine,) = tasks.call("artist", "list_entity_tasks", **arguments, own=True)
    (its_type,) = tasks.call("artist", "list_entity_task_types", **arguments, own=True)
    assert (mine["id"], its_type["id"]) == (desk.task, desk.task_type)


def test_subscriptions_of_a_production_are_listed_for_its_managers(
    tasks: OneService, desk: Desk
) -> None:
    """Not those to other productions' tasks."""
    ident = desk.add("subscription", "mine", person_id=desk.people["artist"], task_id=desk.task)
    tasks.fill(desk)
    arguments = {"kind": "subscriptions", "project_id": desk.project}
    (row,) = tasks.call("manager", "list_project_rows", **arguments)
    assert (row["id"], row["person_id"]) == (ident, desk.people["artist"])
    elsewhere = {**arguments, "project_id": desk.other_project}
    assert tasks.call("admin", "list_project_rows", **elsewhere) == []
    assert tasks.outcomes(["artist"], "list_project_rows", **arguments) == {"artist": FORBIDDEN}


def test_previews_of_an_entity_are_grouped_by_task_type(tasks: OneService, desk: Desk) -> None:
    """An object, also where there is none."""
    common = {"task_id": desk.task, "status": "ready", "validation_status": "neutral"}
    first, beside, new = (
        desk.add("preview_file", name, name=name, revision=revision, position=place, **common)
        for name, revision, place in (("a", 2, 1), ("b", 2, 2), ("c", 3, 1))
    )
    tasks.fill(desk)
    arguments = {"kind": "asset", "ident": desk.asset}
    reply = tasks.call("colleague", "list_previews_of", **arguments)
    assert list(reply) == [desk.task_type]
    assert [row["id"] for row in reply[desk.task_type]][:2] == [new, first]
    assert [row["id"] for row in reply[desk.task_type][1]["previews"]] == [beside]
    shot = {"kind": "shot", "ident": desk.shots[0]}
    assert tasks.call("colleague", "list_previews_of", **shot) == {}
    people = ("hired", "vendor", "stranger")
    assert tasks.outcomes(people, "list_previews_of", **arguments) == {
        "hired": OK,
        "vendor": FORBIDDEN,
        "stranger": FORBIDDEN,
    }
    wrong = {"kind": "shot", "ident": desk.asset}
    assert tasks.outcomes(["admin"], "list_previews_of", **wrong) == {"admin": NOT_FOUND}


@pytest.mark.parametrize("period", [{"year": "2026"}, {"year": "2026", "week": "10"}])
def test_time_in_a_week_or_a_year_is_summed_up_by_task(
    tasks: OneService, desk: Desk, period: dict[str, str]
) -> None:
    """With the names around each task; of other periods row by row."""
    artist = desk.people["artist"]
    for number, (day, task) in enumerate(
        (("2026-03-02", desk.task), ("2026-03-03", desk.task), ("2026-03-03", desk.animation_task))
    ):
        values = {"person_id": artist, "task_id": task, "date": day, "duration": 30.0}
        desk.add("time_spent", str(number), **values)
    tasks.fill(desk)
    arguments = {"person_id": artist, **period}
    reply = tasks.call("artist", "list_time_spent_by_person", **arguments)
    around = {"project_id": desk.project, "project_name": "Film", "episode_name": None}
    assert {row["task_id"]: row for row in reply} == {
        desk.task: {
            "task_id": desk.task,
            "task_type_id": desk.task_type,
            "duration": 60.0,
            "entity_name": "Hero",
            "entity_type_name": "Character",
            "sequence_name": None,
            **around,
        },
        desk.animation_task: {
            "task_id": desk.animation_task,
            "task_type_id": desk.kinds["animation"],
            "duration": 30.0,
            "entity_name": "P01",
            "entity_type_name": "Shot",
            "sequence_name": "S01",
            **around,
        },
    }
    month = {"person_id": artist, "year": "2026", "month": "3"}
    rows = tasks.call("artist", "list_time_spent_by_person", **month)
    assert [row["duration"] for row in rows] == [30.0, 30.0, 30.0]


def test_a_batch_returns_the_author_as_a_single_comment_does(tasks: OneService, desk: Desk) -> None:
    """Without departments, which only comments on many tasks have."""
    item: dict[str, Any] = {"task_id": desk.task, "task_status_id": desk.statuses["todo"]}
    (batched,) = tasks.call("artist", "batch_comment", data={"comments": [{**item, "text": "a"}]})
    alone = post_comment(tasks, desk, "artist", "b")
    many = [{"object_id": desk.task, "task_status_id": item["task_status_id"], "comment": "c"}]
    arguments = {"project_id": desk.project, "data": many}
    (one_of_many,) = tasks.call("artist", "comment_many", **arguments)
    assert batched["person"] == alone["person"]
    assert "departments" not in alone["person"]
    assert one_of_many["person"] == {**alone["person"], "departments": [desk.department]}


def test_the_comment_of_a_deleted_reply_is_shown_without_lists(
    tasks: OneService, desk: Desk
) -> None:
    """As after an update."""
    comment = post_comment(tasks, desk, "artist", "a")["id"]
    place = {"task_id": desk.task, "comment_id": comment}
    reply = tasks.call("artist", "reply_to_comment", **place, data={"text": "b"})
    shown = tasks.call("artist", "delete_reply", **place, reply_id=reply["id"])
    assert (shown["id"], shown["replies"]) == (comment, [])
    assert not {"mentions", "previews", "attachment_files"} & shown.keys()


def test_revision_0_is_a_revision(tasks: OneService, desk: Desk) -> None:
    """Without one the next number is taken."""
    for given, want in (({"revision": 0}, 0), ({}, 2), ({"revision": None}, 3)):
        comment = post_comment(tasks, desk, "artist", "a")["id"]
        place = {"task_id": desk.task, "comment_id": comment}
        assert tasks.call("artist", "add_preview", **place, data=given)["revision"] == want


def test_what_waits_for_a_check_may_be_filtered_by(tasks: OneService, desk: Desk) -> None:
    """By what these tasks have; who leads no production is told nothing."""
    post_comment(tasks, desk, "artist", "Done", status="wfa")
    entity = description_of(desk, desk.row("entity", desk.asset))
    tasks.fakes.replies |= {
        "assets.describe_entities": {desk.asset: {**entity, "episode_id": desk.episode}},
        "crud.list_open_project_ids": [desk.project],
    }
    found = {
        "project_ids": [desk.project],
        "task_type_ids": [desk.task_type],
        "task_status_ids": [desk.statuses["wfa"]],
        "episode_ids": [desk.episode],
        "person_ids": [desk.people["artist"]],
    }
    for who in ("admin", "manager", "supervisor", "modeler"):
        assert tasks.call(who, "list_values_to_check") == found
    for who in ("animator", "artist", "stranger"):
        assert tasks.call(who, "list_values_to_check") == {name: [] for name in found}
