"""RPC methods that add up the work on productions, for other services."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.common.crud.resource_service import ResourceService
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.tasks.models import Task, TaskType, TimeSpent

TOTAL = "total"


class SumRpc(ResourceService):
    """Sums for other services, which authorize."""

    @query
    def sum_time_by_department(self, project_id: str) -> JsonObject:
        """Minutes spent on a production's tasks whose type has a department.

        ``{department: {"total": minutes, person: {"total": minutes, "2026-01": minutes}}}``.
        """
        month = sa.func.to_char(TimeSpent.date, "YYYY-MM")
        keys = (TaskType.department_id, TimeSpent.person_id, month)
        rows = (
            sa.select(*keys, sa.func.sum(TimeSpent.duration))
            .join(Task, Task.id == TimeSpent.task_id)
            .join(TaskType, TaskType.id == Task.task_type_id)
            .where(Task.project_id == UUID(project_id), TaskType.department_id.is_not(None))
            .group_by(*keys)
            .order_by(*keys)
        )
        sums: JsonObject = {}
        with self.database.read() as connection:
            for department, person, when, minutes in connection.execute(rows):
                of_department = sums.setdefault(str(department), {TOTAL: 0.0})
                of_person = of_department.setdefault(str(person), {TOTAL: 0.0})
                of_department[TOTAL] += minutes
                of_person[TOTAL] += minutes
                of_person[when] = minutes
        return sums
