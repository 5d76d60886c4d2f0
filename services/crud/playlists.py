"""The rules of playlists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.rules import Rule
from services.common.crud.validation import BadValue, parse_id
from services.common.database.sql_errors import BAD_VALUE
from services.common.errors import Integrity, InvalidInput
from services.crud.models import BuildJob, Playlist, PlaylistShareLink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.access.rules import Facts, Work

KINDS: Final = ("shot", "asset", "sequence", "edit", "episode")


def _own(work: Work, facts: Facts) -> bool:
    supervises = work.actor.role_in(facts["project_id"]) == "supervisor"
    return supervises and facts["created_by"] in {work.actor.id, None}


own_playlist: Final = Rule(
    "to supervise the production and have made the playlist", _own, ("project_id", "created_by")
)


def listed(work: Work, statement: sa.Select[Any]) -> sa.Select[Any]:
    """Playlists of the caller's productions; clients see those made for them."""
    actor = work.actor
    as_client = {p for p, role in actor.projects.items() if role == "client"}
    mine = Playlist.project_id.in_(set(actor.projects) - as_client)
    return statement.where(
        mine | (Playlist.project_id.in_(as_client) & Playlist.for_client.is_(True))
    )


def prepare(_work: Any, body: Mapping[str, Any], _ident: Any) -> None:
    """Raise InvalidInput for a ``for_entity`` that no playlist is for."""
    kind = body.get("for_entity")
    if kind is not None and kind not in KINDS:
        message = f"for_entity must be one of {', '.join(KINDS)}"
        raise InvalidInput(message)


def on_create(work: Any, values: dict[str, Any], _body: Mapping[str, Any]) -> None:
    """A new playlist is its caller's."""
    values["created_by"] = work.actor.id
    if values["shots"] is not None:
        values["shots"] = reduced(values["shots"])


def on_update(
    _work: Any, _row: Mapping[str, Any], values: dict[str, Any], _body: Mapping[str, Any]
) -> None:
    """Keep of each shot what a playlist is about."""
    if values.get("shots") is not None:
        values["shots"] = reduced(values["shots"])


def on_delete(work: Any, row: Mapping[str, Any], _force: bool) -> None:
    """What was built of a playlist, and the links to it, go with it."""
    for table in (BuildJob, PlaylistShareLink):
        work.tx.session.execute(sa.delete(table).where(table.playlist_id == row["id"]))


def reduced(shots: Any) -> list[dict[str, Any]]:
    """Each shot as ``{entity_id, preview_file_id}``; those without a preview key vanish."""
    if not isinstance(shots, list) or not all(isinstance(shot, dict) for shot in shots):
        raise Integrity(BAD_VALUE)
    return [
        {
            "entity_id": shot.get("entity_id") or shot.get("id"),
            "preview_file_id": shot["preview_file_id"],
        }
        for shot in shots
        if "preview_file_id" in shot
    ]


def lenient(body: Mapping[str, Any]) -> dict[str, Any]:
    """A new playlist's episode may be "all" or "main", its task type anything: both mean none."""
    changed = dict(body)
    if changed.get("episode_id") in {"all", "main"}:
        changed["episode_id"] = None
    if not _is_id(changed.get("task_type_id")):
        changed["task_type_id"] = None
    return changed


def _is_id(value: Any) -> UUID | None:
    try:
        return parse_id(value)
    except BadValue:
        return None
