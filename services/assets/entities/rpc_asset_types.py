"""RPC methods of asset types: the entity types that are not reserved."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import sqlalchemy as sa

from services.assets.policy import entities
from services.assets.policy.access import ENTITY, LINK, TYPE
from services.assets.policy.kinds import RESERVED
from services.assets.policy.membership import known_project
from services.assets.resources import RESOURCES
from services.common.crud.listing import filters, lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply

ASSET_TYPE: Final = replace(RESOURCES["entity-types"], kind="AssetType")
#: All of them with the task types of their workflow, and those in use somewhere without.
ROWS: Final = sa.select(*ASSET_TYPE.columns(None, relations=True)).where(
    TYPE.c.name.not_in(RESERVED)
)
IN_USE: Final = sa.select(*ASSET_TYPE.columns(None, relations=False)).where(
    TYPE.c.name.not_in(RESERVED)
)


class AssetTypeRpc(ResourceService):
    """Asset types."""

    @query
    def list_asset_types(self, query: dict[str, str] | None = None) -> Reply:
        """All asset types with the task types of their workflow, filtered by columns, by name."""
        conditions = filters.by_columns(TYPE, query or {}, TYPE.c.keys())
        return lists.json_array(self, ROWS.where(*conditions), TYPE.c.name, TYPE.c.id)

    @query
    def read_asset_type(self, ident: str) -> Reply:
        """An asset type. Raises NotFound, also for a reserved entity type such as Shot."""
        return lists.json_row(self, ROWS.where(TYPE.c.id == known_id(ident)))

    @query
    def list_asset_types_of_project(self, project_id: str) -> Reply:
        """The types of the assets that the caller sees of a production.

        Raises NotFound, Forbidden.
        """
        project = known_project(self, project_id)
        seen = entities.ENTITIES.rows_in(self, [project])
        types = sa.select(ENTITY.c.entity_type_id).where(seen)
        return lists.json_array(self, IN_USE.where(TYPE.c.id.in_(types)), TYPE.c.name, TYPE.c.id)

    @query
    def list_asset_types_of_shot(self, ident: str) -> Reply:
        """The types of the assets cast in a shot. Raises NotFound, Forbidden."""
        facts = entities.readable_entity(self, ident, "shot")
        types = (
            sa.select(ENTITY.c.entity_type_id)
            .join(LINK, LINK.c.entity_out_id == ENTITY.c.id)
            .where(LINK.c.entity_in_id == facts["id"])
        )
        return lists.json_array(self, IN_USE.where(TYPE.c.id.in_(types)), TYPE.c.name, TYPE.c.id)
