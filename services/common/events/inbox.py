"""The inbox: which events a service has handled, so that one that comes twice changes nothing."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.events.delivery import Delivery, moment_of
from services.common.runtime.inbox_listener import channel_of
from services.common.runtime.positions import Caused
from services.common.wire.position import position_text
from services.common.wire.topology import REPLACED

if TYPE_CHECKING:
    from services.common.runtime.service import Service


class Inbox(Enum):
    """When a handler records its event, so that a redelivery changes nothing."""

    #: Before the method runs, which is skipped if the event is recorded already.
    FIRST = "first"
    #: After it: for an idempotent method that asks other services before its transaction.
    LAST = "last"
    #: Never: for an idempotent method that nobody waits for.
    NONE = "none"


#: When an import replaced all rows; prepared, since every event that is handled asks it.
REPLACED_AT: Final = """
SELECT created_at FROM inbox WHERE event_id = %(event)s::uuid AND handler = %(handler)s
"""
WAKE: Final = "SELECT pg_notify(%(channel)s, '')"


def record(service: Service, delivery: Delivery, handler: str) -> bool:
    """Record the delivery in the inbox; returns whether to handle it.

    That is, whether it is new, and not from before an import replaced all rows.
    """
    table: sa.Table = service.metadata.tables["inbox"]
    row = sa.select(sa.literal(delivery.event_id, sa.Uuid), sa.literal(handler))
    if moment := moment_of(delivery):
        # In the same INSERT, so the check and the record see one state.
        row = row.where(~sa.exists(_replaced(table).where(table.c.created_at > moment)))
    statement = insert(table).from_select(["event_id", "handler"], row).on_conflict_do_nothing()
    is_new = service.tx.session.scalars(statement.returning(table.c.event_id)).first()
    if is_new is not None:
        wake_readers(service)
    return is_new is not None


def wake_readers(service: Service) -> None:
    """Have those who wait for an event look again, once this transaction has committed."""
    service.tx.defer(WAKE, channel=channel_of(service.name))


def record_caused(service: Service, event_id: UUID, handler: str) -> None:
    """Record what handling an event led to, for a command that waits for all of it."""
    tx = service.tx
    if tx.position or tx.awaited:
        caused = Caused(awaited=tx.awaited, position=position_text(tx.position))
        table = service.metadata.tables["inbox"]
        of_delivery = (table.c.event_id == event_id, table.c.handler == handler)
        tx.connection.execute(
            sa.update(table).where(*of_delivery).values(caused=msgspec.to_builtins(caused))
        )


def without_replaced(service: Service, delivered: Any) -> Any:
    """One event or several, without those from before an import replaced all rows.

    Read outside the transaction, so that the handler may still call other services.
    """
    event, handler = REPLACED
    replaced = service.database.scalar(REPLACED_AT, event=event, handler=handler)
    deliveries = delivered if isinstance(delivered, list) else [delivered]
    remaining = [
        delivery
        for delivery in deliveries
        if not (replaced and (moment := moment_of(delivery)) and moment < replaced)
    ]
    return remaining if isinstance(delivered, list) else next(iter(remaining), None)


def _replaced(inbox: sa.Table) -> sa.Select[Any]:
    event_id, handler = REPLACED
    return sa.select(inbox.c.created_at).where(
        inbox.c.event_id == UUID(event_id), inbox.c.handler == handler
    )
