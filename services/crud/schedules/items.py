"""The schedule items of a production's parts, added as they are first looked at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.crud import cross_references
from services.common.crud.resource_rules import CrudContext
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.errors import NotFound
from services.common.json_types import JsonObject
from services.crud.models import ProjectTaskTypeLink, ScheduleItem

ITEM: Final = table_of(ScheduleItem)
SHOWN: Final = (
    "id",
    "start_date",
    "end_date",
    "man_days",
    "project_id",
    "task_type_id",
    "object_id",
)
#: The task type and the object of an item.
Subject = tuple[UUID, UUID | None]


def scheduled_types(ctx: CrudContext, project: UUID, worked_on: Iterable[UUID]) -> set[UUID]:
    """Those of the task types that have tasks which the production uses, if it says so."""
    link = ProjectTaskTypeLink
    with ctx.database.read() as connection:
        used = set(
            connection.scalars(sa.select(link.task_type_id).where(link.project_id == project))
        )
    found = set(worked_on)
    return found & used if used else found


def read_items(ctx: CrudContext, project: UUID, *where: Condition) -> list[JsonObject]:
    """Items of the production."""
    rows = sa.select(*(ITEM.c[name] for name in SHOWN)).where(ITEM.c.project_id == project, *where)
    with ctx.database.read() as connection:
        return [dict(row) for row in connection.execute(rows).mappings()]


def subject_of(item: JsonObject) -> Subject:
    """What an item is about."""
    return item["task_type_id"], item["object_id"]


def add_items(ctx: CrudContext, project: UUID, subjects: Iterable[Subject]) -> None:
    """Add the items that are missing, from today until tomorrow. Raises NotFound (a task type).

    Emits ``schedule-item:new`` for each. Two who look at once add them once.
    """
    missing = sorted(subjects, key=str)
    key = ("tasks", "task_type")
    kinds = {kind for kind, _ in missing}
    if kinds - cross_references.ask_existing(ctx, {key: kinds})[key]:
        raise NotFound
    # The unique constraint doesn't cover items without an object: nulls are all different.
    ctx.tx.lock_key(f"schedule items of {project}")
    there = {
        (row.task_type_id, row.object_id)
        for row in ctx.tx.connection.execute(
            sa.select(ITEM.c.task_type_id, ITEM.c.object_id).where(ITEM.c.project_id == project)
        )
    }
    gone = cross_references.deleted_among(ctx, {thing for _, thing in missing if thing})
    today = datetime.now(UTC).date()
    period = {"start_date": today, "end_date": today + timedelta(days=1), "man_days": None}
    rows = [
        {"id": uuid4(), "project_id": project, "task_type_id": kind, "object_id": thing, **period}
        for kind, thing in missing
        if (kind, thing) not in there and thing not in gone
    ]
    if rows:
        insertion = insert(ITEM).on_conflict_do_nothing().returning(ITEM.c.id)
        added = set(ctx.tx.connection.scalars(insertion, rows))
        for row in (row for row in rows if row["id"] in added):
            ctx.tx.emit(ctx.registry.event(ctx.registry["schedule-items"], "new", row))
