"""What productions and the first read of a client hold of entities, their types and columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from services.assets.access import ENTITY, of_kind
from services.assets.models import MetadataDescriptor, department_metadata_descriptor_link
from services.assets.rpc_asset_types import ROWS
from services.common import parts
from services.common.client import Reply
from services.common.crud import CrudRpc
from services.common.rpc import query
from services.common.tables import table_of

DESCRIPTOR: Final = table_of(MetadataDescriptor)
DEPARTMENT: Final = department_metadata_descriptor_link.c
OF_DESCRIPTOR: Final = DEPARTMENT.metadata_descriptor_id == DESCRIPTOR.c.id
RUNNING: Final = "running"


def _descriptor() -> sa.ColumnElement[Any]:
    """A descriptor as productions show it."""
    column = DESCRIPTOR.c
    held = sa.select(DEPARTMENT.department_id).where(OF_DESCRIPTOR).correlate(DESCRIPTOR)
    members = {
        **{name: column[name] for name in ("id", "name", "field_name", "data_type")},
        "choices": sa.func.coalesce(column.choices, sa.text("'[]'::jsonb")),
        "for_client": sa.func.coalesce(column.for_client, sa.false()),
        **{name: column[name] for name in ("entity_type", "task_type_id", "position")},
        "departments": sa.func.array(held.scalar_subquery()),
    }
    pairs = [
        part for name, value in members.items() for part in (sa.literal_column(f"'{name}'"), value)
    ]
    return sa.func.json_build_object(*pairs)


DESCRIPTORS: Final = sa.func.json_agg(
    aggregate_order_by(_descriptor(), DESCRIPTOR.c.position, DESCRIPTOR.c.name)
)
"""The descriptors of one group of rows, in their order."""


class ContextRpc(CrudRpc):
    """Parts of answers that ``crud`` composes."""

    @query
    def context_part(self, projects: list[str], shows: list[str]) -> Reply:
        """All asset types with their task types, and what ``project_extras`` says."""
        return parts.whole(
            self.database, asset_types=parts.array(ROWS), **self._extras(projects, shows)
        )

    @query
    def project_extras(
        self, projects: list[str], shows: list[str], entity_type: str | None = None
    ) -> Reply:
        """Descriptors of these productions that the caller sees, and where TV shows begin.

        Returns ``{"descriptors": {project: [descriptor]}, "first_episodes": {project: id}}``; only
        the descriptors for ``entity_type``, if one is given.
        """
        return parts.whole(self.database, **self._extras(projects, shows, entity_type))

    def _extras(
        self, projects: list[str], shows: list[str], entity_type: str | None = None
    ) -> dict[str, Any]:
        wanted = [UUID(ident) for ident in projects]
        return {
            "descriptors": parts.mapping(self._descriptors_seen(wanted, entity_type)),
            "first_episodes": parts.mapping(_first_episodes([UUID(ident) for ident in shows])),
        }

    def _descriptors_seen(self, projects: list[UUID], entity_type: str | None) -> sa.Select[Any]:
        """A client sees what is for clients, a vendor what is for all or their departments."""
        column = DESCRIPTOR.c
        held = sa.select(DEPARTMENT.department_id).where(OF_DESCRIPTOR).correlate(DESCRIPTOR)
        own = held.where(DEPARTMENT.department_id.in_(self.actor.departments))
        roles = {project: self.actor.role_in(project) for project in projects}
        rows = sa.select(column.project_id.label("key"), DESCRIPTORS.label("value")).where(
            column.project_id.in_(projects),
            sa.or_(column.project_id.not_in(_in_role(roles, "client")), column.for_client),
            sa.or_(
                column.project_id.not_in(_in_role(roles, "vendor")),
                ~sa.exists(held),
                sa.exists(own),
            ),
        )
        if entity_type is not None:
            rows = rows.where(column.entity_type == entity_type)
        return rows.group_by(column.project_id)


def _in_role(roles: Mapping[UUID, str | None], role: str) -> list[UUID]:
    """The productions where the caller has that role."""
    return [project for project, held in roles.items() if held == role]


def _first_episodes(shows: list[UUID]) -> sa.Select[Any]:
    """The first running episode of each show by name, else the first."""
    is_running = ENTITY.c.status == RUNNING
    return (
        sa.select(ENTITY.c.project_id.label("key"), sa.func.to_json(ENTITY.c.id).label("value"))
        .where(ENTITY.c.project_id.in_(shows), of_kind("episode"))
        .order_by(ENTITY.c.project_id, is_running.desc(), ENTITY.c.name)
        .distinct(ENTITY.c.project_id)
    )
