"""Productions for lists and for a client's start-up, with their types, statuses and settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.crud import json_parts
from services.common.database.sql_types import Condition, Expression, Select
from services.common.database.tables import table_of
from services.common.json_types import Json, JsonObject
from services.crud.models import (
    Project,
    ProjectStatus,
    ProjectTaskStatusLink,
    ProjectTaskTypeLink,
    project_person_link,
)

OPEN, CLOSED = "Open", "Closed"
TV_SHOW: Final = "tvshow"
PROJECT: Final = table_of(Project)
STATUS: Final = table_of(ProjectStatus)
STATUS_NAME: Final = (
    sa.select(ProjectStatus.name)
    .where(ProjectStatus.id == Project.project_status_id)
    .correlate(Project)
    .scalar_subquery()
)
SEAT: Final = project_person_link.c
IS_OPEN: Final = PROJECT.c.project_status_id.in_(
    sa.select(STATUS.c.id).where(sa.func.lower(STATUS.c.name) == OPEN.lower())
)
#: Id, production type and JSON of productions.
Rows = list[tuple[str, str | None, msgspec.Raw]]


class Production(msgspec.Struct):
    """What ``assets`` is asked about a production by."""

    id: str
    production_type: str | None


class Extras(msgspec.Struct):
    """The part of productions that ``assets`` owns."""

    descriptors: dict[str, msgspec.Raw]
    first_episodes: dict[str, msgspec.Raw]


def is_open(status: str | None) -> bool:
    """Whether a production with that status is open; statuses are compared without case."""
    return status is not None and status.lower() == OPEN.lower()


def _by_key(link: Any, key: str, value: Expression) -> Expression:
    """``{key: value}`` over the links of a production."""
    table = table_of(link)
    objects = sa.func.json_object_agg(table.c[key], value)
    empty = sa.func.coalesce(objects, sa.literal_column("'{}'::json"))
    of_project = sa.select(empty).where(table.c.project_id == PROJECT.c.id).correlate(PROJECT)
    return of_project.scalar_subquery()


def _members(link: Any, *names: str) -> Expression:
    """A JSON object of these columns."""
    table = table_of(link)
    pairs: list[Expression] = []
    for name in names:
        pairs += [sa.literal_column(f"'{name}'"), table.c[name]]
    return sa.func.json_build_object(*pairs)


#: The settings of a production, by their names in JSON.
USES: Final[Mapping[str, Expression]] = {
    "task_types_priority": _by_key(
        ProjectTaskTypeLink, "task_type_id", table_of(ProjectTaskTypeLink).c.priority
    ),
    "task_type_links": _by_key(
        ProjectTaskTypeLink,
        "task_type_id",
        _members(
            ProjectTaskTypeLink,
            "priority",
            "hd_bitrate_compression",
            "ld_bitrate_compression",
            "is_client_visible",
        ),
    ),
    "task_statuses_link": _by_key(
        ProjectTaskStatusLink,
        "task_status_id",
        _members(ProjectTaskStatusLink, "priority", "roles_for_board", "is_client_allowed"),
    ),
}


#: The caller's id, bound when a statement runs: the statements are prepared once.
PERSON: Final = json_parts.ident("person")


def seen_by(person: Any = PERSON, *, is_admin: bool) -> Condition:
    """Productions whose team the caller is in; administrators see all."""
    if is_admin:
        return sa.true()
    return PROJECT.c.id.in_(sa.select(SEAT.project_id).where(SEAT.person_id == person))


def listed(rows: Select) -> Select:
    """Id, production type and JSON of the productions ``rows``, by name, as one JSON array."""
    projects = rows.order_by(PROJECT.c.name, PROJECT.c.id).subquery("r")
    row = sa.func.row_to_json(sa.literal_column("r"))
    triple = sa.func.json_build_array(projects.c.id, projects.c.production_type, row)
    text = sa.func.concat("[", sa.func.string_agg(sa.cast(triple, sa.Text), ","), "]")
    return sa.select(text).select_from(projects)


def question(rows: Rows) -> JsonObject:
    """The arguments of the call to ``assets`` for the ``Extras`` of these productions."""
    shows = [ident for ident, kind, _ in rows if kind == TV_SHOW]
    return {"projects": [ident for ident, _, _ in rows], "shows": shows}


def with_extras(ctx: CallContext, rows: Rows, **limits: Json) -> bytes:
    """The productions as a JSON array, with what ``assets`` shows the caller of them."""
    return completed(rows, _extras_of(ctx, rows, **limits)) if rows else b"[]"


def one_with_extras(ctx: CallContext, row: bytes) -> bytes:
    """A production's JSON, with what ``assets`` shows the caller of it."""
    known, raw = msgspec.json.decode(row, type=Production), msgspec.Raw(row)
    extras = _extras_of(ctx, [(known.id, known.production_type, raw)])
    return _completed(known.id, raw, extras)


def _extras_of(ctx: CallContext, rows: Rows, **limits: Json) -> Extras:
    asked = {**question(rows), **limits}
    answer = ctx.ask_raw("assets", "read_project_extras", **asked)
    return msgspec.json.decode(answer, type=Extras)


def completed(rows: Rows, extras: Extras) -> bytes:
    """The productions as a JSON array, with descriptors and the first episodes of TV shows."""
    return b"[" + b",".join(_completed(ident, row, extras) for ident, _, row in rows) + b"]"


def _completed(ident: str, row: msgspec.Raw, extras: Extras) -> bytes:
    members: JsonObject = {"descriptors": extras.descriptors.get(ident, msgspec.Raw(b"[]"))}
    if ident in extras.first_episodes:
        members = {**members, "first_episode_id": extras.first_episodes[ident]}
    # Spliced into PostgreSQL's JSON, which is not decoded.
    return bytes(row)[:-1] + b"," + msgspec.json.encode(members)[1:]
