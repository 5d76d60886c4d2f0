"""Handlers of other services' events."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.common.crud.resource_service import ResourceService
from services.common.events.subscriber import Delivery, on
from services.tasks.models import TimeSpent
from services.tasks.state.durations import recompute_duration


class InternalHandlers(ResourceService):
    """Handlers of events that concern several topics."""

    # Ordered only for ``handled_by``: deletions commute, so their order doesn't matter.
    @on("day-off:covers", ordered=True, formerly=("forget_time_in_day_off",))
    def forget_time_in_day_off(self, delivery: Delivery) -> None:
        """Delete the time that a person logged on a day off, and recompute the tasks' durations."""
        day_off: Any = delivery.payload
        days = TimeSpent.date.between(
            date.fromisoformat(day_off["date"]), date.fromisoformat(day_off["end_date"])
        )
        covered = (
            sa.delete(TimeSpent)
            .where(TimeSpent.person_id == UUID(day_off["person_id"]), days)
            .returning(TimeSpent.task_id)
        )
        for task in set(self.tx.session.scalars(covered)):
            recompute_duration(self, task)
