"""Saved searches: whose they are, who else sees them, and the form clients read them in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from services.common import parts
from services.crud import productions
from services.crud.productions import PROJECT

if TYPE_CHECKING:
    from services.common.permissions import Actor
    from services.common.resources import Resource

EVERYWHERE: Final = "all"
"""The key of what belongs to no production."""
MANAGERS: Final = ("admin", "manager")


def visible_to(actor: Actor, table: sa.Table) -> sa.ColumnElement[bool]:
    """Their own, and those shared in what they work on; of open productions or of none.

    What is for a department is seen by its members and by managers.
    """
    column = table.c
    reached = sa.select(PROJECT.c.id).where(productions.seen_by(actor))
    shared = sa.and_(
        column.is_shared, sa.or_(column.project_id.is_(None), column.project_id.in_(reached))
    )
    is_open = column.project_id.in_(sa.select(PROJECT.c.id).where(productions.IS_OPEN))
    return sa.and_(
        sa.or_(column.person_id == actor.id, shared),
        sa.or_(column.project_id.is_(None), is_open),
        _of_department(actor, column),
    )


def _of_department(actor: Actor, column: Any) -> sa.ColumnElement[bool]:
    if actor.role in MANAGERS:
        return sa.true()
    managed = [project for project, role in actor.projects.items() if role == "manager"]
    return sa.or_(
        column.department_id.is_(None),
        column.department_id.in_(actor.departments),
        column.project_id.in_(managed),
    )


def by_list(resource: Resource, actor: Actor) -> sa.ColumnElement[str]:
    """``{list type: {production or "all": [row]}}``, newest first."""
    table = resource.table
    columns = resource.columns(None, relations=False)
    rows = (
        sa.select(*columns)
        .where(visible_to(actor, table))
        .order_by(table.c.created_at.desc(), table.c.id)
        .subquery("r")
    )
    project = sa.func.coalesce(sa.cast(rows.c.project_id, sa.Text), EVERYWHERE)
    lists = (
        sa.select(
            rows.c.list_type,
            project.label("project"),
            sa.func.json_agg(sa.func.row_to_json(sa.literal_column("r"))).label("found"),
        )
        .group_by(rows.c.list_type, project)
        .subquery("lists")
    )
    per_project = sa.func.json_object_agg(lists.c.project, lists.c.found)
    return parts.mapping(
        sa.select(lists.c.list_type.label("key"), per_project.label("value")).group_by(
            lists.c.list_type
        )
    )
