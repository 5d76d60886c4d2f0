"""Which task types productions and their schedules use."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.common.crud import CrudRpc
from services.common.rpc import command, query
from services.crud.models import Project, ProjectTaskTypeLink, ScheduleItem


class SettingsRpc(CrudRpc):
    """A production's settings."""

    @query
    def users_of_task_type(self, task_type_id: str) -> list[str]:
        """What holds on to a task type, in words: productions by name, schedule items by count."""
        ident = UUID(task_type_id)
        link = ProjectTaskTypeLink
        names = (
            sa.select(Project.name)
            .join(link, link.project_id == Project.id)
            .where(link.task_type_id == ident)
            .order_by(Project.name)
        )
        items = sa.select(sa.func.count()).where(ScheduleItem.task_type_id == ident)
        with self.database.read() as connection:
            found = [f"project {name}" for name in connection.execute(names).scalars()]
            count = connection.scalar(items)
        return found + ([f"{count} schedule items"] if count else [])

    @command
    def release_task_type(self, task_type_id: str) -> bool:
        """Take a task type off all productions and schedules."""
        ident = UUID(task_type_id)
        for table in (ProjectTaskTypeLink, ScheduleItem):
            self.tx.session.execute(sa.delete(table).where(table.task_type_id == ident))
        return True
