"""This service's part of productions and of the context that clients load first."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on

from services.assets.entities.rpc_asset_types import ROWS
from services.assets.models import department_metadata_descriptor_link
from services.assets.policy.access import ENTITY, of_kind
from services.assets.policy.descriptors import (
    BY_POSITION,
    DESCRIPTOR,
    for_clients,
    of_departments,
)
from services.assets.resources import RESOURCES
from services.common.crud import json_parts
from services.common.crud.resource_service import ResourceService
from services.common.database.sql_types import Condition, Expression, Select
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply

DEPARTMENT: Final = department_metadata_descriptor_link.c
OF_DESCRIPTOR: Final = DEPARTMENT.metadata_descriptor_id == DESCRIPTOR.c.id
RUNNING: Final = "running"


def _descriptor() -> Expression:
    """The JSON of a descriptor in productions."""
    column = DESCRIPTOR.c
    departments = sa.select(DEPARTMENT.department_id).where(OF_DESCRIPTOR).correlate(DESCRIPTOR)
    members = {
        **{name: column[name] for name in ("id", "name", "field_name", "data_type")},
        "choices": sa.func.coalesce(column.choices, sa.text("'[]'::jsonb")),
        "for_client": sa.func.coalesce(column.for_client, sa.false()),
        **{name: column[name] for name in ("entity_type", "task_type_id", "position")},
        "departments": sa.func.array(departments.scalar_subquery()),
    }
    pairs = [
        part for name, value in members.items() for part in (sa.literal_column(f"'{name}'"), value)
    ]
    return sa.func.json_build_object(*pairs)


#: The descriptors of one group of rows, in their order.
DESCRIPTORS: Final = sa.func.json_agg(aggregate_order_by(_descriptor(), *BY_POSITION))


def _theirs(department: Expression) -> Condition:
    return department == json_parts.idents("departments")


def _unless(role: str, seen: Condition) -> Condition:
    """Whether the caller doesn't have the role in a descriptor's production, or sees it so."""
    return sa.or_(sa.not_(DESCRIPTOR.c.project_id == json_parts.idents(role)), seen)


def _extras() -> JsonObject:
    """Descriptors by production, and first episodes by TV show."""
    column = DESCRIPTOR.c
    kind = sa.cast(sa.bindparam("entity_type", required=False), sa.Text)
    rows = (
        sa.select(column.project_id.label("key"), DESCRIPTORS.label("value"))
        .where(
            column.project_id == json_parts.idents("projects"),
            _unless("as_client", for_clients(DESCRIPTOR)),
            _unless("as_vendor", of_departments(DESCRIPTOR, _theirs)),
            sa.or_(kind.is_(None), column.entity_type == kind),
        )
        .group_by(column.project_id)
    )
    return {
        "descriptors": json_parts.mapping(rows),
        "first_episodes": json_parts.mapping(FIRST_EPISODES),
    }


#: The first running episode of each show by name, else the first.
FIRST_EPISODES: Final = (
    sa.select(ENTITY.c.project_id.label("key"), sa.func.to_json(ENTITY.c.id).label("value"))
    .where(ENTITY.c.project_id == json_parts.idents("shows"), of_kind("episode"))
    .order_by(ENTITY.c.project_id, (ENTITY.c.status == RUNNING).desc(), ENTITY.c.name, ENTITY.c.id)
    .ext(distinct_on(ENTITY.c.project_id))
)
#: The asset types, in the order of their resource.
ASSET_TYPES: Final = json_parts.array(ROWS, *RESOURCES["entity-types"].order)
EXTRAS: Final = json_parts.json_object(**_extras())
CONTEXT: Final = json_parts.json_object(asset_types=ASSET_TYPES, **_extras())


class ContextRpc(ResourceService):
    """Parts of answers that ``crud`` composes."""

    @query
    def read_context_part(self, projects: list[str], shows: list[str]) -> Reply:
        """All asset types with their task types, and what ``read_project_extras`` says."""
        return self._read(CONTEXT, projects, shows, None)

    @query
    def read_project_extras(
        self, projects: list[str], shows: list[str], entity_type: str | None = None
    ) -> Reply:
        """Descriptors of these productions that the caller sees, and where TV shows begin.

        Returns ``{"descriptors": {project: [descriptor]}, "first_episodes": {project: id}}``; only
        the descriptors for ``entity_type``, if one is given. A client sees what is for clients, a
        vendor what is for all or for their departments.
        """
        return self._read(EXTRAS, projects, shows, entity_type)

    def _read(
        self,
        statement: Select,
        projects: list[str],
        shows: list[str],
        entity_type: str | None,
    ) -> Reply:
        # One statement for all callers: what it shows depends on parameters only, so it is prepared
        # once.
        roles = {project: self.actor.role_in(UUID(project)) for project in projects}
        return json_parts.read(
            self.database,
            statement,
            projects=projects,
            shows=shows,
            entity_type=entity_type,
            departments=[str(ident) for ident in self.actor.departments],
            as_client=[project for project, role in roles.items() if role == "client"],
            as_vendor=[project for project, role in roles.items() if role == "vendor"],
        )
