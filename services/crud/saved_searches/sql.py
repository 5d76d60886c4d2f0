"""The JSON of saved searches as clients read it, built by PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from services.common.crud import json_parts
from services.crud.policy.searches import Viewer, visible_to

if TYPE_CHECKING:
    from services.common.crud.resource import Resource

#: The key of searches without a production.
EVERYWHERE: Final = "all"


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
