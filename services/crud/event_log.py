"""The event log: stores every service's events, and serves them over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common import queries
from services.common.access.rules import studio_manager
from services.common.contracts.crud.event_log import EventQuery
from services.common.crud.listing import log_query
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.database.sql_types import Column, Condition
from services.common.database.tables import table_of
from services.common.events.inbox import wake_readers
from services.common.events.subscriber import Delivery, Inbox, on
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.common.wire.topology import HISTORY
from services.crud.models import ApiEvent
from services.crud.policy.event_log import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Messages handled together; each holds up to a relay's batch of events.
BATCH: Final = 20
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
    def list_last_events(self, query: dict[str, list[str]] | None = None) -> Reply:
        """The newest events first, as ``GET /data/events/last`` filters them.

        For administrators, and managers of productions, whose events they see. Raises Forbidden,
        InvalidInput.
        """
        asked = queries.read(EventQuery, query)
        project = asked.project_id or None
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
        conditions = _conditions(asked)
        if not self.actor.is_admin:
            conditions.append(EVENTS.listed(self))
        with self.database.read() as connection:
            if cursor := asked.cursor_event_id:
                conditions.append(log_query.older(connection, table, cursor, "event"))
            rows = (
                sa.select(*columns)
                .where(*conditions)
                .order_by(table.c.created_at.desc(), table.c.id.desc())
                .limit(log_query.limit(asked))
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


def _conditions(asked: EventQuery) -> list[Condition]:
    table = table_of(ApiEvent)
    conditions = log_query.conditions(asked, table.c.created_at, table.c.user_id)
    if asked.project_id:
        conditions.append(table.c.project_id == asked.project_id)
    return [*conditions, *_name_conditions(asked, table.c.name)]


def _name_conditions(asked: EventQuery, name: Column) -> Iterator[Condition]:
    if asked.name:
        yield name == asked.name
    if asked.only_files:
        yield sa.or_(name.in_(FILES), name.endswith(":set-thumbnail"))
    if words := asked.name_prefixes:
        yield sa.or_(*(name.startswith(f"{word}:", autoescape=True) for word in words))
    if words := asked.name_suffixes:
        yield sa.or_(*(name.endswith(f":{word}", autoescape=True) for word in words))
