"""Who may see and touch tasks and what hangs off them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.rules import Facts, Rule, Work
from services.common.crud.validation import BadValue, parse_id
from services.common.database.tables import table_of
from services.tasks.models import (
    AttachmentFile,
    Comment,
    PreviewFile,
    Task,
    TaskType,
    TimeSpent,
    task_person_link,
)

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
"""What a supervisor may change of a task."""


def _of_task(column: Any, target: Any, outer: Any) -> Any:
    """A column of the task that a row points at."""
    return sa.select(target).where(Task.id == column).correlate(outer).scalar_subquery()


COMMENT_TASK: Final[sa.ColumnElement[Any]] = table_of(Comment).c.object_id
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


def assigned_to(person: UUID | None, task: Any) -> sa.ColumnElement[bool]:
    """Whether the person is an assignee of the task with that id."""
    link = task_person_link.c
    return sa.exists().where(link.task_id == task, link.person_id == person)


def assigned_to_entity(person: UUID | None, entity: Any) -> sa.ColumnElement[bool]:
    """Whether the person has a task on the entity with that id."""
    link, other = task_person_link.c, table_of(Task).alias("other")
    return sa.exists().where(
        other.c.entity_id == entity, link.task_id == other.c.id, link.person_id == person
    )


def _reads(work: Work, facts: Facts) -> bool:
    """In the team; a vendor only where they have a task on the entity."""
    role = work.actor.role_in(facts["project_id"])
    if role != "vendor":
        return role is not None
    with work.database.read() as connection:
        mine = assigned_to_entity(work.actor.id, facts["entity_id"])
        return bool(connection.scalar(sa.select(mine)))


def _reads_by_task(work: Work, facts: Facts) -> bool:
    """The same for what hangs off a task."""
    found = task_facts(work, facts["task_id"])
    return found is not None and _reads(work, found)


def _reads_preview(work: Work, facts: Facts) -> bool:
    """In the team; a vendor only where the task itself is theirs."""
    role = work.actor.role_in(facts["project_id"])
    return role is not None and (role != "vendor" or _is_assignee(work, facts))


def _supervises(work: Work, facts: Facts) -> bool:
    """A supervisor of the task's department who sends only what supervisors may change."""
    actor = work.actor
    if actor.role_in(facts["project_id"]) != "supervisor" or set(facts["body"]) - SUPERVISED:
        return False
    return not actor.departments or facts["department_id"] in actor.departments


def _is_assignee(work: Work, facts: Facts) -> bool:
    with work.database.read() as connection:
        mine = assigned_to(work.actor.id, facts["task_id"])
        return bool(connection.scalar(sa.select(mine)))


reader: Final = Rule("access to the task", _reads, ("project_id", "entity_id"))
reader_by_task: Final = Rule("access to the task", _reads_by_task, ("task_id",))
task_supervisor: Final = Rule(
    "to supervise the task's department", _supervises, ("project_id", "department_id")
)
preview_reader: Final = Rule("access to the task", _reads_preview, ("project_id", "task_id"))
assignee: Final = Rule("to be assigned to the task", _is_assignee, ("task_id",))


def task_facts(work: Work, ident: UUID | None) -> dict[str, Any] | None:
    """Production, entity and department of a task; None when there is no such task."""
    statement = sa.select(Task.project_id, Task.entity_id, TASK_DEPARTMENT.label("department_id"))
    with work.database.read() as connection:
        row = connection.execute(statement.where(Task.id == ident)).mappings().first()
    return dict(row) if row else None


def may_act(work: Work, ident: UUID, facts: Facts) -> bool:
    """Whether the caller may work on a task.

    Managers, clients, assignees, supervisors whose department (if they have one) it is, and who
    made the entity.
    """
    actor = work.actor
    role = actor.role_in(facts["project_id"])
    if role is None:
        return False
    if role in {"admin", "manager", "client"}:
        return True
    in_department = not actor.departments or facts["department_id"] in actor.departments
    if role == "supervisor" and in_department:
        return True
    return _is_assignee(work, {"task_id": ident}) or made_entity(work, facts["entity_id"])


def made_entity(work: Work, entity: UUID | None) -> bool:
    """Whether the caller created the entity, which ``assets`` knows."""
    if entity is None or work.actor.id is None:
        return False
    found = work.ask("assets", "describe_entities", ids=[str(entity)])
    return bool(found.get(str(entity), {}).get("created_by") == str(work.actor.id))


def listed_tasks(work: Work, statement: sa.Select[Any]) -> sa.Select[Any]:
    """Tasks of the caller's open productions; as vendor only those assigned to them."""
    return statement.where(_listed(work, Task.project_id, Task.id))


def listed_previews(work: Work, statement: sa.Select[Any]) -> sa.Select[Any]:
    """Previews of such tasks."""
    task = sa.select(Task.id).where(_listed(work, Task.project_id, Task.id))
    return statement.where(PreviewFile.task_id.in_(task))


def _listed(work: Work, project: Any, task: Any) -> sa.ColumnElement[bool]:
    actor = work.actor
    as_vendor = {p for p in actor.open_projects if actor.projects.get(p) == "vendor"}
    condition: sa.ColumnElement[bool] = project.in_(actor.open_projects - as_vendor)
    if as_vendor:
        condition |= project.in_(as_vendor) & assigned_to(actor.id, task)
    return condition


def project_of_new_task(_work: Any, body: Mapping[str, Any]) -> dict[str, Any]:
    """The production a new task is to be in."""
    try:
        return {"project_id": parse_id(body.get("project_id"))}
    except BadValue:
        return {"project_id": None}
