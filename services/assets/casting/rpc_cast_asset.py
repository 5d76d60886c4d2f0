"""RPC method that casts one asset in several entities, keeping the rest of their castings."""

from __future__ import annotations

from collections import defaultdict
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.assets.casting.casting_events import Cast
from services.assets.casting.rpc import CAST, COMMON, ELSEWHERE, SHARED, SHOWN
from services.assets.casting.write import (
    changes_of,
    check_castable,
    lock_castings,
    write_castings,
)
from services.assets.policy import access
from services.assets.policy.access import ENTITY, LINK, TYPE, in_ids
from services.assets.policy.membership import require_manager
from services.common import bodies
from services.common.contracts.assets.casting import CastInSeveral
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import known_id
from services.common.errors import Forbidden
from services.common.json_types import Json, JsonObject
from services.common.runtime.rpc_server import command

ONCE: Final = 1


class CastAssetRpc(ResourceService):
    """Castings, asset by asset."""

    @command
    def cast_asset(
        self, project_id: str, asset_id: str, data: Json = None
    ) -> dict[str, list[JsonObject]]:
        """Cast an asset in the entities ``entity_ids``, keeping the rest of their castings.

        Absent ``nb_occurences`` and ``label`` keep their values (for a new casting 1 and no
        label); zero occurrences remove the asset. Safe for concurrent requests.
        Returns ``{entity id: [casting]}``. Raises NotFound, Forbidden, InvalidInput.
        Emits as ``replace_casting``.
        """
        body = bodies.read(CastInSeveral, data)
        project, asset = known_id(project_id), known_id(asset_id)
        require_manager(self, project)
        ids = list(dict.fromkeys(body.entity_ids))
        with self.database.read() as connection:
            # Only for its NotFound: of any production, since shared assets are cast elsewhere.
            access.facts_of(connection, asset, "asset")
        states = changes_of(self.database, ids)
        if any(change.project_id != project for change in states.values()):
            raise Forbidden(ELSEWHERE)
        if not ids:
            return {}
        check_castable(self, {asset}, ids)
        changes = {ident: states[ident] for ident in ids}
        # Locked before they are read: what others cast meanwhile must not be overwritten.
        lock_castings(self.tx, changes)
        for ident, castings in self._castings(ids).items():
            # Taken out, and put back below unless it is removed.
            current = castings.pop(asset, Cast(asset, ONCE, ""))
            count = current.nb_occurences if body.nb_occurences is None else body.nb_occurences
            label = current.label if body.label is None else body.label
            if count:
                castings[asset] = Cast(asset, count, label)
            changes[ident].items, changes[ident].size = list(castings.values()), len(castings)
        write_castings(self.tx, changes)
        return self._shown_castings(ids)

    def _castings(self, ids: list[UUID]) -> dict[UUID, dict[UUID, Cast]]:
        """What these entities cast, by asset."""
        castings: dict[UUID, dict[UUID, Cast]] = {ident: {} for ident in ids}
        rows = sa.select(
            LINK.c.entity_in_id, LINK.c.entity_out_id, LINK.c.nb_occurences, LINK.c.label
        ).where(in_ids(LINK.c.entity_in_id, ids))
        for entity, *cast in self.tx.connection.execute(rows):
            castings[entity][cast[0]] = Cast(*cast)
        return castings

    def _shown_castings(self, ids: list[UUID]) -> dict[str, list[JsonObject]]:
        rows = (
            sa.select(LINK.c.entity_in_id, *COMMON, *SHARED)
            .select_from(CAST)
            .where(in_ids(LINK.c.entity_in_id, ids), SHOWN)
            .order_by(TYPE.c.name, ENTITY.c.name)
        )
        castings: dict[str, list[JsonObject]] = defaultdict(list)
        for text in self.tx.connection.scalars(rows_as_json(rows)):
            row = msgspec.json.decode(text)
            castings[row.pop("entity_in_id")].append(row)
        return {str(ident): castings[str(ident)] for ident in ids}
