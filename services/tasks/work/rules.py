"""The rules of task types, statuses, tasks and time, beyond who may."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Facts
from services.common.contracts.tasks import TaskAssigned, TaskUnassigned
from services.common.crud.resource import CrudContext, ResourceRules, SimpleRules
from services.common.crud.validation import BadValue, parse_id
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.errors import Integrity, InvalidInput, Refused
from services.common.json_types import JsonObject, Row, Values
from services.tasks.models import Task, TaskStatus, TaskType, task_person_link
from services.tasks.policy.notifications import notify

SAME_TYPE: Final = "A task type with similar name already exists"
MAIN: Final = "main"
CONCEPT: Final = "Concept"
#: Kinds of entities that task types can be for; any other is an asset.
TEMPORAL: Final = frozenset({"Shot", "Sequence", "Scene", "Episode", "Edit", CONCEPT})


class TaskTypeRules(SimpleRules):
    """Names of task types are unique; what uses one holds it back."""

    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None) -> None:
        """Before a task type goes, productions and schedules that use it must let go of it.

        With ``force`` they let go at once; should the delete then be refused by tasks, the links
        are gone all the same, as clients expect. Raises Refused naming what uses it.
        """
        if "force" not in body:
            return
        if body["force"]:
            ctx.ask("crud", "release_task_type", task_type_id=str(ident))
            return
        users = ctx.ask("crud", "users_of_task_type", task_type_id=str(ident))
        if users:
            message = f"This task type is still used: {', '.join(users)}."
            raise Refused(message)

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Refuse a name that is taken. Raises InvalidInput."""
        _refuse_type_name(ctx, values, None)

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Refuse a new name that is taken. Raises InvalidInput."""
        changed = {**row, **values}
        if any(changed[name] != row[name] for name in ("name", "for_entity")):
            _refuse_type_name(ctx, changed, row["id"])


def _refuse_type_name(ctx: CallContext, values: Row, own: UUID | None) -> None:
    """A name is taken whatever the other type is for, but that concepts have types of their own."""
    for_concepts = sa.func.coalesce(TaskType.for_entity, "") == CONCEPT
    same = sa.select(TaskType.id).where(
        TaskType.name == values["name"], for_concepts.is_(values["for_entity"] == CONCEPT)
    )
    if own is not None:
        same = same.where(TaskType.id != own)
    if ctx.tx.session.scalar(same.limit(1)):
        raise InvalidInput(SAME_TYPE)


class TaskStatusRules(SimpleRules):
    """There is one default status for concepts and one for the rest: a new one replaces it."""

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Take the flag from the default before."""
        if values.get("is_default"):
            _clear_default(ctx, bool(values.get("for_concept")), None)

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Take the flag from the default before."""
        if values.get("is_default"):
            concept = values.get("for_concept", row["for_concept"])
            _clear_default(ctx, bool(concept), row["id"])


def _clear_default(ctx: CallContext, concept: bool, own: UUID | None) -> None:
    change = sa.update(TaskStatus).where(
        TaskStatus.is_default.is_(True),
        sa.func.coalesce(TaskStatus.for_concept, False).is_(concept),
    )
    if own is not None:
        change = change.where(TaskStatus.id != own)
    ctx.tx.session.execute(change.values(is_default=False))


@dataclass
class TaskFacts:
    """What one write of a task knows: filled by ``prepare`` and ``on_update``."""

    #: The entity type's name of the entity a new task is for.
    kind: str | None = None
    assigned_before: set[UUID] = field(default_factory=set)


class TaskRules(ResourceRules[TaskFacts]):
    """Which tasks there may be, and who learns of an assignment."""

    def rewrite(self, body: JsonObject) -> JsonObject:
        """Call a new task "main" unless it says."""
        return {**body, "name": body.get("name") or MAIN}

    def facts_for_create(self, _ctx: CrudContext, body: JsonObject) -> Facts:
        """The production a new task is to be in."""
        try:
            return {"project_id": parse_id(body.get("project_id"))}
        except BadValue:
            return {"project_id": None}

    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None) -> TaskFacts:
        """Ask which kind of entity a new task is for."""
        entity = body.get("entity_id")
        if ident is not None or not isinstance(entity, str):
            return TaskFacts()
        kinds: dict[str, str] = ctx.ask("assets", "kinds_of_entities", ids=[entity])
        return TaskFacts(kinds.get(entity.lower()))

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, prepared: TaskFacts
    ) -> None:
        """A task's type must be one for such an entity. Raises Refused, Integrity."""
        wanted = prepared.kind if prepared.kind in TEMPORAL else "Asset"
        kind = sa.select(TaskType.for_entity).where(TaskType.id == values["task_type_id"])
        actual = ctx.tx.session.scalar(kind)
        if prepared.kind is not None and actual is not None and actual != wanted:
            message = "Task type of the task does not match entity type."
            raise Refused(message)
        if values["assigner_id"] is None:
            values["assigner_id"] = ctx.actor.id
        names = ("name", "project_id", "task_type_id", "entity_id")
        # The table's unique constraint decides in the end; this says it in words that clients know.
        same = sa.select(Task.id).where(*(table_of(Task).c[n] == values[n] for n in names))
        if ctx.tx.session.scalar(same.limit(1)):
            message = "Task already exists."
            raise Integrity(message)

    def created(self, ctx: CrudContext, row: Row, _body: JsonObject, _prepared: TaskFacts) -> None:
        """Tell a new task's assignees."""
        _announce(ctx, row, set(), _assignees(ctx, row["id"]))

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, body: JsonObject, prepared: TaskFacts
    ) -> None:
        """Merge ``data`` key by key, and note who was assigned before."""
        # The row is locked, so that two who set different keys both stay.
        if isinstance(values.get("data"), dict):
            values["data"] = {**(row["data"] or {}), **values["data"]}
        if "assignees" in body:
            prepared.assigned_before = _assignees(ctx, row["id"])

    def updated(
        self, ctx: CrudContext, before: Row, row: Row, body: JsonObject, prepared: TaskFacts
    ) -> None:
        """Each person added or taken off is an event; who was added gets a notification."""
        if "assignees" in body:
            _announce(ctx, row, prepared.assigned_before, _assignees(ctx, before["id"]))


def _assignees(ctx: CallContext, task: UUID) -> set[UUID]:
    link = task_person_link.c
    return set(ctx.tx.session.scalars(sa.select(link.person_id).where(link.task_id == task)))


def _announce(ctx: CallContext, row: Row, before: set[UUID], after: set[UUID]) -> None:
    ids = {"task_id": row["id"], "project_id": row["project_id"]}
    for person in sorted(after - before):
        ctx.tx.emit(TaskAssigned(person_id=person, **ids))
    if ctx.actor.id is not None:
        reasons = [(one, "assignation") for one in sorted(after - before - {ctx.actor.id})]
        facts = {"author_id": ctx.actor.id, "task_id": row["id"]}
        notify(ctx.tx, row["project_id"], reasons, change=False, **facts)
    for person in sorted(before - after):
        ctx.tx.emit(TaskUnassigned(person_id=person, **ids))


def of_episode(ctx: CallContext, text: str) -> Condition:
    """Tasks of the shots of that episode's sequences."""
    try:
        entities = ctx.ask("assets", "entities_of_episode", episode_id=str(UUID(text)))
    except ValueError:
        message = f"Invalid UUID value: {text}"
        raise InvalidInput(message) from None
    return Task.entity_id.in_([UUID(ident) for ident in entities])
