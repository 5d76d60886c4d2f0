"""The policy of time spents: whose time somebody reads, logs and takes back."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.policy import ALL, Policy, Sight
from services.common.access.rules import Facts, Rule, any_of, manager, role_in_project
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.tasks.models import Task, TaskType, TimeSpent
from services.tasks.policy import access

TIME: Final = table_of(TimeSpent)
LIST: Final = "list of a production"


def _own(ctx: CallContext, times: sa.FromClause) -> Condition:
    own: Condition = times.c.person_id == ctx.actor.id
    return own


def _of_departments(ctx: CallContext, times: sa.FromClause) -> Condition:
    """Of tasks of a supervisor's departments; without any they supervise all."""
    departments = ctx.actor.departments
    if not departments:
        return sa.true()
    task, kind = table_of(Task).alias("timed"), table_of(TaskType).alias("kind")
    return sa.exists().where(
        task.c.id == times.c.task_id,
        kind.c.id == task.c.task_type_id,
        kind.c.department_id.in_(sorted(departments)),
    )


def _is_own(ctx: CallContext, facts: Facts) -> bool:
    """The person whose time it is, as long as they are in the team."""
    is_self = facts["person_id"] == ctx.actor.id
    return is_self and ctx.actor.role_in(facts["project_id"]) is not None


def _logs(ctx: CallContext, facts: Facts) -> bool:
    """Assignees their own, managers others': of what they don't work on, they have no time."""
    if facts["person_id"] == ctx.actor.id:
        return _is_own(ctx, facts) and access.is_assignee(ctx, facts)
    return manager.test(ctx, facts)


_OF_TIME: Final = ("project_id", "person_id")
_OWN: Final = Sight("their own", _own)
_LIST: Final = role_in_project(
    "to be in the production's team, not as client", "user", "supervisor", "manager", "vendor"
)
_DELETE: Final = any_of(manager, Rule("to be the person, and in the team", _is_own, _OF_TIME))
_LOG: Final = Rule(
    "to be assigned to the task, or for others to manage the production",
    _logs,
    (*_OF_TIME, "task_id"),
)

TIMES: Final = Policy(
    kind="time-spents",
    table=TIME,
    project=TIME.c.production_id,
    # In lists of a person's time; everybody reads their own, also of productions they left.
    sees={
        "manager": ALL,
        "supervisor": Sight("of tasks of their departments", _of_departments),
        "user": _OWN,
        "vendor": _OWN,
    },
    # Of a task that they may read.
    reads={"manager": ALL, "supervisor": ALL, "user": ALL, "vendor": _OWN},
    may={"log": _LOG, "delete": _DELETE, LIST: _LIST},
    lists_closed=True,
)
