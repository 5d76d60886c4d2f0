"""The rows that a new studio starts with, as each service declares its own.

A system gets them once. What its first start decided is kept as a row of the inbox, in the
transaction of the rows themselves: whatever the studio renames or deletes is never made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.contracts import declare
from services.common.json_types import Values

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from services.common.database.transaction import Transaction

NAMESPACE: Final = UUID("3d7a4c1e-5f0b-4e86-9c52-7b1f0a6e2d94")
DECIDED: Final = NAMESPACE
#: Old rows of the inbox are removed; this one never is.
FOR_EVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


class StarterRows(NamedTuple):
    """Rows of one table, in the order in which they are inserted."""

    table: str
    #: The subject of their events, such as ``asset-type`` for ``entity_type``. Said here and not
    #: read off the registry, which would load all of the service.
    subject: str
    rows: Sequence[Values]


StarterSet = Sequence[StarterRows]


def starter_id(path: str, name: str) -> UUID:
    """The id of a row, the same in every studio: rows of other services may refer to it."""
    return uuid5(NAMESPACE, f"{path}/{name}")


def named(path: str, *rows: Values, key: str = "name") -> list[Values]:
    """Rows with their ids, made from what tells them apart."""
    return [{"id": starter_id(path, str(row[key])), **row} for row in rows]


def decision(connection: Connection, metadata: sa.MetaData) -> str | None:
    """What this service's first start decided; None before it."""
    inbox = metadata.tables["inbox"].c
    handler: str | None = connection.scalar(
        sa.select(inbox.handler).where(inbox.event_id == DECIDED)
    )
    return handler


def decide(tx: Transaction, metadata: sa.MetaData, decision_name: str, rows: StarterSet) -> None:
    """Insert rows with their events, and keep the decision. Emits ``<subject>:new`` for each."""
    for table, subject, added in rows:
        key = f"{subject.replace('-', '_')}_id"
        event = declare(tx.service, f"{subject}:new", key, project=False)
        for row in added:
            tx.connection.execute(insert(metadata.tables[table]).values(row))
            tx.emit(event(**{key: row["id"]}))
    inbox = metadata.tables["inbox"]
    row = {"event_id": DECIDED, "handler": decision_name, "created_at": FOR_EVER}
    tx.connection.execute(insert(inbox).values(row))
