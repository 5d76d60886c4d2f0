"""The event log: stores every service's events, and serves them over HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.access.rules import studio_manager
from services.common.crud.listing import log_query
from services.common.crud.listing.log_query import Query
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import BadValue, parse_id
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.errors import InvalidInput
from services.common.events.inbox import wake_readers
from services.common.events.subscriber import Delivery, Inbox, on
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.common.wire.topology import HISTORY
from services.crud.models import ApiEvent
from services.crud.policy.event_log import EVENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Messages handled together; each holds up to a relay's batch of events.
BATCH: Final = 20
NAME_PART: Final = re.compile(r"[a-z0-9-]+")
#: Events that ``only_files`` selects, besides those of thumbnails.
FILES: Final = ("preview-file:add-file",)
# One JSON parameter, however many events; ON CONFLICT makes redeliveries idempotent without an
# inbox.
STORE: Final = """
INSERT INTO api_event (id, name, user_id, project_id, data, created_at, updated_at)
SELECT id, name, user_id, project_id, data, coalesce(moment, timezone('utc', now())),
  coalesce(moment, timezone('utc', now()))
FROM json_to_recordset(%(events)s) AS event(id uuid, name text, user_id uuid, project_id uuid,
  data jsonb, moment timestamp)
ON CONFLICT (id) DO NOTHING
"""


class EventLogRpc(ResourceService):
    """Writes and reads the event log."""

    # Ordered, though each event is a row of its own: so the newest event of a client's writes is
    # logged after all others of them, and is all that the client's next read has to wait for.
    @on(
        batch=BATCH,
        inbox=Inbox.NONE,
        batches_of=HISTORY,
        gather=0.1,
        ordered=True,
        formerly=("log_events",),
    )
    def log_events(self, deliveries: Sequence[Delivery]) -> None:
        """Store events. A row has the event's id, so a redelivery changes nothing."""
        rows = [
            {
                "id": delivery.event_id,
                "name": delivery.name,
                "user_id": delivery.actor_id,
                "project_id": delivery.project_id,
                "data": delivery.payload,
                "moment": delivery.time or None,
            }
            for delivery in deliveries
        ]
        wake_readers(self)  # sent with the statement below, in one message
        self.tx.run(STORE, events=msgspec.json.encode(rows).decode())

    @query
    def list_last_events(self, query: Query | None = None) -> Reply:
        """The newest events first, as ``GET /data/events/last`` filters them.

        For administrators, and managers of productions, whose events they see. Raises Forbidden,
        InvalidInput.
        """
        query = query or {}
        project = _project(query)
        self._check_access(project)
        table = table_of(ApiEvent)
        columns = (
            table.c.id,
            sa.func.date_trunc("second", table.c.created_at).label("created_at"),
            table.c.name,
            table.c.user_id,
            table.c.project_id,
            table.c.data,
        )
        conditions = list(_conditions(query, project))
        if not self.actor.is_admin:
            conditions.append(EVENTS.listed(self))
        with self.database.read() as connection:
            conditions += log_query.older(connection, query, table, "cursor_event_id", "event")
            rows = (
                sa.select(*columns)
                .where(*conditions)
                .order_by(table.c.created_at.desc(), table.c.id.desc())
                .limit(log_query.limit(query))
            )
            texts = connection.execute(rows_as_json(rows)).scalars().all()
        return Reply(f"[{','.join(texts)}]".encode())

    @query
    def list_event_names(self) -> list[str]:
        """The names of all events that were ever logged, sorted. For managers. Raises Forbidden."""
        studio_manager.check(self, {})
        name = table_of(ApiEvent).c.name
        with self.database.read() as connection:
            return sorted(connection.execute(sa.select(name).distinct()).scalars())

    def _check_access(self, project: UUID | None) -> None:
        if project is not None:
            EVENTS.lister.check(self, {"project_id": project})
        elif not EVENTS.seen_projects(self.actor):
            studio_manager.check(self, {})


def _project(query: Query) -> UUID | None:
    text = log_query.first(query, "project_id")
    if text is None:
        return None
    try:
        return parse_id(text)
    except BadValue:
        message = "The project_id parameter is not a valid id"
        raise InvalidInput(message) from None


def _conditions(query: Query, project: UUID | None) -> list[Condition]:
    table = table_of(ApiEvent)
    conditions: list[Condition] = []
    if project is not None:
        conditions.append(table.c.project_id == project)
    return [
        *conditions,
        *log_query.between(query, table.c.created_at),
        *_name_conditions(query),
        *log_query.people(query, table.c.user_id),
    ]


def _name_conditions(query: Query) -> list[Condition]:
    name_column = table_of(ApiEvent).c.name
    conditions: list[Condition] = []
    if (name := log_query.first(query, "name")) is not None:
        conditions.append(name_column == name)
    if (log_query.first(query, "only_files") or "").lower() == "true":
        conditions.append(sa.or_(name_column.in_(FILES), name_column.endswith(":set-thumbnail")))
    if prefixes := _parts(query, "name_prefixes"):
        conditions.append(
            sa.or_(*(name_column.startswith(f"{part}:", autoescape=True) for part in prefixes))
        )
    if suffixes := _parts(query, "name_suffixes"):
        conditions.append(
            sa.or_(*(name_column.endswith(f":{part}", autoescape=True) for part in suffixes))
        )
    return conditions


def _parts(query: Query, name: str) -> list[str]:
    parts = query.get(name, [])
    if not all(NAME_PART.fullmatch(part) for part in parts):
        message = f"The {name} parameter contains an invalid value"
        raise InvalidInput(message)
    return parts
