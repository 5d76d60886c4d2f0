"""RPC methods on what schedules are about, for ``crud``."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.assets.models import Entity, EntityType
from services.assets.policy.access import of_kind
from services.common.crud.resource_service import ResourceService
from services.common.database.sql_types import Select
from services.common.database.tables import table_of
from services.common.runtime.rpc_server import query

ENTITY, TYPE = table_of(Entity), table_of(EntityType)
#: What leads from an entity to its episode, by kind.
TO_EPISODE: Final = {
    "asset-types": ENTITY.c.source_id,
    "episodes": ENTITY.c.id,
    "sequences": ENTITY.c.parent_id,
    "edits": ENTITY.c.parent_id,
}


class ScheduleObjectsRpc(ResourceService):
    """Parts of productions, for ``crud``, which authorizes."""

    @query
    def list_schedule_objects(
        self, project_id: str, kind: str, episode_id: str | None = None
    ) -> dict[str, str]:
        """Names by id: the types of the production's assets, or its episodes, sequences, edits.

        Those of an episode, if one is given. Canceled edits are left out.
        """
        rows = self._asset_types() if kind == "asset-types" else self._entities(kind)
        rows = rows.where(ENTITY.c.project_id == UUID(project_id))
        if episode_id is not None:
            rows = rows.where(TO_EPISODE[kind] == UUID(episode_id))
        with self.database.read() as connection:
            return {str(ident): name for ident, name in connection.execute(rows)}

    @staticmethod
    def _asset_types() -> Select:
        rows = sa.select(TYPE.c.id, TYPE.c.name).distinct().select_from(ENTITY)
        return rows.join(TYPE, TYPE.c.id == ENTITY.c.entity_type_id).where(of_kind("asset"))

    @staticmethod
    def _entities(kind: str) -> Select:
        rows = sa.select(ENTITY.c.id, ENTITY.c.name).where(of_kind(kind.removesuffix("s")))
        return rows.where(ENTITY.c.canceled.is_not(True)) if kind == "edits" else rows
