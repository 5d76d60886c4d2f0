"""Handlers of other services' events."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.contracts.assets.events import DescriptorKeyChanged
from services.common.crud.deletion.cascade import Cascade
from services.common.crud.resource_service import ResourceService
from services.common.database import change_version, free_json
from services.common.database.tables import table_of
from services.common.events.subscriber import Delivery, on
from services.tasks.models import Task, TimeSpent
from services.tasks.state.durations import recompute_duration

TASK: Final = table_of(Task)
TIME: Final = table_of(TimeSpent)


class InternalHandlers(ResourceService):
    """Handlers of events that concern several topics."""

    # Ordered only for ``handled_by``: deletions commute, so their order doesn't matter.
    @on("day-off:covers", ordered=True, formerly=("forget_time_in_day_off",))
    def forget_time_in_day_off(self, delivery: Delivery) -> None:
        """Delete the time that a person logged on a day off, and recompute the tasks' durations.

        Emits ``time-spent:delete``.
        """
        day_off: Any = delivery.payload
        days = TIME.c.date.between(
            date.fromisoformat(day_off["date"]), date.fromisoformat(day_off["end_date"])
        )
        self.tx.author, cascade = delivery.actor_id, Cascade(self)
        covered = sa.delete(TIME).where(TIME.c.person_id == UUID(day_off["person_id"]), days)
        deleted = covered.returning(TIME.c.task_id, *cascade.facts(TIME, "delete"))
        rows = self.tx.connection.execute(deleted).mappings().all()
        cascade.tell(TIME, "delete", rows)
        for task in {row["task_id"] for row in rows}:
            recompute_duration(self, task)

    @on("metadata-descriptor:key-changed", ordered=True)
    def move_values_of_tasks(self, delivery: Delivery) -> None:
        """Move the values under a descriptor's key in the data of tasks of a type, or drop them."""
        message = msgspec.convert(delivery.payload, DescriptorKeyChanged)
        if message.entity_type != "Task":
            return
        change = free_json.moved(TASK.c.data, message.key, message.new_key).where(
            TASK.c.project_id.in_(message.project_ids),
            TASK.c.task_type_id == message.task_type_id,
        )
        if self.tx.connection.execute(change).rowcount:
            change_version.touch(self.tx)
