"""The rules of schedules: items, versions and the tasks in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.rules import Rule
from services.common.crud import filters
from services.common.crud.validation import BadValue, parse_id
from services.common.database.tables import table_of
from services.common.errors import InvalidInput
from services.crud.models import ProductionScheduleVersion, ScheduleItem
from services.crud.models import ProductionScheduleVersionTaskLink as TaskLink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.access.rules import Facts, Work

VERSION_PROJECT: Final = (
    sa.select(ProductionScheduleVersion.project_id)
    .where(ProductionScheduleVersion.id == TaskLink.production_schedule_version_id)
    .correlate(TaskLink)
    .scalar_subquery()
)


def _supervises_department(work: Work, facts: Facts) -> bool:
    """Supervisors without a department, or of the department of the item's task type."""
    actor = work.actor
    if actor.role_in(facts["project_id"]) != "supervisor":
        return False
    if not actor.departments:
        return True
    if facts["task_type_id"] is None:
        return False
    asked = {"task_type_id": str(facts["task_type_id"])}
    department = work.ask("tasks", "department_of_task_type", **asked)
    return department is not None and UUID(department) in actor.departments


department_supervisor: Final = Rule(
    "to supervise the department in the production",
    _supervises_department,
    ("project_id", "task_type_id"),
)


def _asked(work: Work, query: Facts) -> bool:
    """The list is of one production, in whose team the caller is."""
    try:
        project = parse_id(query.get("project_id"))
    except BadValue:
        return False
    return work.actor.role_in(project) not in {None, "vendor", "client"}


asked_project_team: Final = Rule("project_id of a production of yours", _asked)


def check_item(work: Any, values: dict[str, Any], _body: Mapping[str, Any]) -> None:
    """One item for a production, task type and object, also where they are null."""
    names = ("project_id", "task_type_id", "object_id")
    table = table_of(ScheduleItem)
    same = sa.select(table.c.id).where(
        *(table.c[name].is_not_distinct_from(values[name]) for name in names)
    )
    if work.tx.session.scalar(same.limit(1)):
        message = "A similar schedule item already exists"
        raise InvalidInput(message)


def without_text_days(body: Mapping[str, Any]) -> dict[str, Any]:
    """An update of an item without its ``man_days`` when they come as text."""
    return {k: v for k, v in body.items() if k != "man_days" or not isinstance(v, str)}


def version_of(work: Any, body: Mapping[str, Any]) -> dict[str, Any]:
    """The production of the schedule version a new task link names, if there is one."""
    try:
        ident = parse_id(body.get("production_schedule_version_id"))
    except BadValue:
        return {"project_id": None}
    with work.database.read() as connection:
        version = ProductionScheduleVersion
        project = connection.scalar(sa.select(version.project_id).where(version.id == ident))
    return {"project_id": project}


def of_project(_work: Work, text: str) -> sa.ColumnElement[bool]:
    """Task links of a production's versions."""
    return VERSION_PROJECT.in_([filters.uuid(text)])


def prepare_task_link(work: Any, body: Mapping[str, Any], ident: UUID | None) -> UUID | None:
    """The production of the task in the body."""
    if ident is not None:
        return None
    try:
        task = parse_id(body.get("task_id"))
    except BadValue:
        return None
    project = work.ask("tasks", "projects_of_tasks", ids=[str(task)]).get(str(task))
    return UUID(project) if project else None


def check_task_link(work: Any, values: dict[str, Any], _body: Mapping[str, Any]) -> None:
    """Task and version belong to one production. Raises InvalidInput."""
    version = ProductionScheduleVersion
    ident = values["production_schedule_version_id"]
    project = work.tx.session.scalar(sa.select(version.project_id).where(version.id == ident))
    if project is not None and project != work.prepared:
        message = "Task and production schedule version must belong to the same project."
        raise InvalidInput(message)
