"""The policies of schedules and milestones."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.policy import STUDIO, Policy
from services.common.access.rules import Facts, Rule, manager
from services.common.database.sql_types import Expression
from services.common.database.tables import table_of
from services.common.values import BadValue, parse_id
from services.crud.models import Milestone, ProductionScheduleVersion, ScheduleItem
from services.crud.models import ProductionScheduleVersionTaskLink as TaskLink

VERSION_PROJECT: Final = (
    sa.select(ProductionScheduleVersion.project_id)
    .where(ProductionScheduleVersion.id == TaskLink.production_schedule_version_id)
    .correlate(TaskLink)
    .scalar_subquery()
)


def _supervises_department(ctx: CallContext, facts: Facts) -> bool:
    """Supervisors without a department, or of the department of the item's task type."""
    actor = ctx.actor
    if actor.role_in(facts["project_id"]) != "supervisor":
        return False
    if not actor.departments:
        return True
    if facts["task_type_id"] is None:
        return False
    question = {"task_type_id": str(facts["task_type_id"])}
    # Task types belong to ``tasks``.
    department = ctx.ask("tasks", "read_department_of_task_type", **question)
    return department is not None and UUID(department) in actor.departments


department_supervisor: Final = Rule(
    "to supervise the department in the production",
    _supervises_department,
    ("project_id", "task_type_id"),
)


def _asked(ctx: CallContext, facts: Facts) -> bool:
    """Whether the caller's role in the queried production sees its schedule."""
    try:
        project = parse_id(facts.get("project_id"))
    except BadValue:
        return False
    return SCHEDULE_VERSIONS.lister.test(ctx, {"project_id": project})


asked_project_team: Final = Rule("project_id of a production of yours", _asked)


CHANGE_VERSION: Final = "copy and apply"


def _for_the_studio(
    kind: str,
    model: type[Any],
    project: Expression | None = None,
    may: Mapping[str, Rule] = MappingProxyType({}),
) -> Policy:
    """The policy of plans: all of them, also of closed productions, for the studio's people."""
    table = table_of(model)
    column = table.c.project_id if project is None else project
    return Policy(kind=kind, table=table, project=column, sees=STUDIO, lists_closed=True, may=may)


SCHEDULE_ITEMS: Final = _for_the_studio("schedule-items", ScheduleItem)
MILESTONES: Final = _for_the_studio("milestones", Milestone)
SCHEDULE_VERSIONS: Final = _for_the_studio(
    "production-schedule-versions", ProductionScheduleVersion, may={CHANGE_VERSION: manager}
)
SCHEDULED_TASKS: Final = _for_the_studio(
    "production-schedule-version-task-links", TaskLink, VERSION_PROJECT
)
