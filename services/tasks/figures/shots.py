"""The shots that somebody worked on in a period, each with how much of it counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.database.sql_types import Condition, Expression
from services.common.database.tables import table_of
from services.tasks.figures.quotas import DECIMALS, Mode
from services.tasks.models import Task, TimeSpent
from services.tasks.policy.access import assigned_to

TASK, TIME = table_of(Task), table_of(TimeSpent)
FRIDAY: Final = 5
DAYS: Final = 7
Weights = dict[UUID, float]


class Period(NamedTuple):
    """Days, on the clock of the caller."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def begins(self) -> datetime:
        """The moment at which it begins there."""
        return datetime.combine(self.first, time.min)

    @property
    def ends(self) -> datetime:
        """The moment after it."""
        # The calendar's last day has no next one.
        if self.last == date.max:
            return datetime.combine(self.last, time.max)
        return datetime.combine(self.last + timedelta(days=1), time.min)


def weights_of(
    ctx: CallContext, person: UUID, mode: Mode, period: Period, *where: Condition
) -> Weights:
    """How much of each entity counts of a person's tasks in a period, by the entity."""
    moment = TASK.c.done_date if mode.done else TASK.c.end_date
    rows = sa.select(TASK.c.entity_id).where(*where, TASK.c.entity_id.is_not(None))
    if not mode.spread:
        there = sa.cast(_there(moment, period.zone), sa.Date)
        at_once = rows.where(
            assigned_to(person, TASK.c.id), there.between(period.first, period.last)
        )
        with ctx.database.read() as connection:
            return dict.fromkeys(connection.scalars(at_once.distinct()), 1)
    logged = (
        rows.add_columns(TIME.c.duration, TASK.c.duration)
        .join(TIME, TIME.c.task_id == TASK.c.id)
        .where(
            TIME.c.person_id == person,
            TIME.c.date.between(period.first, period.last),
            moment.is_not(None),
        )
    )
    began, ended = _there(TASK.c.real_start_date, period.zone), _there(moment, period.zone)
    passed = sa.func.floor(sa.extract("epoch", moment - TASK.c.real_start_date) / 86400)
    unlogged = rows.add_columns(began, ended, passed).where(
        assigned_to(person, TASK.c.id),
        ~sa.exists().where(TIME.c.task_id == TASK.c.id),
        began < period.ends,
        ended >= period.begins,
    )
    with ctx.database.read() as connection:
        parts = [
            *_shares(connection.execute(logged)),
            *_spread(connection.execute(unlogged), period),
        ]
    return _summed(parts)


def _there(moment: Expression, zone: ZoneInfo) -> Expression:
    """A moment in UTC on the clock of a time zone."""
    there: Expression = sa.func.timezone(zone.key, sa.func.timezone("UTC", moment))
    return sa.type_coerce(there, sa.TIMESTAMP())


def _shares(rows: Iterable[Any]) -> Iterable[tuple[UUID, float]]:
    """Of each row of time spent its share of the task's duration."""
    for entity, minutes, duration in rows:
        yield entity, round(minutes / duration, DECIMALS) if duration else 0.0


def _spread(rows: Iterable[Any], period: Period) -> Iterable[tuple[UUID, float]]:
    """Of each task without time spent the part of its working days that is in the period."""
    for entity, began, ended, passed in rows:
        whole = _working_days(began, int(passed))
        inside = whole
        if began < period.begins and ended > period.ends:
            inside = 1
        elif began < period.begins or ended > period.ends:
            since, until = max(began, period.begins), min(ended, period.ends)
            inside = _working_days(since, (until - since).days)
        yield entity, round(inside / whole, DECIMALS)


def _working_days(start: datetime, days: int) -> int:
    """The day of a start, and those from Monday to Friday among the days after it."""
    return 1 + _before(start.isoweekday() + max(days, 0)) - _before(start.isoweekday())


def _before(days: int) -> int:
    """The days from Monday to Friday among the first days since a Monday."""
    return days // DAYS * FRIDAY + min(days % DAYS, FRIDAY)


def _summed(parts: Iterable[tuple[UUID, float]]) -> Weights:
    weights: Weights = {}
    for entity, part in parts:
        weights[entity] = round(weights.get(entity, 0.0) + part, DECIMALS)
    return weights
