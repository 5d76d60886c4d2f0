"""Hooks of generic CRUD for playlists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.crud import cross_references
from services.common.crud.resource import CrudContext, SimpleRules
from services.common.crud.validation import BadValue, parse_id
from services.common.errors import InvalidInput
from services.common.json_types import Json, JsonObject, Row, Values
from services.crud.models import BuildJob, Playlist, PlaylistShareLink

if TYPE_CHECKING:
    from services.common.access.context import CallContext

KINDS: Final = ("shot", "asset", "sequence", "edit", "episode")


class PlaylistRules(SimpleRules):
    """Normalizes a playlist's fields, and deletes what depends on it."""

    def rewrite(self, body: JsonObject) -> JsonObject:
        """Read the episodes "all" and "main", and any task type that is no id, as null."""
        changed = dict(body)
        if changed.get("episode_id") in ("all", "main"):
            changed["episode_id"] = None
        if not _is_id(changed.get("task_type_id")):
            changed["task_type_id"] = None
        return changed

    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None) -> None:
        """Check kind and entities. Raises InvalidInput (no such kind), Forbidden."""
        kind = body.get("for_entity")
        if kind is not None and kind not in KINDS:
            message = f"for_entity must be one of {', '.join(KINDS)}"
            raise InvalidInput(message)
        # Only what the request adds: entities removed from a production since must not block edits.
        if body.get("shots") and not ctx.actor.is_admin:
            check_shown(ctx, *_new_ids(ctx, body["shots"], ident))

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Set the creator, and reduce ``shots`` to the ids that are stored."""
        values["created_by"] = ctx.actor.id
        if values["shots"] is not None:
            values["shots"] = reduced(values["shots"])

    def on_update(
        self, _ctx: CrudContext, _row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Reduce ``shots`` to the ids that are stored."""
        if values.get("shots") is not None:
            values["shots"] = reduced(values["shots"])

    def on_delete(self, ctx: CrudContext, row: Row, _prepared: None) -> None:
        """Delete the playlist's build jobs and share links."""
        for table in (BuildJob, PlaylistShareLink):
            ctx.tx.session.execute(sa.delete(table).where(table.playlist_id == row["id"]))


def check_shown(ctx: CallContext, entities: Iterable[UUID], previews: Iterable[UUID]) -> bool:
    """Whether the entities exist; their owners check that the caller may reference them.

    The ids are in a JSON column, for which no reference can be declared. Raises Forbidden.
    """
    wanted = {("assets", "entity"): set(entities), ("tasks", "preview_file"): set(previews)}
    found = cross_references.ask_existing(ctx, wanted)
    return found["assets", "entity"] == wanted["assets", "entity"]


def _new_ids(ctx: CallContext, shots: Json, ident: UUID | None) -> tuple[set[UUID], set[UUID]]:
    """Entities and previews that the playlist does not show yet."""
    before = sa.select(Playlist.shots).where(Playlist.id == ident)
    with ctx.database.read() as connection:
        entities, previews = _ids(connection.scalar(before) if ident else None)
    shown = _ids(shots)
    return shown[0] - entities, shown[1] - previews


def _ids(shots: Json) -> tuple[set[UUID], set[UUID]]:
    """The ids of entities and of previews in ``shots``."""
    items = [one for one in shots if isinstance(one, dict)] if isinstance(shots, list) else []
    entities = {_is_id(one.get("entity_id") or one.get("id")) for one in items}
    previews = {_is_id(one.get("preview_file_id")) for one in items}
    return {i for i in entities if i}, {i for i in previews if i}


def reduced(shots: Any) -> list[JsonObject]:
    """Each entity as ``{entity_id, preview_file_id}``; the preview may be null."""
    entities = [(shot.get("entity_id") or shot.get("id"), shot) for shot in shots]
    return [
        {"entity_id": entity, "preview_file_id": shot.get("preview_file_id")}
        for entity, shot in entities
        if entity
    ]


def _is_id(value: Json) -> UUID | None:
    try:
        return parse_id(value)
    except BadValue:
        return None
