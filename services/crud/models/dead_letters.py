"""The table of dead letters."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.crud.models.base import Base

#: Events on which a handler failed, of all services and programs.
dead_letter: Final = sa.Table(
    "dead_letter",
    Base.metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    # The order in which they came.
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False, unique=True),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("deaths", sa.Integer, nullable=False),
    sa.Column("died_at", sa.TIMESTAMP),
    sa.Column("exchange", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("happened_at", sa.TIMESTAMP),
    sa.Column("kept_at", sa.TIMESTAMP, nullable=False),
    # As AMQP encodes them: a replay sends what came, whatever its types.
    sa.Column("properties", sa.LargeBinary, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("error", sa.Text),
    # Not unique: two messages may be equal, only redeliveries are looked up.
    sa.Column("fingerprint", sa.LargeBinary, nullable=False, index=True),
    sa.Index("ix_dead_letter_queue", "queue", "number"),
    # They belong to this system's broker.
    info={"stays": True},
)
