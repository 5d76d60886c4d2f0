"""Hooks of generic CRUD for playlists."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.crud import cross_references
from services.common.crud.resource_rules import CrudContext, ResourceRules
from services.common.crud.validation import BadValue, parse_id
from services.common.database.tables import OnGone, table_of
from services.common.errors import InvalidInput
from services.common.json_types import Json, JsonObject, Row, Values
from services.crud.models import BuildJob, Playlist, PlaylistShareLink

if TYPE_CHECKING:
    from services.common.access.context import CallContext
    from services.common.crud.deletion.cascade import Cascade

ENTITY, PREVIEW = "assets.entity", "tasks.preview_file"
#: The keys of an item that hold ids of a table.
KEYS: Final = {ENTITY: ("entity_id", "id"), PREVIEW: ("preview_file_id",)}
# By containment, which the index of the column answers.
SHOWING: Final = sa.text("""
    SELECT id, project_id, shots FROM playlist WHERE id IN (
      SELECT playlist.id FROM unnest(CAST(:items AS text[])) AS item
      JOIN playlist ON playlist.shots @> CAST(item AS jsonb)
    ) ORDER BY id FOR UPDATE
""")
#: The entities of previews, by their ids.
Pinned = dict[str, str | None]
KINDS: Final = ("shot", "asset", "sequence", "edit", "episode")


class PlaylistRules(ResourceRules[Pinned]):
    """Normalizes a playlist's fields, and deletes what depends on it."""

    holds: ClassVar[Mapping[str, OnGone]] = {ENTITY: "update", PREVIEW: "update"}

    def release(self, cascade: Cascade, table: str, ids: Collection[UUID]) -> None:
        """Show deleted entities no more, and no deleted previews of the others.

        Emits ``playlist:update``: no event may have told of the previews of a deleted task.
        """
        texts = [str(ident) for ident in ids]
        items = [json.dumps([{key: text}]) for key in KEYS[table] for text in texts]
        connection = cascade.tx.connection
        rows = connection.execute(SHOWING, {"items": items}).mappings().all()
        told = cascade.told(rows)
        with cascade.noted(told):
            for row in rows:
                change = sa.update(Playlist).where(Playlist.id == row["id"])
                connection.execute(change.values(shots=without(row["shots"], frozenset(texts))))
        cascade.tell(table_of(Playlist), "update", told)

    def rewrite(self, body: JsonObject) -> JsonObject:
        """Read the episodes "all" and "main", and any task type that is no id, as null."""
        rewritten = self.rewrite_update(body)
        # Clients send the entries of their episode menu.
        if rewritten.get("episode_id") in ("all", "main"):
            rewritten["episode_id"] = None
        if not _is_id(rewritten.get("task_type_id")):
            rewritten["task_type_id"] = None
        return rewritten

    def rewrite_update(self, body: JsonObject) -> JsonObject:
        """Drop items that are no objects, as the items without an entity are."""
        shots = body.get("shots")
        if not isinstance(shots, list):
            return dict(body)
        return {**body, "shots": [item for item in shots if isinstance(item, dict)]}

    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None) -> Pinned:
        """Check kind and entities, and ask whose the previews are.

        Raises InvalidInput (no such kind), Forbidden.
        """
        kind = body.get("for_entity")
        if kind is not None and kind not in KINDS:
            message = f"for_entity must be one of {', '.join(KINDS)}"
            raise InvalidInput(message)
        # Only what the request adds: entities removed from a production since must not block edits.
        if body.get("shots") and not ctx.actor.is_admin:
            check_references(ctx, *_new_ids(ctx, body["shots"], ident))
        previews = sorted(str(preview) for preview in _ids(body.get("shots"))[1])
        return ctx.ask("tasks", "list_entities_of_previews", ids=previews) if previews else {}

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, pinned: Pinned
    ) -> None:
        """Set the creator, and reduce ``shots`` to the ids that are stored."""
        values["created_by"] = ctx.actor.id
        if values["shots"] is not None:
            values["shots"] = existing(ctx, reduced(values["shots"], pinned))

    def on_update(
        self, ctx: CrudContext, _row: Row, values: Values, _body: JsonObject, pinned: Pinned
    ) -> None:
        """Reduce ``shots`` to the ids that are stored."""
        if values.get("shots") is not None:
            values["shots"] = existing(ctx, reduced(values["shots"], pinned))

    def on_delete(self, ctx: CrudContext, row: Row, _prepared: Pinned) -> None:
        """Delete the playlist's build jobs and share links."""
        # Before the delete, which foreign keys that still reference the row would refuse.
        for table in (BuildJob, PlaylistShareLink):
            ctx.tx.session.execute(sa.delete(table).where(table.playlist_id == row["id"]))


def check_references(ctx: CallContext, entities: Iterable[UUID], previews: Iterable[UUID]) -> bool:
    """Whether the entities exist; their owners check that the caller may reference them.

    The ids are in a JSON column, for which no reference can be declared. Raises Forbidden.
    """
    references = {("assets", "entity"): set(entities), ("tasks", "preview_file"): set(previews)}
    existing = cross_references.ask_existing(ctx, references)
    return existing["assets", "entity"] == references["assets", "entity"]


def _new_ids(ctx: CallContext, shots: Json, ident: UUID | None) -> tuple[set[UUID], set[UUID]]:
    """Entities and previews that the playlist does not show yet."""
    previous = sa.select(Playlist.shots).where(Playlist.id == ident)
    with ctx.database.read() as connection:
        entities, previews = _ids(connection.scalar(previous) if ident else None)
    ids = _ids(shots)
    return ids[0] - entities, ids[1] - previews


def _ids(shots: Json) -> tuple[set[UUID], set[UUID]]:
    """The ids of entities and of previews in ``shots``."""
    items = [item for item in shots if isinstance(item, dict)] if isinstance(shots, list) else []
    entities = {_is_id(item.get("entity_id") or item.get("id")) for item in items}
    previews = {_is_id(item.get("preview_file_id")) for item in items}
    return {i for i in entities if i}, {i for i in previews if i}


def reduced(shots: Any, pinned: Pinned) -> list[JsonObject]:
    """Each entity as ``{entity_id, preview_file_id}``; a preview of another becomes null."""
    entities = [(shot.get("entity_id") or shot.get("id"), shot) for shot in shots]
    return [
        {"entity_id": entity, "preview_file_id": _own(entity, shot, pinned)}
        for entity, shot in entities
        if entity
    ]


def _own(entity: Json, shot: JsonObject, pinned: Pinned) -> Json:
    preview = shot.get("preview_file_id")
    owner = pinned.get(str(_is_id(preview)))
    return preview if owner in {None, str(_is_id(entity))} else None


def existing(ctx: CrudContext, shots: list[JsonObject]) -> list[JsonObject]:
    """The items without what was deleted: clients also send back what they read before."""
    entities, previews = _ids(shots)
    deleted = cross_references.deleted_among(ctx, entities | previews)
    return without(shots, frozenset(str(ident) for ident in deleted))


def without(shots: list[JsonObject], deleted: Collection[str]) -> list[JsonObject]:
    """The items whose entity is not deleted, a deleted preview replaced by null."""
    kept = (item for item in shots if not any(item.get(key) in deleted for key in KEYS[ENTITY]))
    return [
        {**item, "preview_file_id": None} if item.get("preview_file_id") in deleted else item
        for item in kept
    ]


def _is_id(value: Json) -> UUID | None:
    try:
        return parse_id(value)
    except BadValue:
        return None
