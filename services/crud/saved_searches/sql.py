"""The SQL of saved searches: visibility, and the JSON that clients read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import sqlalchemy as sa

from services.common.crud import json_parts
from services.common.database.sql_types import Condition
from services.common.json_types import JsonObject
from services.crud.policy import production_rows
from services.crud.policy.production_rows import PERSON, PROJECT

if TYPE_CHECKING:
    from services.common.actor import Actor
    from services.common.crud.resource import Resource

#: The key of searches without a production.
EVERYWHERE: Final = "all"
MANAGERS: Final = ("admin", "manager")


class Viewer(NamedTuple):
    """The properties of an actor on which the statements depend; few, so each can be prepared."""

    is_admin: bool
    is_manager: bool

    @classmethod
    def of(cls, actor: Actor) -> Viewer:
        """The viewer's properties of an actor."""
        return cls(actor.is_admin, actor.role in MANAGERS)


def parameters(actor: Actor) -> JsonObject:
    """The parameters of the prepared statements: ``person``, ``departments``, ``managed``."""
    # Managers of a production see the searches of all of its departments.
    managed = [str(project) for project, role in actor.projects.items() if role == "manager"]
    return {
        "person": str(actor.id) if actor.id else None,
        "departments": [str(ident) for ident in actor.departments],
        "managed": managed,
    }


def visible_to(viewer: Viewer, table: sa.Table) -> Condition:
    """The caller's own rows and those shared with them, of open productions or of none.

    Rows of a department are visible to its members and to managers only.
    """
    column = table.c
    projects = sa.select(PROJECT.c.id).where(production_rows.seen_by(is_admin=viewer.is_admin))
    shared = sa.and_(
        column.is_shared, sa.or_(column.project_id.is_(None), column.project_id.in_(projects))
    )
    is_open = column.project_id.in_(sa.select(PROJECT.c.id).where(production_rows.IS_OPEN))
    visible = sa.and_(
        sa.or_(column.person_id == PERSON, shared),
        sa.or_(column.project_id.is_(None), is_open),
    )
    if viewer.is_manager:
        return visible
    return sa.and_(
        visible,
        sa.or_(
            column.department_id.is_(None),
            column.department_id == json_parts.idents("departments"),
            column.project_id == json_parts.idents("managed"),
        ),
    )


def by_list(resource: Resource, viewer: Viewer) -> sa.ColumnElement[str]:
    """``{list type: {production or "all": [row]}}``, newest first."""
    table = resource.table
    columns = resource.columns(None, relations=False)
    rows = (
        sa.select(*columns)
        .where(visible_to(viewer, table))
        .order_by(table.c.created_at.desc(), table.c.id)
        .subquery("r")
    )
    # Keys of a JSON object can't be null.
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
    return json_parts.mapping(
        sa.select(lists.c.list_type.label("key"), per_project.label("value")).group_by(
            lists.c.list_type
        )
    )
