"""The event log: fed by every service's events, read over HTTP."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.bus import Delivery, on
from services.common.client import Reply
from services.common.crud import CrudRpc
from services.common.errors import Forbidden, InvalidInput
from services.common.resources import rows_as_json
from services.common.rpc import query
from services.common.tables import table_of
from services.common.values import BadValue, parse_id
from services.crud.models import ApiEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH: Final = 200
DEFAULT_LIMIT, LARGEST = 100, 1000
MOMENTS: Final = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d")
NAME_PART: Final = re.compile(r"[a-z0-9-]+")
FILES: Final = ("preview-file:add-file",)
Query = dict[str, list[str]]


class EventLog(CrudRpc):
    """Writes and reads the history."""

    @on("#", batch=BATCH, inbox=False)
    def log_events(self, deliveries: Sequence[Delivery]) -> None:
        """Store every service's events. A row's id is the event's: a second delivery is none."""
        rows = [
            {
                "id": delivery.event_id,
                "name": delivery.name,
                "user_id": delivery.actor_id,
                "project_id": delivery.project_id,
                "data": delivery.payload,
                "created_at": datetime.fromisoformat(delivery.time)
                if delivery.time
                else sa.func.now(),
                "updated_at": datetime.fromisoformat(delivery.time)
                if delivery.time
                else sa.func.now(),
            }
            for delivery in deliveries
            if delivery.stored
        ]
        if rows:
            self.tx.session.execute(
                insert(table_of(ApiEvent)).on_conflict_do_nothing(index_elements=["id"]), rows
            )

    @query
    def last_events(self, query: Query | None = None) -> Reply:
        """The newest events first, as ``GET /data/events/last`` filters them.

        For administrators, and managers within their productions. Raises Forbidden, InvalidInput.
        """
        asked = query or {}
        project = _project(asked)
        self._check_access(project)
        table = table_of(ApiEvent)
        columns = (
            table.c.id, sa.func.date_trunc("second", table.c.created_at).label("created_at"),
            table.c.name, table.c.user_id, table.c.project_id, table.c.data,
        )  # fmt: skip
        conditions = list(_conditions(asked, project))
        if not self.actor.is_admin:
            conditions.append(table.c.project_id.in_(self.actor.projects))
        with self.database.read() as connection:
            conditions += self._before_cursor(connection, asked)
            rows = (
                sa.select(*columns)
                .where(*conditions)
                .order_by(table.c.created_at.desc(), table.c.id.desc())
                .limit(_limit(asked))
            )
            found = connection.execute(rows_as_json(rows)).scalars().all()
        return Reply(f"[{','.join(found)}]".encode())

    def _check_access(self, project: UUID | None) -> None:
        if self.actor.is_admin:
            return
        if project is not None and project not in self.actor.projects:
            message = "This requires to be in the production's team."
            raise Forbidden(message)
        if "manager" not in {self.actor.role, self.actor.role_in(project)}:
            message = "This requires a manager."
            raise Forbidden(message)

    @staticmethod
    def _before_cursor(connection: Any, asked: Query) -> list[sa.ColumnElement[bool]]:
        """Events strictly older than the one named. Raises InvalidInput."""
        text = _first(asked, "cursor_event_id")
        if text is None:
            return []
        table = table_of(ApiEvent)
        try:
            ident = parse_id(text)
        except BadValue:
            message = "The cursor_event_id parameter is not a valid id"
            raise InvalidInput(message) from None
        moment = connection.scalar(sa.select(table.c.created_at).where(table.c.id == ident))
        if moment is None:
            message = f"No event found with id: {text}"
            raise InvalidInput(message)
        older = sa.tuple_(table.c.created_at, table.c.id) < sa.tuple_(
            sa.literal(moment), sa.literal(ident)
        )
        return [older]


def _first(asked: Query, name: str) -> str | None:
    values = asked.get(name)
    return values[0] if values else None


def _project(asked: Query) -> UUID | None:
    text = _first(asked, "project_id")
    if text is None:
        return None
    try:
        return parse_id(text)
    except BadValue:
        message = "The project_id parameter is not a valid id"
        raise InvalidInput(message) from None


def _limit(asked: Query) -> int:
    text = _first(asked, "limit")
    try:
        limit = DEFAULT_LIMIT if text is None else int(text)
    except ValueError:
        limit = -1
    if limit < 0:
        message = "Wrong value for parameter limit."
        raise InvalidInput(message)
    return min(limit, LARGEST)


def _conditions(asked: Query, project: UUID | None) -> list[sa.ColumnElement[bool]]:
    table = table_of(ApiEvent)
    found: list[sa.ColumnElement[bool]] = []
    if project is not None:
        found.append(table.c.project_id == project)
    if (after := _moment(asked, "after")) is not None:
        found.append(table.c.created_at > after)
    if (before := _moment(asked, "before")) is not None:
        found.append(table.c.created_at < before)
    found += _named(asked)
    if people := _people(asked):
        found.append(table.c.user_id.in_(people))
    return found


def _named(asked: Query) -> list[sa.ColumnElement[bool]]:
    name_column = table_of(ApiEvent).c.name
    found: list[sa.ColumnElement[bool]] = []
    if (name := _first(asked, "name")) is not None:
        found.append(name_column == name)
    if (_first(asked, "only_files") or "").lower() == "true":
        found.append(sa.or_(name_column.in_(FILES), name_column.like("%:set-thumbnail")))
    if prefixes := _parts(asked, "name_prefixes"):
        found.append(sa.or_(*(name_column.like(f"{part}:%") for part in prefixes)))
    if suffixes := _parts(asked, "name_suffixes"):
        found.append(sa.or_(*(name_column.like(f"%:{part}") for part in suffixes)))
    return found


def _moment(asked: Query, name: str) -> datetime | None:
    text = _first(asked, name)
    if text is None:
        return None
    for form in MOMENTS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the log's times are UTC without zone
        except ValueError:
            continue
    message = "Wrong date format for before or after argument."
    raise InvalidInput(message, {"expected": list(MOMENTS)})


def _parts(asked: Query, name: str) -> list[str]:
    parts = asked.get(name, [])
    if not all(NAME_PART.fullmatch(part) for part in parts):
        message = f"The {name} parameter contains an invalid value"
        raise InvalidInput(message)
    return parts


def _people(asked: Query) -> list[UUID]:
    try:
        return [parse_id(text) for text in asked.get("person_ids", [])]
    except BadValue:
        message = "The person_ids parameter contains an invalid id"
        raise InvalidInput(message) from None
