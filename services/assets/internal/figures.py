"""RPC methods on shots for the figures of ``tasks``."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.assets.overview.views import EPISODE, SEQUENCE
from services.assets.policy.access import ENTITY, in_ids, of_kind
from services.assets.policy.entities import seen_anywhere
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.database.sql_types import Select
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query

PARENT: Final = ENTITY.alias("parent")
#: What a shot is called after, from its episode down.
NAMES: Final = ("episode_name", "sequence_name", "name")


class FigureRpc(ResourceService):
    """Facts of entities for ``tasks``, which authorizes.

    Columns are texts of PostgreSQL arrays, all in one order: whoever asks hands them to a database
    again, so thousands of values are neither written as JSON nor read on the way.
    """

    @query
    def list_shot_frames(self, project_id: str) -> dict[str, str]:
        """The columns ``ids`` and ``frames`` of a production's shots, canceled ones included."""
        rows = sa.select(ENTITY.c.id, ENTITY.c.nb_frames.label("frames"))
        return self._columns(rows.where(ENTITY.c.project_id == UUID(project_id), of_kind("shot")))

    @query
    def list_frames_by_episode(self, project_id: str) -> dict[str, str]:
        """The columns ``ids``, ``frames``, ``episodes`` of what is in a production's sequences.

        That is: of entities whose parent has a parent, canceled ones included.
        """
        rows = (
            sa.select(
                ENTITY.c.id,
                ENTITY.c.nb_frames.label("frames"),
                PARENT.c.parent_id.label("episodes"),
            )
            .join(PARENT, PARENT.c.id == ENTITY.c.parent_id)
            .where(ENTITY.c.project_id == UUID(project_id), PARENT.c.parent_id.is_not(None))
        )
        return self._columns(rows)

    def _columns(self, rows: Select) -> dict[str, str]:
        found = rows.subquery("found")
        columns = {("ids" if name == "id" else name): column for name, column in found.c.items()}
        texts = (
            sa.func.coalesce(sa.cast(sa.func.array_agg(column), sa.Text), "{}").label(name)
            for name, column in columns.items()
        )
        with self.database.read() as connection:
            return dict(connection.execute(sa.select(*texts)).mappings().one())

    @query
    def list_named_shots(self, ids: list[str]) -> list[JsonObject]:
        """Those of these entities that are shots and that the caller sees, by ``full_name``."""
        resource = self.registry["entities"]
        shown = resource.shown(self.actor, resource.columns(None, relations=False))
        rows = (
            sa.select(
                *shown,
                SEQUENCE.c.name.label("sequence_name"),
                EPISODE.c.name.label("episode_name"),
            )
            .select_from(ENTITY)
            .outerjoin(SEQUENCE, SEQUENCE.c.id == ENTITY.c.parent_id)
            .outerjoin(EPISODE, EPISODE.c.id == SEQUENCE.c.parent_id)
            .where(in_ids(ENTITY.c.id, ids), of_kind("shot"), seen_anywhere(self))
        )
        with self.database.read() as connection:
            texts = connection.execute(rows_as_json(rows)).scalars().all()
        shots = [_named(msgspec.json.decode(text)) for text in texts]
        return sorted(shots, key=lambda shot: (shot["full_name"], shot["id"]))


def _named(shot: JsonObject) -> JsonObject:
    """A shot with its full name in place of those that it is made of."""
    full_name = " / ".join(shot[part] for part in NAMES if shot[part])
    kept = {name: value for name, value in shot.items() if name not in NAMES[:-1]}
    return {**kept, "type": "Entity", "full_name": full_name}
