"""RPC methods that list the entities of the caller's tasks, and their parents."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.assets.entities.rpc_asset_types import IN_USE
from services.assets.entities.rpc_lists import plain_columns
from services.assets.policy import entities
from services.assets.policy.access import ENTITY, TYPE
from services.assets.policy.membership import known_project
from services.common.access.rules import only_persons
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply


class OwnEntityRpc(ResourceService):
    """Entities with tasks assigned to the caller; "works on" below means such a task."""

    @query
    def list_own_in_project(
        self, kind: str, project_id: str, asset_type_id: str | None = None
    ) -> Reply:
        """The entities of a kind (assets: of a type) on which the caller works, by name.

        A sequence counts if they work on one of its shots, an episode if they work on one of its
        shots or assets. Raises NotFound, Forbidden.
        """
        project = known_project(self, project_id)
        conditions = (
            [] if asset_type_id is None else [ENTITY.c.entity_type_id == known_id(asset_type_id)]
        )
        return self._own(kind, project, *conditions)

    @query
    def list_own_children(self, kind: str, of: str, ident: str) -> Reply:
        """The children of an entity on which the caller works, by name.

        Raises NotFound, Forbidden.
        """
        facts = entities.readable_entity(self, ident, of)
        return self._own(kind, facts["project_id"], ENTITY.c.parent_id == facts["id"])

    @query
    def list_own_asset_types(self, project_id: str) -> Reply:
        """The types of a production's assets on which the caller works, by name.

        Raises NotFound, Forbidden.
        """
        only_persons(self)
        project = known_project(self, project_id)
        conditions = entities.worked_on(self, "asset", project)
        types = sa.select(ENTITY.c.entity_type_id).where(*conditions)
        return lists.json_array(self, IN_USE.where(TYPE.c.id.in_(types)).order_by(TYPE.c.name))

    def _own(self, kind: str, project: UUID, *where: Condition) -> Reply:
        only_persons(self)
        conditions = entities.worked_on(self, kind, project)
        rows = sa.select(*plain_columns(self.actor, kind)).where(*conditions, *where)
        return lists.json_array(self, rows.order_by(ENTITY.c.name))
