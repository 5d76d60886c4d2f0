"""Who may hear of this service's events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.contracts.full_events import STUDIO, Audience, Description
from services.common.crud.describing import Describer, Told, by_resource, idents, readers
from services.common.database.tables import table_of
from services.crud.models import Budget, Playlist, ProductionScheduleVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.access.context import CallContext
    from services.crud.models.base import Base

#: Saved searches: their owner's, and shared ones the team's; those of a department, only its
#: managers', since an audience knows departments of vendors only.
SEARCHES: Final = frozenset({"search-filter", "search-filter-group"})


#: What rows belong to, that have no production of their own.
OWNERS: Final[Mapping[str, type[Base]]] = {
    "budget_id": Budget,
    "playlist_id": Playlist,
    "production_schedule_version_id": ProductionScheduleVersion,
}
#: The same in other services, with the method that tells their productions.
ELSEWHERE: Final = {
    "task_id": ("tasks", "list_projects_of_tasks"),
    "entity_id": ("assets", "list_projects_of_entities"),
}


def describe(ctx: CallContext, told: Sequence[Told]) -> list[Description]:
    """Describe events."""
    projects = _projects(ctx, [one for one in told if _own_project(one) is None])
    return [
        msgspec.structs.replace(
            by_resource(one, _audience(one)),
            entity_id=one.ident("entity_id"),
            project_id=_own_project(one)
            or next((projects[key] for key in _owners(one) if key in projects), None),
        )
        for one in told
    ]


def _own_project(told: Told) -> UUID | None:
    if told.subject == "working-file" and told.ident("task_id") is None:
        return None
    return told.project or told.ident("project_id") or told.ident("production_id")


def _owners(told: Told) -> list[UUID]:
    """The ids of what the row belongs to."""
    # A working file is read by its task: one without is an administrator's.
    keys = ("task_id",) if told.subject == "working-file" else (*OWNERS, *ELSEWHERE)
    return [ident for key in keys if (ident := told.ident(key))]


def _projects(ctx: CallContext, told: Sequence[Told]) -> dict[UUID, UUID]:
    """The productions of what these events' rows belong to. Raises Unavailable."""
    found: dict[UUID, UUID | None] = {}
    for key, model in OWNERS.items():
        if ids := idents(told, key):
            table = table_of(model)
            rows = sa.select(table.c.id, table.c.project_id).where(table.c.id.in_(ids))
            with ctx.database.read() as connection:
                found.update(connection.execute(rows).tuples().all())
    for key, (service, method) in ELSEWHERE.items():
        if ids := idents(told, key):
            answer = ctx.ask(service, method, ids=[str(one) for one in ids])
            found |= {UUID(ident): UUID(project) for ident, project in answer.items() if project}
    return {ident: project for ident, project in found.items() if project}


def _audience(told: Told) -> Audience:
    whole = readers(told.resource)
    person = told.ident("person_id")
    own = (person,) if person else ()
    match told.subject:
        case "playlist" | "build-job":
            return Audience(roles=(*STUDIO, "client") if told.row.get("for_client") else STUDIO)
        case "budget" | "budget-entry":
            return Audience(roles=("manager",))
        case "day-off":
            return Audience(people=own)
        case "webhook":  # of no production: only administrators'
            return whole if told.row.get("project_id") else Audience()
    if told.subject in SEARCHES:
        shared = bool(told.row.get("is_shared"))
        of_department = bool(told.row.get("department_id"))
        roles = (("manager",) if of_department else (*STUDIO, "client", "vendor")) if shared else ()
        return Audience(roles=roles, people=own)
    return whole


DESCRIBER: Final = Describer(describe, studio_wide=SEARCHES)
