"""RPC methods that share assets with other productions, or no longer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.assets.entities.rpc_lists import plain_columns
from services.assets.policy.access import ENTITY, facts_of_many, in_ids, of_kind
from services.assets.policy.entities import BY_KIND, SHARE
from services.assets.policy.membership import known_project
from services.common import bodies
from services.common.contracts.assets.entities import Sharing
from services.common.contracts.types import UNSET
from services.common.crud.listing.lists import compressed
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import as_json
from services.common.database import change_version
from services.common.database.sql_types import Condition
from services.common.database.tables import NOW
from services.common.errors import NotFound
from services.common.json_types import Json
from services.common.runtime.rpc_server import command
from services.common.values import BadValue, parse_id
from services.common.wire.rpc_protocol import Reply

SHARER: Final = BY_KIND["asset"].may[SHARE]


class SharingRpc(ResourceService):
    """Sharing of assets."""

    @command
    def share_assets(self, data: Json = None) -> Reply:
        """Let all productions use these assets, or no longer. For managers of each.

        Returns the assets. Raises InvalidInput, NotFound (then nothing changes), Forbidden.
        """
        body = bodies.read(Sharing, data)
        idents = list(dict.fromkeys(body.asset_ids or ()))
        with self.database.read() as connection:
            assets = facts_of_many(connection, idents)
        if len(assets) < len(idents) or any(facts["kind"] != "Asset" for facts in assets):
            raise NotFound
        for facts in assets:
            SHARER.check(self, facts)
        return self._share(body, [in_ids(ENTITY.c.id, idents)])

    @command
    def share_assets_of_project(
        self, project_id: str, asset_type_id: str = "", data: Json = None
    ) -> Reply:
        """Let all productions use a production's assets, or no longer. For its managers.

        All of them or those of a type; without a type, those that the body names if it names any.
        Returns them. Raises InvalidInput, NotFound, Forbidden.
        """
        # With a type, the body is read after the rights are checked.
        body = None if asset_type_id else bodies.read(Sharing, data)
        project = known_project(self, project_id)
        SHARER.check(self, {"project_id": project})
        scope = [ENTITY.c.project_id == project]
        if body is None:
            body = bodies.read(Sharing, data)
            scope.append(_of_type(asset_type_id))
        elif body.asset_ids:
            scope.append(in_ids(ENTITY.c.id, body.asset_ids))
        return self._share(body, scope)

    def _share(self, body: Sharing, scope: Sequence[Condition]) -> Reply:
        is_shared = True if body.is_shared is UNSET else body.is_shared
        assets = sa.select(ENTITY.c.id).where(of_kind("asset"), *scope)
        # In the order of ids, so that two requests don't deadlock.
        locked = assets.order_by(ENTITY.c.id).with_for_update()
        idents: Sequence[UUID] = self.tx.connection.scalars(locked).all()
        change = sa.update(ENTITY).where(in_ids(ENTITY.c.id, idents))
        self.tx.connection.execute(change.values(is_shared=is_shared, updated_at=NOW))
        # No event tells of it.
        change_version.touch(self.tx)
        columns = plain_columns(self.actor, "asset")
        rows = self.tx.connection.scalars(as_json(columns, ENTITY, in_ids(ENTITY.c.id, idents)))
        return compressed(f"[{','.join(rows)}]".encode())


def _of_type(asset_type_id: str) -> Condition:
    """The condition for assets of a type; nothing is of a malformed one."""
    try:
        return ENTITY.c.entity_type_id == parse_id(asset_type_id)
    except BadValue:
        return sa.false()
