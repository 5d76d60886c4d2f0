"""Rules of time spent, and the date filter of its lists."""

from __future__ import annotations

import sqlalchemy as sa

from services.common.contracts.tasks.time_spent import TimeSpentsQuery
from services.common.contracts.types import UNSET, ListQuery
from services.common.crud.resource_rules import CrudContext, SimpleRules
from services.common.database.sql_types import Condition, Select
from services.common.errors import InvalidInput
from services.common.json_types import JsonObject, Row
from services.tasks.models import TimeSpent
from services.tasks.state.durations import recompute_duration


class TimeSpentRules(SimpleRules):
    """Keep a task's duration the sum of the time spent on it."""

    def created(self, ctx: CrudContext, row: Row, _body: JsonObject, _prepared: None) -> None:
        """Recompute the task's duration."""
        recompute_duration(ctx, row["task_id"])

    def updated(
        self, ctx: CrudContext, before: Row, row: Row, _body: JsonObject, _prepared: None
    ) -> None:
        """Recompute the durations of the task and of the one that the time was moved from."""
        # Each recomputation locks its task: in id order, else two moves in opposite directions
        # deadlock.
        for task in sorted({before["task_id"], row["task_id"]} - {None}):
            recompute_duration(ctx, task)

    def deleted(self, ctx: CrudContext, row: Row, _prepared: None) -> None:
        """Recompute the task's duration."""
        recompute_duration(ctx, row["task_id"])


def times_shown(ctx: CrudContext, *where: Condition) -> Select:
    """SELECT the columns that clients see of time spent."""
    return sa.select(*ctx.registry["time-spents"].columns(None, relations=False)).where(*where)


def time_range(asked: ListQuery) -> list[Condition]:
    """The days from ``start_date`` to ``end_date``. Raises InvalidInput for only one of them."""
    assert isinstance(asked, TimeSpentsQuery)
    start, end = asked.start_date, asked.end_date
    if start is UNSET and end is UNSET:
        return []
    if start is UNSET or end is UNSET:
        message = (
            "If querying for a range of dates, both a `start_date` and an `end_date` must be given."
        )
        raise InvalidInput(message)
    return [TimeSpent.date.between(start, end)]
