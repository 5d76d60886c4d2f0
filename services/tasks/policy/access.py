"""Authorization rules for tasks, comments, previews, time spent and attachments."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Facts, Rule, manager
from services.common.database.sql_types import Condition, Expression
from services.common.database.tables import table_of
from services.common.errors import NotFound
from services.common.json_types import Row
from services.tasks.models import (
    AttachmentFile,
    Comment,
    PreviewFile,
    Task,
    TaskType,
    TimeSpent,
    task_person_link,
)

#: The fields of a task that a supervisor may change.
SUPERVISED: Final = frozenset(
    {
        "priority",
        "start_date",
        "due_date",
        "estimation",
        "difficulty",
        "data",
    }
)


def _of_task(column: Any, target: Any, outer: Any) -> Any:
    """SELECT a column of the task that a row refers to, as a scalar subquery."""
    return sa.select(target).where(Task.id == column).correlate(outer).scalar_subquery()


COMMENT_TASK: Final[Expression] = table_of(Comment).c.object_id
COMMENT_PROJECT: Final = _of_task(Comment.object_id, Task.project_id, Comment)
PREVIEW_PROJECT: Final = _of_task(PreviewFile.task_id, Task.project_id, PreviewFile)
TIME_PROJECT: Final = _of_task(TimeSpent.task_id, Task.project_id, TimeSpent)
ATTACHMENT_TASK: Final = (
    sa.select(Comment.object_id)
    .where(Comment.id == AttachmentFile.comment_id)
    .correlate(AttachmentFile)
    .scalar_subquery()
)
TASK_DEPARTMENT: Final = (
    sa.select(TaskType.department_id)
    .where(TaskType.id == Task.task_type_id)
    .correlate(Task)
    .scalar_subquery()
)


def assigned_to(person: UUID | None, task: Any) -> Condition:
    """The condition that the person is assigned to the task with that id."""
    link = task_person_link.c
    return sa.exists().where(link.task_id == task, link.person_id == person)


def assigned_to_entity(person: UUID | None, entity: Any) -> Condition:
    """The condition that the person is assigned to a task on the entity with that id."""
    link, other = task_person_link.c, table_of(Task).alias("other")
    return sa.exists().where(
        other.c.entity_id == entity, link.task_id == other.c.id, link.person_id == person
    )


def _reads(ctx: CallContext, facts: Facts) -> bool:
    """The team; vendors only with a task on the entity."""
    role = ctx.actor.role_in(facts["project_id"])
    if role != "vendor":
        return role is not None
    with ctx.database.read() as connection:
        assigned = assigned_to_entity(ctx.actor.id, facts["entity_id"])
        return bool(connection.scalar(sa.select(assigned)))


def _reads_by_task(ctx: CallContext, facts: Facts) -> bool:
    """The team of the task's production; vendors only with a task on the entity."""
    task = task_facts(ctx, facts["task_id"])
    return task is not None and _reads(ctx, task)


def _supervises(ctx: CallContext, facts: Facts) -> bool:
    """Supervisors of the task's department, for a body with ``SUPERVISED`` fields only."""
    actor = ctx.actor
    if actor.role_in(facts["project_id"]) != "supervisor" or set(facts["body"]) - SUPERVISED:
        return False
    # Supervisors without departments supervise all of them.
    return not actor.departments or facts["department_id"] in actor.departments


def _is_assignee(ctx: CallContext, facts: Facts) -> bool:
    with ctx.database.read() as connection:
        assigned = assigned_to(ctx.actor.id, facts["task_id"])
        return bool(connection.scalar(sa.select(assigned)))


reader: Final = Rule("access to the task", _reads, ("project_id", "entity_id"))
reader_by_task: Final = Rule("access to the task", _reads_by_task, ("task_id",))
task_supervisor: Final = Rule(
    "to supervise the task's department", _supervises, ("project_id", "department_id")
)
assignee: Final = Rule("to be assigned to the task", _is_assignee, ("task_id",))


def task_facts(ctx: CallContext, ident: UUID | None) -> Row | None:
    """Production, entity and department of a task; None for an unknown id."""
    statement = sa.select(Task.project_id, Task.entity_id, TASK_DEPARTMENT.label("department_id"))
    with ctx.database.read() as connection:
        row = connection.execute(statement.where(Task.id == ident)).mappings().first()
    return dict(row) if row else None


def may_act(ctx: CallContext, ident: UUID, facts: Facts) -> bool:
    """Whether the caller may work on a task.

    Managers, clients, assignees, the entity's creator, and supervisors of the task's department
    (supervisors without departments supervise all). All of them must be in the team.
    """
    actor = ctx.actor
    role = actor.role_in(facts["project_id"])
    if role is None:
        return False
    if role in {"admin", "manager", "client"}:
        return True
    in_department = not actor.departments or facts["department_id"] in actor.departments
    if role == "supervisor" and in_department:
        return True
    # Cheapest first: the last one calls another service.
    return _is_assignee(ctx, {"task_id": ident}) or created_entity(ctx, facts["entity_id"])


def created_entity(ctx: CallContext, entity: UUID | None) -> bool:
    """Whether the caller created the entity, according to ``assets``."""
    if entity is None or ctx.actor.id is None:
        return False
    entities = ctx.ask("assets", "describe_entities", ids=[str(entity)])
    return bool(entities.get(str(entity), {}).get("created_by") == str(ctx.actor.id))


def manages(ctx: CallContext, facts: Facts) -> bool:
    """Whether the caller manages the production in ``facts``."""
    return ctx.actor.is_admin or manager.test(ctx, facts)


def comment_facts(ctx: CallContext, ident: UUID) -> Row:
    """The facts of a comment for rules: id, task (``object_id``) and author. Raises NotFound."""
    table = table_of(Comment)
    query = sa.select(table.c.id, table.c.object_id, table.c.person_id).where(table.c.id == ident)
    with ctx.database.read() as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound
    return dict(row)
