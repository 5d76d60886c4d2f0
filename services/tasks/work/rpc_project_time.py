"""RPC methods that list the time spent on productions."""

from __future__ import annotations

from datetime import date

from services.common import queries
from services.common.contracts.tasks.time_spent import TimePeriodQuery
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import path_id
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Task
from services.tasks.policy.membership import require_member
from services.tasks.policy.time_spents import LIST, TIME, TIMES
from services.tasks.rows import decode_rows
from services.tasks.work.time_rules import times_shown


class ProjectTimeRpc(ResourceService):
    """Time spent, by production."""

    @query
    def list_project_time_spents(self, project_id: str) -> Reply:
        """The time spent on a production's tasks.

        For the team except clients; vendors get their own. Raises NotFound, Forbidden.
        """
        project = require_member(self, project_id)
        TIMES.may[LIST].check(self, {"project_id": project})
        rows = times_shown(self, TIMES.readable_in(self, [project]))
        return self.not_modified_or(
            lambda: lists.json_array(self, rows, TIME.c.date, TIME.c.created_at, TIME.c.id),
            project=project,
        )

    @query
    def list_time_spents_of_type(
        self, project_id: str, task_type_id: str, query: dict[str, str] | None = None
    ) -> dict[str, list[JsonObject]]:
        """The time spent on a production's tasks of a type: by person, the newest first.

        From ``start_date`` to ``end_date`` of the query, if given. For the production's managers.
        Raises NotFound, Forbidden, InvalidInput.
        """
        project = require_member(self, project_id, "manager")
        task_type, asked = path_id(task_type_id), queries.read(TimePeriodQuery, query)
        rows = times_shown(
            self,
            TIME.c.production_id == project,
            Task.task_type_id == task_type,
            TIME.c.date.between(asked.start_date or date.min, asked.end_date or date.max),
        ).join(Task, Task.id == TIME.c.task_id)
        with self.database.read() as connection:
            ordered = rows.order_by(TIME.c.date.desc(), TIME.c.created_at, TIME.c.id)
            texts = connection.execute(rows_as_json(ordered)).scalars().all()
        by_person: dict[str, list[JsonObject]] = {}
        for row in decode_rows(texts):
            by_person.setdefault(row["person_id"], []).append(row)
        return by_person
