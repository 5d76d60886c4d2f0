"""RPC methods that list and delete the tasks of a production."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.common import bodies, queries
from services.common.contracts.tasks.work import TasksOfProductionQuery
from services.common.contracts.types import ListedId
from services.common.crud import cross_references
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.json_types import Json
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Task
from services.tasks.policy.membership import require_member
from services.tasks.policy.tasks import TASKS
from services.tasks.rows import project_page

TASK: Final = table_of(Task)


class ProjectTaskRpc(ResourceService):
    """Tasks by production."""

    @query
    def list_project_tasks(self, project_id: str, query: dict[str, str] | None = None) -> Reply:
        """The tasks of a production with their assignees, newest first; a page of them on request.

        For the team, as each sees them. Raises NotFound, Forbidden, InvalidInput.
        """
        asked = queries.read(TasksOfProductionQuery, query)
        project = require_member(self, project_id)
        where: list[Condition] = []
        if asked.task_type_id:
            where.append(TASK.c.task_type_id == asked.task_type_id)
        if not TASKS.is_whole(self.actor, project):
            where.append(TASKS.rows_in(self, [project]))
        return project_page(self, self.registry["tasks"], project, asked, *where)

    @command
    def delete_tasks(self, project_id: str, data: Json = None) -> list[str]:
        """Delete tasks of a production with their dependent rows. For its managers.

        Returns the ids deleted; tasks of other productions are skipped. Raises NotFound, Forbidden.
        Emits ``task:delete`` for each.
        """
        ids = bodies.read(list[ListedId], data)
        project = require_member(self, project_id, "manager")
        return self._delete_where(TASK.c.id.in_(ids), TASK.c.project_id == project)

    @command
    def delete_tasks_of_type(self, project_id: str, task_type_id: str) -> Reply:
        """Delete a production's tasks of one type, as ``delete_tasks``. For its managers."""
        project, task_type = require_member(self, project_id, "manager"), known_id(task_type_id)
        self._delete_where(TASK.c.project_id == project, TASK.c.task_type_id == task_type)
        return Reply(b"")

    def _delete_where(self, *where: Condition) -> list[str]:
        # Locked in id order, as everywhere: two requests that lock the same tasks don't deadlock.
        rows = sa.select(TASK).where(*where).order_by(TASK.c.id).with_for_update()
        tasks = self.tx.connection.execute(rows).mappings().all()
        cross_references.remove(self, "task", [task["id"] for task in tasks])
        for task in tasks:
            self.tx.emit(self.registry.event(self.registry["tasks"], "delete", task))
        return [str(task["id"]) for task in tasks]
