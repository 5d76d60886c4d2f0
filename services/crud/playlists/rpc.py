"""RPC methods of playlists: list a production's, add an entity."""

from __future__ import annotations

from itertools import chain
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common import bodies, queries
from services.common.access.rules import admin
from services.common.contracts.crud.events import PlaylistEntityAdded
from services.common.contracts.crud.planning import NumberedPage, PlaylistEntry
from services.common.crud import reading
from services.common.crud.listing import lists
from services.common.crud.resource import Resource
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.tables import NOW, table_of
from services.common.errors import NotFound
from services.common.json_types import Json, JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.values import array_or_empty
from services.common.wire.rpc_protocol import Reply
from services.crud.models import BuildJob, Playlist
from services.crud.policy import playlist_rules
from services.crud.policy.playlists import PLAYLISTS
from services.crud.policy.project_access import permitted_project

#: In lists, what stands for the entities: the preview of the first one.
FIRST_PREVIEW: Final = table_of(Playlist).c.shots[0]["preview_file_id"].astext


JOBS: Final = Resource(path="build-jobs", model=BuildJob)


class PlaylistRpc(ResourceService):
    """Playlists of a production."""

    @query
    def list_project_playlists(self, project_id: str, episode_id: str | None = None) -> Reply:
        """The playlists of a production, or of one of its episodes, newest first.

        Each with ``first_preview_file_id`` instead of its entities. For the team except vendors;
        clients get playlists marked for clients. Raises NotFound, Forbidden.
        """
        project = permitted_project(self, project_id, PLAYLISTS.lister)
        columns = self.registry["playlists"].columns(None, relations=False)
        rows = sa.select(
            *(column for column in columns if column.name != "shots"),
            FIRST_PREVIEW.label("first_preview_file_id"),
        ).where(PLAYLISTS.rows_in(self, [project]))
        if episode_id is not None:
            rows = rows.where(Playlist.episode_id == known_id(episode_id))
        playlist = table_of(Playlist).c
        order = (playlist.created_at.desc(), playlist.id)
        return self.not_modified_or(lambda: lists.json_array(self, rows, *order))

    @query
    def list_all_playlists(self, project_id: str, query: dict[str, str] | None = None) -> Reply:
        """All playlists of a production with their entities and jobs; a page of them if asked.

        For administrators. Raises Forbidden, NotFound, InvalidInput.
        """
        page = queries.read(NumberedPage, query).page or 0
        project = permitted_project(self, project_id, admin)
        asked = {"project_id": str(project), "relations": "true"}
        # Below the first page there is nothing to divide.
        if page >= 1:
            asked |= {"page": str(page)}
        return lists.list_rows(self, self.registry["playlists"], asked)

    @query
    def list_build_jobs(self, project_id: str) -> Reply:
        """The jobs that build movies and archives of a production's playlists.

        For administrators. Raises Forbidden, NotFound.
        """
        project = permitted_project(self, project_id, admin)
        job = JOBS.table.c
        playlists = sa.select(Playlist.id).where(Playlist.project_id == project)
        rows = sa.select(*JOBS.columns(None, relations=False))
        return lists.json_array(self, rows.where(job.playlist_id.in_(playlists)), *JOBS.order)

    @command
    def add_to_playlist(self, ident: str, data: JsonObject) -> Reply:
        """Add an entity to a playlist with a preview of it, else with the newest it has.

        An entity may be in it several times, each time with another preview. For people who may
        change the playlist. Safe for concurrent requests. Returns the playlist.
        Raises NotFound (also for another production's entity), Forbidden, InvalidInput.
        Emits ``playlist:add_entity`` unless it was there already.
        """
        body = bodies.read(PlaylistEntry, data)
        entity, preview = body.entity_id, body.preview_file_id
        resource, uuid = self.registry["playlists"], known_id(ident)
        # Before the lock: the rule may call other services.
        reading.permit(self, resource, resource.update, uuid)
        preview = self._preview_to_show(uuid, entity, preview)
        shot = {"entity_id": str(entity)}
        if preview is not None:
            shot["preview_file_id"] = str(preview)
        # The entities are one JSON column: locked, or concurrent requests would overwrite each
        # other.
        row = self.tx.get(Playlist, uuid, lock=True)
        shots = [item for item in array_or_empty(row.shots) if isinstance(item, dict)]
        if not playlist_rules.existing(self, [shot]):
            raise NotFound
        if not any(_key(item) == _key(shot) for item in shots):
            update = sa.update(Playlist).where(Playlist.id == uuid)
            self.tx.session.execute(update.values(shots=[*shots, shot], updated_at=NOW))
            self.tx.emit(
                PlaylistEntityAdded(
                    playlist_id=uuid,
                    entity_id=entity,
                    preview_file_id=preview,
                    project_id=row.project_id,
                )
            )
        return Reply(resource.view(self.tx, uuid, relations=False))

    def _preview_to_show(self, playlist: UUID, entity: UUID, preview: UUID | None) -> UUID | None:
        """The preview to show of an entity: the one asked for, or its newest. Raises NotFound.

        The newest of the playlist's task type, where it has one and the entity a preview of it.
        """
        playlist_query = sa.select(Playlist.project_id, Playlist.task_type_id).where(
            Playlist.id == playlist
        )
        with self.database.read() as connection:
            row = connection.execute(playlist_query).one_or_none()
        projects = self.ask("assets", "list_projects_of_entities", ids=[str(entity)])
        if row is None or projects.get(str(entity)) != str(row.project_id):
            raise NotFound
        by_type = self.ask("tasks", "list_entity_previews", entity_id=str(entity))
        previews = [
            file for first in chain(*by_type.values()) for file in (first, *first["previews"])
        ]
        if preview is not None and str(preview) in {file["id"] for file in previews}:
            return preview
        of_type = by_type.get(str(row.task_type_id)) or previews
        newest = max(of_type, key=_age, default=None)
        return UUID(newest["id"]) if newest else None


def _age(file: JsonObject) -> tuple[int, str]:
    """By revision, then by time: of what was made last. A revision's first file stands for it."""
    # One that a client created without a revision, or with null, is older than all others.
    return file["revision"] or 0, file["created_at"]


def _key(shot: JsonObject) -> tuple[Json, Json]:
    """What makes an item of a playlist the same as another."""
    return shot.get("entity_id"), shot.get("preview_file_id")
