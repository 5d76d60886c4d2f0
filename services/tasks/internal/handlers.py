"""Handlers of other services' events."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.common.crud.resource_service import ResourceService
from services.common.events.subscriber import Delivery, on
from services.tasks.models import TimeSpent
from services.tasks.policy.durations import recompute_duration


class InternalHandlers(ResourceService):
    """Handlers of events."""

    # Unordered: each event holds the days it removes.
    # Ordered only for ``handled_by``: deleting commutes.
    @on("day-off:covers", ordered=True, formerly=("forget_time_in_day_off",))
    def forget_time_in_day_off(self, delivery: Delivery) -> None:
        """Delete the time that a person logged on their days off."""
        covered: Any = delivery.payload
        days = TimeSpent.date.between(
            date.fromisoformat(covered["date"]), date.fromisoformat(covered["end_date"])
        )
        gone = (
            sa.delete(TimeSpent)
            .where(TimeSpent.person_id == UUID(covered["person_id"]), days)
            .returning(TimeSpent.task_id)
        )
        for task in set(self.tx.session.scalars(gone)):
            recompute_duration(self, task)
