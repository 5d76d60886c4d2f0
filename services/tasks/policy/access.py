"""The facts that rules read, and the rules that several kinds share."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Facts, Rule, manager
from services.common.actor import Actor
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

#: What types of tasks on concepts are for.
CONCEPT: Final = "Concept"
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
ATTACHMENT_PROJECT: Final = (
    sa.select(Comment.production_id)
    .where(Comment.id == AttachmentFile.comment_id)
    .correlate(AttachmentFile)
    .scalar_subquery()
)
PREVIEW_DEPARTMENT: Final = (
    sa.select(TaskType.department_id)
    .join(Task, Task.task_type_id == TaskType.id)
    .where(Task.id == PreviewFile.task_id)
    .correlate(PreviewFile)
    .scalar_subquery()
)
COMMENT_DEPARTMENT: Final = (
    sa.select(TaskType.department_id)
    .join(Task, Task.task_type_id == TaskType.id)
    .where(Task.id == Comment.object_id)
    .correlate(Comment)
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


def on_entities_of(person: UUID | None, task: Any) -> Condition:
    """The condition that a task is on an entity that the person is assigned to, for lists.

    The tasks are found once a statement, not once a row.
    """
    link, own, found = (
        task_person_link.c,
        table_of(Task).alias("own"),
        table_of(Task).alias("there"),
    )
    tasks = (
        sa.select(found.c.id)
        .join(own, own.c.entity_id == found.c.entity_id)
        .join(task_person_link, link.task_id == own.c.id)
        .where(link.person_id == person)
    )
    condition: Condition = task.in_(tasks)
    return condition


def not_on_concepts(task: Any) -> Condition:
    """The condition that a task is on something else than a concept, found as above."""
    found, kind = table_of(Task).alias("on_concept"), table_of(TaskType).alias("kind")
    tasks = (
        sa.select(found.c.id)
        .join(kind, kind.c.id == found.c.task_type_id)
        .where(kind.c.for_entity == CONCEPT)
    )
    condition: Condition = task.not_in(tasks)
    return condition


def _reads(ctx: CallContext, facts: Facts) -> bool:
    """The team; vendors only with a task on the entity."""
    role = ctx.actor.role_in(facts["project_id"])
    if role != "vendor":
        return role is not None
    with ctx.database.read() as connection:
        assigned = assigned_to_entity(ctx.actor.id, facts["entity_id"])
        return bool(connection.scalar(sa.select(assigned)))


def _supervises(ctx: CallContext, facts: Facts) -> bool:
    """Supervisors of the task's department, for a body with ``SUPERVISED`` fields only."""
    actor = ctx.actor
    if actor.role_in(facts["project_id"]) != "supervisor" or set(facts["body"]) - SUPERVISED:
        return False
    return in_departments(actor, facts["department_id"])


def _supervises_work(ctx: CallContext, facts: Facts) -> bool:
    actor = ctx.actor
    supervises = actor.role_in(facts["project_id"]) == "supervisor"
    return supervises and in_departments(actor, facts["department_id"])


def in_departments(actor: Actor, department: UUID | None) -> bool:
    """Whether a supervisor's departments include one; without any they supervise all."""
    return not actor.departments or department in actor.departments


def _works_there(ctx: CallContext, facts: Facts) -> bool:
    """Assignees, as long as they are in the team."""
    return ctx.actor.role_in(facts["project_id"]) is not None and is_assignee(ctx, facts)


def is_assignee(ctx: CallContext, facts: Facts) -> bool:
    """Whether the caller is assigned to the task."""
    if "mine" in facts:
        return bool(facts["mine"])
    with ctx.database.read() as connection:
        assigned = assigned_to(ctx.actor.id, facts["task_id"])
        return bool(connection.scalar(sa.select(assigned)))


entity_reader: Final = Rule("access to the entity", _reads, ("project_id", "entity_id"))
task_supervisor: Final = Rule(
    "to supervise the task's department", _supervises, ("project_id", "department_id")
)
work_supervisor: Final = Rule(
    "to supervise the department of its task", _supervises_work, ("project_id", "department_id")
)
assignee: Final = Rule("to be assigned to the task", _works_there, ("project_id", "task_id"))


def task_facts(ctx: CallContext, ident: UUID | None) -> Row | None:
    """Id, production, entity and department of a task; None for an unknown id."""
    department = TASK_DEPARTMENT.label("department_id")
    statement = sa.select(Task.id, Task.project_id, Task.entity_id, department)
    with ctx.database.read() as connection:
        row = connection.execute(statement.where(Task.id == ident)).mappings().first()
    return dict(row) if row else None


def leads_task(ctx: CallContext, facts: Facts) -> bool:
    """Whether the role alone lets the caller work on a task.

    That of managers, clients, and supervisors of its department does.
    """
    role = ctx.actor.role_in(facts["project_id"])
    if role == "supervisor":
        return in_departments(ctx.actor, facts["department_id"])
    return role in {"admin", "manager", "client"}


def may_act(ctx: CallContext, ident: UUID, facts: Facts) -> bool:
    """Whether the caller may work on a task.

    Managers, clients, assignees, the entity's creator, and supervisors of the task's department
    (supervisors without departments supervise all). All of them must be in the team.
    """
    if leads_task(ctx, facts):
        return True
    if ctx.actor.role_in(facts["project_id"]) is None:
        return False
    # Cheapest first: the last one calls another service.
    assigned = is_assignee(ctx, {**facts, "task_id": ident})
    return assigned or created_entity(ctx, facts["entity_id"])


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
