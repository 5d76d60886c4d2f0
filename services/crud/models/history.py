"""The history of all events, in a partition a day."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.crud.models.base import Base

#: ``GENERATED AS IDENTITY`` doesn't work on a table with partitions before PostgreSQL 17.
POSITION: Final = sa.Sequence("event_history_position_seq", metadata=Base.metadata)

#: Each event in the order of publication. One process writes it at a time, and commits before it
#: goes on: a reader that has seen a position has seen all before it.
event_history: Final = sa.Table(
    "event_history",
    Base.metadata,
    sa.Column("position", sa.BigInteger, server_default=POSITION.next_value(), primary_key=True),
    sa.Column(
        "recorded_at",
        sa.TIMESTAMP(timezone=True),
        server_default=sa.text("now()"),
        primary_key=True,
    ),
    sa.Column("id", sa.Uuid, nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("project_id", sa.Uuid),
    # A ``DescribedEvent``, and its ``Audience``, both as JSON.
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("audience", sa.Text, nullable=False),
    sa.Index(None, "recorded_at"),
    postgresql_partition_by="RANGE (recorded_at)",
    # Neither exported nor backed up: its positions mean something on this system only.
    info={"stays": True},
)

#: The highest position that was dropped by age; one row, or none.
event_history_cut: Final = sa.Table(
    "event_history_cut",
    Base.metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    info={"stays": True},
)
