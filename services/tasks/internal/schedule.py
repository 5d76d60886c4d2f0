"""The dates of a production's tasks, for the versions of its schedule, which ``crud`` keeps."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from eventlet import sleep

from services.common.crud.cross_references import batches
from services.common.crud.listing.lists import compressed
from services.common.crud.resource_service import ResourceService
from services.common.database.tables import table_of
from services.common.events.subscriber import Delivery, on
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Task, TaskType, task_person_link

TASK: Final = table_of(Task)
#: Locked in the order of ids before, so that two transactions on the same tasks don't deadlock.
APPLY: Final = sa.text("""
WITH given AS MATERIALIZED (
  SELECT (one ->> 0)::uuid AS id, (one ->> 1)::timestamp AS start_date,
    (one ->> 2)::timestamp AS due_date, (one ->> 3)::float8 AS estimation
  FROM json_array_elements(CAST(:tasks AS json)) AS one
),
held AS MATERIALIZED (
  SELECT id FROM task WHERE id IN (SELECT id FROM given)
    AND project_id = CAST(:project AS uuid) ORDER BY id FOR NO KEY UPDATE
)
UPDATE task SET start_date = given.start_date, due_date = given.due_date,
  estimation = given.estimation, updated_at = timezone('utc', now())
FROM given JOIN held USING (id) WHERE task.id = held.id RETURNING task.id
""")


class TaskScheduleRpc(ResourceService):
    """Dates of tasks for ``crud``, which authorizes."""

    @query
    def list_schedule(self, project_id: str) -> Reply:
        """All tasks of a production: ``task_id``, their dates, estimation and ``assignees``."""
        link = task_person_link.c
        people = sa.select(link.person_id).where(link.task_id == TASK.c.id)
        columns = (TASK.c.start_date, TASK.c.due_date, TASK.c.estimation)
        rows = sa.select(
            TASK.c.id.label("task_id"),
            *columns,
            sa.func.array(people.scalar_subquery()).label("assignees"),
        ).where(TASK.c.project_id == UUID(project_id))
        row = sa.func.row_to_json(sa.literal_column("r"))
        text = sa.cast(sa.func.json_agg(row), sa.Text)
        with self.database.read() as connection:
            found = connection.scalar(sa.select(text).select_from(rows.subquery("r")))
        return compressed((found or "[]").encode())

    @query
    def list_task_types_worked_on(self, project_id: str) -> dict[str, str | None]:
        """What the task types that have tasks in a production are for, by their id."""
        used = sa.select(TASK.c.task_type_id).where(TASK.c.project_id == UUID(project_id))
        rows = sa.select(TaskType.id, TaskType.for_entity).where(TaskType.id.in_(used))
        with self.database.read() as connection:
            return {str(ident): kind for ident, kind in connection.execute(rows)}

    @query
    def list_tasks_of_type(self, project_id: str, task_type_id: str) -> list[str]:
        """The ids of a production's tasks of a type."""
        rows = sa.select(TASK.c.id).where(
            TASK.c.project_id == UUID(project_id), TASK.c.task_type_id == UUID(task_type_id)
        )
        with self.database.read() as connection:
            return [str(ident) for ident in connection.scalars(rows)]

    @on("schedule:applied", ordered=True)
    def apply_schedule(self, delivery: Delivery) -> None:
        """Give tasks the dates and estimations of a schedule, all in one statement.

        Emits ``task:update`` for each.
        """
        payload: Any = delivery.payload
        tasks = msgspec.json.encode(payload["tasks"]).decode()
        project = payload["project_id"]
        run = self.tx.connection
        changed = run.execute(APPLY, {"tasks": tasks, "project": project}).scalars().all()
        resource, facts = self.registry["tasks"], {"project_id": UUID(project)}
        for batch in batches(changed):
            for ident in batch:
                self.tx.emit(self.registry.event(resource, "update", {**facts, "id": ident}))
            sleep(0)  # other requests run between two batches
