"""Authorization on tasks."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.crud.validation import known_id
from services.common.database.tables import table_of
from services.common.errors import NotFound
from services.common.json_types import Row
from services.tasks.models import Task, TaskType
from services.tasks.policy import access
from services.tasks.policy.tasks import TASKS


class TaskAuthorizer:
    """The caller's permissions on tasks; each task is read once per request."""

    def __init__(self, ctx: CallContext, tasks: dict[UUID, Row] | None = None) -> None:
        self.ctx = ctx
        self._tasks: dict[UUID, Row] = {} if tasks is None else tasks

    def task(self, ident: UUID) -> Row:
        """The facts of a task for rules; ``mine`` is whether the caller is assigned.

        Raises NotFound.
        """
        if ident not in self._tasks:
            table, kind = table_of(Task), table_of(TaskType)
            query = (
                sa.select(
                    table.c.id,
                    table.c.project_id,
                    table.c.entity_id,
                    table.c.task_status_id,
                    table.c.task_type_id,
                    kind.c.department_id,
                    access.assigned_to(self.ctx.actor.id, table.c.id).label("mine"),
                )
                .outerjoin(kind, kind.c.id == table.c.task_type_id)
                .where(table.c.id == ident)
            )
            # Read outside the transaction: rules may call other services, which is not allowed
            # while one is open.
            with self.ctx.database.read() as connection:
                row = connection.execute(query).mappings().first()
            if row is None:
                raise NotFound
            self._tasks[ident] = dict(row)
        return self._tasks[ident]

    def readable(self, task_id: str) -> Row:
        """The task of a path parameter, if the caller may read it. Raises NotFound, Forbidden."""
        task = self.task(known_id(task_id))
        self.check_reader(task)
        return task

    def role(self, task: Row) -> str | None:
        """The caller's role in the task's production."""
        role: str | None = self.ctx.actor.role_in(task["project_id"])
        return role

    def supervises(self, task: Row) -> bool:
        """Whether the caller supervises the task's department."""
        in_department = access.in_departments(self.ctx.actor, task["department_id"])
        return self.role(task) == "supervisor" and in_department

    def works_on(self, task: Row) -> bool:
        """Whether the caller supervises the task or is assigned to it, and is in the team."""
        return self.role(task) is not None and (task["mine"] or self.supervises(task))

    def may_act(self, task: Row) -> bool:
        """Managers, clients, assignees, supervisors, and the entity's creator; in the team."""
        return access.may_act(self.ctx, task["id"], task)

    def check_reader(self, task: Row) -> None:
        """Raise Forbidden unless the caller may read the task."""
        TASKS.reader.check(self.ctx, task)
