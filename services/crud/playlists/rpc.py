"""RPC methods of playlists: list a production's, add an entity."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.common.access.rules import team_but_vendor
from services.common.contracts.crud import PlaylistEntityAdded
from services.common.crud import lists, reading
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import BadValue, known_id, parse_id
from services.common.database.tables import NOW
from services.common.errors import NotFound, invalid_field
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.values import array_or_empty
from services.common.wire.rpc_protocol import Reply
from services.crud.models import Playlist
from services.crud.policy import playlist_rules
from services.crud.policy.project_access import permitted_project


class PlaylistRpc(ResourceService):
    """Playlists of a production."""

    @query
    def list_project_playlists(self, project_id: str, episode_id: str | None = None) -> Reply:
        """The playlists of a production, or of one of its episodes, newest first.

        For the team except vendors; clients get playlists marked for clients.
        Raises NotFound, Forbidden.
        """
        project = permitted_project(self, project_id, team_but_vendor)
        rows = sa.select(*self.registry["playlists"].columns(None, relations=False)).where(
            Playlist.project_id == project
        )
        if episode_id is not None:
            rows = rows.where(Playlist.episode_id == known_id(episode_id))
        if not self.actor.is_admin:
            rows = playlist_rules.listed(self, rows)
        order = (Playlist.created_at.desc(), Playlist.id)
        return self.not_modified_or(lambda: lists.json_array(self, rows.order_by(*order)))

    @command
    def add_to_playlist(self, ident: str, data: JsonObject) -> Reply:
        """Add an entity to a playlist with a preview, or change its preview.

        For people who may change the playlist. Safe for concurrent requests.
        Returns the playlist. Raises NotFound, Forbidden, InvalidInput.
        Emits ``playlist:add_entity``.
        """
        entity, preview = _shown(data)
        resource, uuid = self.registry["playlists"], known_id(ident)
        # Before the lock: the rule may call other services.
        reading.permit(self, resource, resource.update, uuid)
        if not playlist_rules.check_shown(self, [entity], [preview] if preview else []):
            raise NotFound
        # The entities are one JSON column: locked, or concurrent requests would overwrite each
        # other.
        row = self.tx.get(Playlist, uuid, lock=True)
        shot = {"entity_id": str(entity), "preview_file_id": preview and str(preview)}
        known = [one for one in array_or_empty(row.shots) if isinstance(one, dict)]
        others = [one for one in known if one.get("entity_id") != shot["entity_id"]]
        changed = sa.update(Playlist).where(Playlist.id == uuid)
        self.tx.session.execute(changed.values(shots=[*others, shot], updated_at=NOW))
        self.tx.emit(
            PlaylistEntityAdded(
                playlist_id=uuid,
                entity_id=entity,
                preview_file_id=preview,
                project_id=row.project_id,
            )
        )
        return Reply(resource.view(self.tx, uuid, relations=False))


def _shown(data: JsonObject) -> tuple[UUID, UUID | None]:
    """Entity and preview of a body. Raises InvalidInput naming the field."""
    found: list[UUID | None] = []
    for name in ("entity_id", "preview_file_id"):
        try:
            given = data.get(name)
            found.append(None if given is None else parse_id(given))
        except BadValue:
            raise invalid_field(name, "Input should be a valid UUID") from None
    if found[0] is None:
        raise invalid_field("entity_id", "Field required")
    return found[0], found[1]
