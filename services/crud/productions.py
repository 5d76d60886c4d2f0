"""Productions as clients read them first: with their lists, and how they use types and statuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
import sqlalchemy as sa

from services.common.resources import JSON_TEXT
from services.common.tables import table_of
from services.crud.models import (
    Project,
    ProjectStatus,
    ProjectTaskStatusLink,
    ProjectTaskTypeLink,
    project_person_link,
)
from services.crud.projects import OPEN, TV_SHOW

if TYPE_CHECKING:
    from services.common.permissions import Actor

PROJECT: Final = table_of(Project)
STATUS: Final = table_of(ProjectStatus)
SEAT: Final = project_person_link.c
IS_OPEN: Final = PROJECT.c.project_status_id.in_(
    sa.select(STATUS.c.id).where(sa.func.lower(STATUS.c.name) == OPEN.lower())
)
Rows = list[tuple[str, str | None, str]]
"""Id, production type and JSON of productions."""


class Extras(msgspec.Struct):
    """What ``assets`` knows of productions."""

    descriptors: dict[str, msgspec.Raw]
    first_episodes: dict[str, msgspec.Raw]


def _by_key(link: Any, key: str, value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """``{key: value}`` over the links of a production."""
    table = table_of(link)
    found = sa.func.json_object_agg(table.c[key], value)
    empty = sa.func.coalesce(found, sa.literal_column("'{}'::json"))
    own = sa.select(empty).where(table.c.project_id == PROJECT.c.id).correlate(PROJECT)
    return own.scalar_subquery()


STATUS_LINK: Final = sa.func.json_build_object(
    sa.literal_column("'priority'"),
    ProjectTaskStatusLink.priority,
    sa.literal_column("'roles_for_board'"),
    ProjectTaskStatusLink.roles_for_board,
)
USES: Final = (
    _by_key(ProjectTaskTypeLink, "task_type_id", table_of(ProjectTaskTypeLink).c.priority).label(
        "task_types_priority"
    ),
    _by_key(ProjectTaskStatusLink, "task_status_id", STATUS_LINK).label("task_statuses_link"),
)


def seen_by(actor: Actor) -> sa.ColumnElement[bool]:
    """Productions whose team the caller is in; administrators see all."""
    if actor.is_admin:
        return sa.true()
    return PROJECT.c.id.in_(sa.select(SEAT.project_id).where(SEAT.person_id == actor.id))


def with_json(rows: sa.Select[Any]) -> sa.Select[Any]:
    """Id, production type and JSON of each of the productions ``rows``."""
    found = rows.order_by(PROJECT.c.name).subquery("r")
    return sa.select(sa.cast(found.c.id, sa.Text), found.c.production_type, JSON_TEXT).select_from(
        found
    )


def question(rows: Rows) -> dict[str, Any]:
    """What to ask ``assets`` about these productions."""
    shows = [ident for ident, kind, _ in rows if kind == TV_SHOW]
    return {"projects": [ident for ident, _, _ in rows], "shows": shows}


def completed(rows: Rows, extras: Extras) -> bytes:
    """The productions as a JSON array, each with its descriptors and where a TV show begins."""
    return f"[{','.join(_completed(ident, text, extras) for ident, _, text in rows)}]".encode()


def _completed(ident: str, text: str, extras: Extras) -> str:
    members: Mapping[str, Any] = {"descriptors": extras.descriptors.get(ident, msgspec.Raw(b"[]"))}
    if ident in extras.first_episodes:
        members = {**members, "first_episode_id": extras.first_episodes[ident]}
    return f"{text[:-1]},{msgspec.json.encode(members).decode()[1:]}"
