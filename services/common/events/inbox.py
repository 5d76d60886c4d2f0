"""The inbox: which events a service has handled, so that one that comes twice changes nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.events.delivery import Delivery, moment_of
from services.common.wire.topology import REPLACED


def record(service: Any, delivery: Delivery, handler: str) -> bool:
    """Record the delivery in the inbox; returns whether to handle it.

    That is, whether it is new, and not from before an import replaced all rows.
    """
    table: sa.Table = service.metadata.tables["inbox"]
    row = sa.select(sa.literal(delivery.event_id, sa.Uuid), sa.literal(handler))
    if moment := moment_of(delivery):
        # In the same INSERT, so the check and the record see one state.
        row = row.where(~sa.exists(_replaced(table).where(table.c.created_at > moment)))
    statement = insert(table).from_select(["event_id", "handler"], row).on_conflict_do_nothing()
    return bool(service.tx.session.execute(statement).rowcount)


def without_replaced(service: Any, delivered: Any) -> Any:
    """One event or several, without those from before an import replaced all rows.

    Read outside the transaction, so that the handler may still call other services.
    """
    with service.database.read() as connection:
        replaced = connection.scalar(_replaced(service.metadata.tables["inbox"]))
    deliveries = delivered if isinstance(delivered, list) else [delivered]
    kept = [d for d in deliveries if not (replaced and (m := moment_of(d)) and m < replaced)]
    return kept if isinstance(delivered, list) else next(iter(kept), None)


def _replaced(inbox: sa.Table) -> sa.Select[Any]:
    event_id, handler = REPLACED
    return sa.select(inbox.c.created_at).where(
        inbox.c.event_id == UUID(event_id), inbox.c.handler == handler
    )
