"""RPC methods that list and delete the tasks of a production."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.common.crud import cross_references
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.json_types import Json
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Task
from services.tasks.policy import access
from services.tasks.policy.membership import require_member
from services.tasks.rows import paged

TASK: Final = table_of(Task)


class ProjectTaskRpc(ResourceService):
    """Tasks by production."""

    @query
    def list_project_tasks(self, project_id: str, query: dict[str, str] | None = None) -> Reply:
        """The tasks of a production with their assignees, by the page if one is asked for.

        For the team; a vendor gets their own. Raises NotFound, Forbidden, InvalidInput.
        """
        project, asked = require_member(self, project_id), query or {}
        where: list[Condition] = []
        if asked.get("task_type_id"):
            where.append(TASK.c.task_type_id == known_id(asked["task_type_id"]))
        if self.actor.role_in(project) == "vendor":
            where.append(access.assigned_to(self.actor.id, TASK.c.id))
        return paged(self, self.registry["tasks"], project, asked, *where)

    @command
    def delete_tasks(self, project_id: str, data: Json = None) -> list[str]:
        """Delete tasks of a production and what depends on them. For its managers.

        Returns the ids removed; those of other productions are left alone. Emits ``task:delete``.
        """
        project = require_member(self, project_id, "manager")
        ids = [known_id(ident) for ident in (data if isinstance(data, list) else [])]
        return self._delete_where(TASK.c.id.in_(ids), TASK.c.project_id == project)

    @command
    def delete_tasks_of_type(self, project_id: str, task_type_id: str) -> Reply:
        """Remove a production's tasks of one type. For its managers."""
        project, kind = require_member(self, project_id, "manager"), known_id(task_type_id)
        self._delete_where(TASK.c.project_id == project, TASK.c.task_type_id == kind)
        return Reply(b"")

    def _delete_where(self, *where: Condition) -> list[str]:
        # Locked in the order of ids, as all code that locks tasks: no deadlocks.
        rows = sa.select(TASK).where(*where).order_by(TASK.c.id).with_for_update()
        found = self.tx.connection.execute(rows).mappings().all()
        cross_references.remove(
            self.tx, self.name, self.metadata, "task", [row["id"] for row in found]
        )
        for row in found:
            self.tx.emit(self.registry.event(self.registry["tasks"], "delete", row))
        return [str(row["id"]) for row in found]
