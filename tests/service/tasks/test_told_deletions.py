"""What is told of rows that are deleted with something else."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from services.common.crud import cross_references
from services.common.database.tables import table_of
from services.tasks.models import Task
from tests.bulk import insert_many
from tests.desk import Desk
from tests.service.one_service import Event, OneService


def gone(service: str, table: str, *ids: str, **more: Any) -> dict[str, Any]:
    """The payload of ``rows:gone``."""
    return {"service": service, "table": table, "ids": [*ids], **more}


def deleted_task(desk: Desk, ident: str) -> Event:
    """The event of a task, as its own deletion emits it."""
    task = desk.row("task", ident)
    keys = ("entity_id", "task_type_id", "project_id")
    return ("task:delete", {"task_id": ident, **{key: task[key] for key in keys}})


def of_hero(desk: Desk) -> list[str]:
    """The tasks on the asset, in the order of their ids."""
    return sorted(row["id"] for row in desk.tables["task"] if row["entity_id"] == desk.asset)


def noted(tasks: OneService) -> set[tuple[str, str]]:
    """The tables and ids of changes that this test's transaction noted."""
    own = sa.text(
        "SELECT table_name, row_id::text FROM row_change "
        "WHERE tx = pg_current_xact_id()::text::bigint"
    )
    with tasks.database.read() as connection:
        return {(row.table_name, row.row_id) for row in connection.execute(own)}


def test_tasks_that_go_with_their_entity_are_told(tasks: OneService, desk: Desk) -> None:
    """As if each had been deleted, and not what is part of them."""
    desk.add_comment("last words", "artist")
    tasks.fill(desk)
    tasks.deliver("rows:gone", gone("assets", "entity", desk.asset))
    assert tasks.told() == [deleted_task(desk, ident) for ident in of_hero(desk)]
    assert tasks.rows("comment") == []


def test_their_events_say_what_they_were_and_who_deleted_them(
    tasks: OneService, desk: Desk
) -> None:
    """Descriptions are made of the rows; the rows that nobody is told of aren't noted."""
    desk.add_comment("last words", "artist")
    tasks.fill(desk)
    before = noted(tasks)
    tasks.deliver("rows:gone", gone("assets", "entity", desk.asset), by="manager")
    assert noted(tasks) - before == {("task", ident) for ident in of_hero(desk)}
    authors = {row["actor_id"] for row in tasks.rows("outbox", name="task:delete")}
    assert authors == {UUID(desk.people["manager"])}
    projects = {row["project_id"] for row in tasks.rows("outbox", name="task:delete")}
    assert projects == {UUID(desk.project)}


def test_a_redelivery_tells_nothing(tasks: OneService, desk: Desk) -> None:
    """Neither of the same event nor of another one about the same entity."""
    event = uuid4()
    for ident in (event, event, uuid4()):
        tasks.deliver("rows:gone", gone("assets", "entity", desk.asset), ident)
    assert len(tasks.told()) == len(of_hero(desk))


def test_many_are_told_in_batches(tasks: OneService, desk: Desk, monkeypatch: Any) -> None:
    """Each once, in the order of their ids."""
    monkeypatch.setattr(cross_references, "BATCH", 10)
    with tasks.database.raw.cursor() as cursor:
        insert_many(cursor, table_of(Task), 35, entity_id=[desk.asset], project_id=[desk.project])
    ids = sorted(str(row["id"]) for row in tasks.rows("task", entity_id=UUID(desk.asset)))
    tasks.deliver("rows:gone", gone("assets", "entity", desk.asset))
    assert [payload["task_id"] for _, payload in tasks.told()] == ids


def test_nobody_is_told_of_what_a_production_held(tasks: OneService, desk: Desk) -> None:
    """Neither by its own deletion, nor by that of its entities, whichever is handled first."""
    entity = gone("assets", "entity", desk.asset, within=[desk.project])
    tasks.deliver("rows:gone", entity)
    assert tasks.rows("task", entity_id=UUID(desk.asset)) == []
    tasks.deliver("rows:gone", gone("crud", "project", desk.project))
    assert tasks.rows("task", project_id=UUID(desk.project)) == []
    assert tasks.told() == []
    passed_on = [event for name, event in tasks.emitted() if name == "rows:gone"]
    assert {tuple(event["within"]) for event in passed_on} == {(desk.project,)}


def test_what_another_production_had_of_it_is_told(tasks: OneService, desk: Desk) -> None:
    """Its team hears nothing of the production that was deleted."""
    entity = gone("assets", "entity", desk.asset, within=[desk.other_project])
    tasks.deliver("rows:gone", entity)
    assert tasks.told() == [deleted_task(desk, ident) for ident in of_hero(desk)]


def test_the_comments_and_times_of_a_removed_person_are_told(tasks: OneService, desk: Desk) -> None:
    """The tasks that they are part of stay; assignments go with the person, as the event says."""
    mine, other = desk.add_comment("mine", "artist"), desk.add_comment("other", "manager")
    person = desk.people["artist"]
    time = desk.add(
        "time_spent", "t", task_id=desk.task, person_id=person, date="2026-01-05", duration=60.0
    )
    tasks.fill(desk)
    of_artist = {str(row["id"]) for row in tasks.rows("comment", person_id=UUID(person))}
    times = {str(row["id"]) for row in tasks.rows("time_spent", person_id=UUID(person))}
    assert mine in of_artist
    assert time in times
    tasks.deliver("rows:gone", gone("auth", "person", person))
    expected = [
        ("comment:delete", {"comment_id": ident, "project_id": desk.project})
        for ident in sorted(of_artist)
    ]
    expected += [("time-spent:delete", {"time_spent_id": ident}) for ident in sorted(times)]
    assert sorted(tasks.told(), key=str) == sorted(expected, key=str)
    assert other in {str(row["id"]) for row in tasks.rows("comment")}
    assert tasks.rows("task_person_link", person_id=UUID(person)) == []


def test_a_task_that_is_deleted_itself_is_told_once(tasks: OneService, desk: Desk) -> None:
    """Not what is part of it, as ever."""
    desk.add_comment("last words", "artist")
    tasks.fill(desk)
    query = {"force": "true"}
    tasks.call("admin", "delete_row", path="tasks", ident=desk.task, query=query)
    assert tasks.told() == [deleted_task(desk, desk.task)]


def test_time_on_a_day_off_is_told(tasks: OneService, desk: Desk) -> None:
    """It goes with the day's work, and its task has another duration."""
    person = desk.people["colleague"]
    work = {"task_id": desk.task, "person_id": person, "duration": 60.0}
    covered, kept = (
        desk.add("time_spent", day, date=day, **work) for day in ("2026-01-05", "2026-01-09")
    )
    tasks.fill(desk)
    day_off = {"person_id": person, "date": "2026-01-04", "end_date": "2026-01-06"}
    tasks.deliver("day-off:covers", day_off, by="manager")
    assert tasks.told() == [
        ("time-spent:delete", {"time_spent_id": covered}),
        ("task:update", {"task_id": desk.task, "project_id": desk.project}),
    ]
    left = tasks.rows("time_spent", person_id=UUID(person))
    assert [str(row["id"]) for row in left] == [kept]
