"""Hooks of generic CRUD for schedule items, schedule versions and their tasks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, ClassVar, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.crud.cross_references import ask_existing, deleted_among
from services.common.crud.deletion.removal import remove_children
from services.common.crud.listing import filters
from services.common.crud.resource_rules import CrudContext, ResourceRules, SimpleRules
from services.common.database.sql_errors import FOREIGN, MESSAGES
from services.common.database.sql_types import Condition
from services.common.database.tables import OnGone, table_of
from services.common.errors import Integrity, InvalidInput
from services.common.json_types import JsonObject, Row, Values
from services.common.values import BadValue, parse_id, whole
from services.crud.models import (
    ProductionScheduleVersion,
    ProductionScheduleVersionTaskLink,
    Project,
    ScheduleItem,
    production_schedule_version_task_link_person_link,
)
from services.crud.policy.schedules import VERSION_PROJECT

if TYPE_CHECKING:
    from services.common.access.context import CallContext
    from services.common.access.rules import Facts
    from services.common.crud.deletion.cascade import Cascade

#: What a schedule item is for: a supervisor keeps the period of their department's.
SUBJECT: Final = frozenset({"task_type_id", "object_id"})


class ScheduleItemRules(SimpleRules):
    """Schedule items are unique by production, task type and object, also where these are null.

    An item is deleted with its object, which may be of two tables.
    """

    holds: ClassVar[Mapping[str, OnGone]] = {
        "assets.entity": "delete",
        "assets.entity_type": "delete",
    }

    def release(self, cascade: Cascade, _table: str, ids: Collection[UUID]) -> None:
        """Delete the items of deleted objects. Emits ``schedule-item:delete``."""
        remove_children(cascade, table_of(ScheduleItem).c.object_id, ids, tells=True)

    def rewrite_update(self, body: JsonObject) -> JsonObject:
        """Drop ``man_days`` that are text but not a number: clients send unfinished input."""
        typed = body.get("man_days")
        if not isinstance(typed, str) or _is_number(typed):
            return dict(body)
        return {name: value for name, value in body.items() if name != "man_days"}

    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None) -> None:
        """Check that an object which the item gets exists, and that the caller may name it.

        Raises Integrity, Forbidden.
        """
        try:
            thing = parse_id(body.get("object_id"))
        except BadValue:
            return  # null, or not an id, which validation refuses
        item = table_of(ScheduleItem).c
        with ctx.database.read() as connection:
            known = sa.select(item.id).where(item.id == ident, item.object_id == thing)
            if ident is not None and connection.scalar(known):
                return  # clients send back what they got
        # It may be of two tables, so that no reference can be declared.
        references = {("assets", "entity"): {thing}, ("assets", "entity_type"): {thing}}
        if not any(ask_existing(ctx, references).values()):
            raise Integrity(MESSAGES[FOREIGN])

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Check the object, and that there is no such item yet. Raises Integrity, InvalidInput."""
        _check_object(ctx, values)
        names = ("project_id", "task_type_id", "object_id")
        # An advisory lock: to the unique constraint, nulls are all different, so it does not cover
        # an item for all task types or objects.
        ctx.tx.lock_key(f"schedule item {[str(values[name]) for name in names]}")
        table = table_of(ScheduleItem)
        duplicates = sa.select(table.c.id).where(
            *(table.c[name].is_not_distinct_from(values[name]) for name in names)
        )
        if ctx.tx.session.scalar(duplicates.limit(1)):
            message = "A similar schedule item already exists"
            raise InvalidInput(message)

    def on_update(
        self, ctx: CrudContext, _row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Check the object. Raises Integrity."""
        _check_object(ctx, values)


def _check_object(ctx: CrudContext, values: Values) -> None:
    """Raise Integrity if the object was deleted."""
    thing = values.get("object_id")
    if thing is not None and deleted_among(ctx, [thing]):
        raise Integrity(MESSAGES[FOREIGN])


def _is_number(text: str) -> bool:
    try:
        whole(text)
    except BadValue:
        return False
    return True


class TaskLinkRules(ResourceRules[UUID | None]):
    """A link's task and schedule version must be of one production."""

    def facts_for_create(self, ctx: CrudContext, body: JsonObject) -> Facts:
        """The production of a new link's schedule version; None if it doesn't exist."""
        try:
            ident = parse_id(body.get("production_schedule_version_id"))
        except BadValue:
            # No production: nobody is in its team, so that the rule refuses all but administrators.
            return {"project_id": None}
        with ctx.database.read() as connection:
            version = ProductionScheduleVersion
            project = connection.scalar(sa.select(version.project_id).where(version.id == ident))
        return {"project_id": project}

    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None) -> UUID | None:
        """Ask ``tasks`` for the production of the task in the body; None on update."""
        if ident is not None:
            return None
        try:
            task = parse_id(body.get("task_id"))
        except BadValue:
            return None
        project = ctx.ask("tasks", "list_projects_of_tasks", ids=[str(task)]).get(str(task))
        return UUID(project) if project else None

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, of_task: UUID | None
    ) -> None:
        """Check that task and version belong to one production. Raises InvalidInput."""
        version = ProductionScheduleVersion
        ident = values["production_schedule_version_id"]
        project = ctx.tx.session.scalar(sa.select(version.project_id).where(version.id == ident))
        if project is not None and project != of_task:
            message = "Task and production schedule version must belong to the same project."
            raise InvalidInput(message)


class VersionRules(SimpleRules):
    """A version is deleted with its tasks; what was made from it forgets it."""

    def on_delete(self, ctx: CrudContext, row: Row, _prepared: None) -> None:
        """Delete the version's tasks, and point to it no more."""
        run, version = ctx.tx.session, row["id"]
        link = ProductionScheduleVersionTaskLink
        seat = production_schedule_version_task_link_person_link
        links = sa.select(link.id).where(link.production_schedule_version_id == version)
        own = seat.c.production_schedule_version_task_link_id.in_(links)
        run.execute(sa.delete(seat).where(own))
        run.execute(sa.delete(link).where(link.production_schedule_version_id == version))
        made, project = ProductionScheduleVersion, Project
        for column in (made.production_schedule_from, project.from_schedule_version_id):
            change = sa.update(column.class_).where(column == version)
            run.execute(change.values({column.key: None}))


def of_project(_ctx: CallContext, text: str) -> Condition:
    """Task links of a production's versions."""
    return VERSION_PROJECT.in_([filters.uuid(text)])
