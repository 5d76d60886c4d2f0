"""Rules of task types, task statuses and tasks, besides permissions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Facts
from services.common.contracts.tasks.events import TaskAssigned, TaskStaffed, TaskUnassigned
from services.common.crud.resource_rules import CrudContext, ResourceRules, SimpleRules
from services.common.crud.validation import BadValue, parse_id
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.errors import Integrity, InvalidInput, Refused
from services.common.json_types import JsonObject, Row, Values
from services.common.values import object_or_empty
from services.tasks.models import Task, TaskStatus, TaskType, task_person_link
from services.tasks.policy.notifications import notify
from services.tasks.policy.people import check_workers
from services.tasks.state.default_status import lock_defaults

SAME_TYPE: Final = "A task type with similar name already exists"
MAIN: Final = "main"
CONCEPT: Final = "Concept"
#: Kinds of entities that task types can be for; any other is an asset.
TEMPORAL: Final = frozenset({"Shot", "Sequence", "Scene", "Episode", "Edit", CONCEPT})


#: What comments, previews and time spent add up to.
COUNTED: Final = frozenset(
    {"duration", "last_comment_date", "last_preview_file_id", "nb_assets_ready", "retake_count"}
)


class TaskTypeRules(SimpleRules):
    """Names of task types are unique; a type in use can't be deleted."""

    def before_delete(self, ctx: CrudContext, ident: UUID, /, *, force: bool) -> None:
        """Refuse to delete a task type that productions or schedules use; ``force`` unlinks it.

        If tasks then prevent the deletion, the links stay deleted, as clients expect.
        Raises Refused naming the users.
        """
        if force:
            ctx.ask("crud", "release_task_type", task_type_id=str(ident))
            return
        users = ctx.ask("crud", "list_users_of_task_type", task_type_id=str(ident))
        if users:
            message = f"This task type is still used: {', '.join(users)}."
            raise Refused(message)

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Refuse a name in use. Raises InvalidInput."""
        _refuse_type_name(ctx, values, None)

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Refuse a new name in use. Raises InvalidInput."""
        after = {**row, **values}
        if any(after[name] != row[name] for name in ("name", "for_entity")):
            _refuse_type_name(ctx, after, row["id"])


def _refuse_type_name(ctx: CallContext, values: Row, ident: UUID | None) -> None:
    """Refuse a name in use; types for concepts may share theirs with a type for another kind."""
    # An advisory lock: the unique constraint compares names within a kind and a department.
    ctx.tx.lock_key(f"task type {values['name']}")
    for_concepts = sa.func.coalesce(TaskType.for_entity, "") == CONCEPT
    homonyms = sa.select(TaskType.id).where(
        TaskType.name == values["name"], for_concepts.is_(values["for_entity"] == CONCEPT)
    )
    if ident is not None:
        homonyms = homonyms.where(TaskType.id != ident)
    if ctx.tx.session.scalar(homonyms.limit(1)):
        raise InvalidInput(SAME_TYPE)


class TaskStatusRules(SimpleRules):
    """Concepts have one default status, all other entities another; a new default replaces it."""

    def prepare(self, ctx: CrudContext, body: JsonObject, _ident: UUID | None) -> None:
        """Serialize the writes of defaults, before the first of them locks a row.

        With its row locked, each would wait for the other to clear it.
        """
        if body.get("is_default"):
            lock_defaults(ctx)

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Clear the flag of the previous default."""
        if values.get("is_default"):
            _clear_default(ctx, bool(values.get("for_concept")), None)

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Clear the flag of the previous default."""
        if values.get("is_default"):
            concept = values.get("for_concept", row["for_concept"])
            _clear_default(ctx, bool(concept), row["id"])


def _clear_default(ctx: CallContext, concept: bool, ident: UUID | None) -> None:
    change = sa.update(TaskStatus).where(
        TaskStatus.is_default.is_(True),
        sa.func.coalesce(TaskStatus.for_concept, False).is_(concept),
    )
    if ident is not None:
        change = change.where(TaskStatus.id != ident)
    ctx.tx.session.execute(change.values(is_default=False))


@dataclass
class TaskFacts:
    """State of one write of a task: filled by ``prepare`` and ``on_update``."""

    #: The entity type's name of a new task's entity.
    kind: str | None = None
    assigned_before: set[UUID] = field(default_factory=set)


class TaskRules(ResourceRules[TaskFacts]):
    """Validity of tasks, and the events and notifications of assignments."""

    def rewrite(self, body: JsonObject) -> JsonObject:
        """Default the name to ``main``. Raises InvalidInput without an entity and a task type."""
        for name in ("entity_id", "task_type_id"):
            try:
                parse_id(body.get(name))
            except BadValue:
                message = f"A valid {name} is required."
                raise InvalidInput(message) from None
        return {**body, "name": MAIN if body.get("name") in (None, "") else body["name"]}

    def facts_for_create(self, _ctx: CrudContext, body: JsonObject) -> Facts:
        """The production of a new task."""
        try:
            return {"project_id": parse_id(body.get("project_id"))}
        except BadValue:
            return {"project_id": None}

    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None) -> TaskFacts:
        """Look up the kind of a new task's entity in ``assets``, and who is to get it.

        Raises Forbidden for bots, where the production gives them no work.
        """
        _check_assignees(ctx, body, ident)
        entity = body.get("entity_id")
        if ident is not None or not isinstance(entity, str):
            return TaskFacts()
        kinds: dict[str, str] = ctx.ask("assets", "list_kinds_of_entities", ids=[entity])
        return TaskFacts(kinds.get(entity.lower()))

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, prepared: TaskFacts
    ) -> None:
        """The task type must fit the entity's kind. Raises Refused, Integrity."""
        expected = prepared.kind if prepared.kind in TEMPORAL else "Asset"
        for_entity = sa.select(TaskType.for_entity).where(TaskType.id == values["task_type_id"])
        actual = ctx.tx.session.scalar(for_entity)
        # Types without a kind fit all; an entity that ``assets`` doesn't know can't be checked.
        if prepared.kind is not None and actual is not None and actual != expected:
            message = "Task type of the task does not match entity type."
            raise Refused(message)
        if values["assigner_id"] is None:
            values["assigner_id"] = ctx.actor.id
        names = ("name", "project_id", "task_type_id", "entity_id")
        # The unique constraint decides between concurrent requests; this check gives the message
        # that clients know.
        duplicate = sa.select(Task.id).where(*(table_of(Task).c[n] == values[n] for n in names))
        if ctx.tx.session.scalar(duplicate.limit(1)):
            message = "Task already exists."
            raise Integrity(message)

    def created(self, ctx: CrudContext, row: Row, _body: JsonObject, _prepared: TaskFacts) -> None:
        """Have a new task's assignees join the team; ``task:new`` is all that clients get."""
        if assignees := _assignees(ctx, row["id"]):
            ids = {"task_id": row["id"], "project_id": row["project_id"]}
            ctx.tx.emit(TaskStaffed(person_ids=sorted(assignees), **ids))

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, body: JsonObject, prepared: TaskFacts
    ) -> None:
        """Merge ``data`` key by key, and remember the previous assignees."""
        # The row is locked, so concurrent changes of different keys are both kept.
        if isinstance(values.get("data"), dict):
            values["data"] = {**object_or_empty(row["data"]), **values["data"]}
        if "assignees" in body:
            prepared.assigned_before = _assignees(ctx, row["id"])

    def updated(
        self, ctx: CrudContext, before: Row, row: Row, body: JsonObject, prepared: TaskFacts
    ) -> None:
        """Emit an event per person added or removed, and notify those added."""
        if "assignees" in body:
            _announce(ctx, row, prepared.assigned_before, _assignees(ctx, before["id"]))


def _check_assignees(ctx: CrudContext, body: JsonObject, ident: UUID | None) -> None:
    """Refuse among those who get the task whom its production can't give work to."""
    ids = body.get("assignees")
    if not ids or not isinstance(ids, list):
        return
    people = ctx.ask("auth", "list_full_persons", ids=[str(one) for one in ids])
    special = {
        UUID(one): person
        for one, person in people.items()
        if person["is_bot"] or person.get("preview_project_id") is not None
    }
    if not special:
        return
    project = parse_id(body["project_id"]) if ident is None else None
    if ident is not None:
        link = task_person_link.c
        had = sa.select(link.person_id).where(link.task_id == ident)
        with ctx.database.read() as connection:
            project = connection.scalar(sa.select(Task.project_id).where(Task.id == ident))
            # Clients send rows back as they got them: who has the task already keeps it.
            had_already = set(connection.scalars(had))
        special = {one: person for one, person in special.items() if one not in had_already}
    check_workers(ctx, project, special.values())


def _assignees(ctx: CallContext, task: UUID) -> set[UUID]:
    link = task_person_link.c
    return set(ctx.tx.session.scalars(sa.select(link.person_id).where(link.task_id == task)))


def _announce(ctx: CallContext, row: Row, before: set[UUID], after: set[UUID]) -> None:
    ids = {"task_id": row["id"], "project_id": row["project_id"]}
    for person in sorted(after - before):
        ctx.tx.emit(TaskAssigned(person_id=person, **ids))
    # Notifications need an author, which services are not.
    if ctx.actor.id is not None:
        added = sorted(after - before - {ctx.actor.id})
        reasons = [(person, "assignation") for person in added]
        facts = {"author_id": ctx.actor.id, "task_id": row["id"]}
        notify(ctx.tx, row["project_id"], reasons, change=False, **facts)
    for person in sorted(before - after):
        ctx.tx.emit(TaskUnassigned(person_id=person, **ids))


def of_episode(ctx: CallContext, text: str) -> Condition:
    """The filter ``episode_id`` of task lists: tasks of the shots in that episode's sequences."""
    try:
        entities = ctx.ask("assets", "list_entities_of_episode", episode_id=str(UUID(text)))
    except ValueError:
        message = f"Invalid UUID value: {text}"
        raise InvalidInput(message) from None
    return Task.entity_id.in_([UUID(ident) for ident in entities])
