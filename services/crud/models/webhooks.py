"""Tables of webhooks: what is to be sent where, how far that has come, and what was sent."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped

from services.common.database.tables import TimestampedRow, choice, column, link, ref, text
from services.common.values import BadValue
from services.common.web_addresses import unusable
from services.crud.models.base import Base

#: Characters of a URL.
URL_LENGTH: Final = 2000
#: A pattern for names of events: others would never match, and nobody would be told.
NAME: Final = re.compile(r"[a-z0-9_:*?-]{1,80}")
#: Patterns of one webhook.
MOST_NAMES: Final = 50


def _check_url(url: str) -> str:
    if reason := unusable(url):
        raise BadValue(url, reason)
    return url


def _check_names(names: list[str]) -> list[str]:
    if len(names) > MOST_NAMES:
        raise BadValue(names, f"at most {MOST_NAMES} patterns")
    for name in names:
        if not NAME.fullmatch(name):
            raise BadValue(name, "names of events, such as task:update or task:*")
    return names


class Webhook(TimestampedRow, Base):
    """A subscription to events by HTTP: where they are sent, and which."""

    __tablename__ = "webhook"

    url: Mapped[str] = text(
        URL_LENGTH,
        info={"check": _check_url},
        doc="Where events are sent: a URL that begins with https:// or http://.",
        example="https://hooks.example.com/callboard",
    )
    description: Mapped[str] = text(default="", doc="What it is for.", example="The render farm.")
    names: Mapped[list[str]] = column(
        default=list,
        info={"check": _check_names},
        doc="Only events with such names, which may have wildcards; none: all.",
        example=["task:*", "comment:new"],
    )
    project_id: Mapped[UUID | None] = link(
        "project",
        on_gone="part",
        doc="Only events of this production; null: all, for administrators.",
    )
    # No references: a webhook about a task is also to tell that the task was deleted.
    entity_id: Mapped[UUID | None] = column(doc="Only events about this entity.")
    task_id: Mapped[UUID | None] = column(doc="Only events about this task.")
    person_id: Mapped[UUID | None] = column(doc="Only events that concern this person.")
    ordered: Mapped[bool] = column(
        default=True,
        doc="Whether an event is sent when the one before was taken; else several at once.",
    )
    state: Mapped[str] = choice(
        "active",
        "paused",
        "parked",
        default="active",
        doc="Whether it is sent; parked: sending failed for good.",
    )
    reason: Mapped[str | None] = text(doc="Why it is parked.")
    created_by: Mapped[UUID | None] = ref(
        "auth.person", on_gone="null", doc="Who created it; it hears what they may hear."
    )
    # Encrypted (``access.sealing``).
    secret: Mapped[str] = text(default="", doc="What signs its requests.")
    old_secret: Mapped[str | None] = text(doc="The secret before, which signs, too.")
    old_secret_until: Mapped[datetime | None] = column(
        doc="Until when the secret before signs, in UTC."
    )


#: How far the events of a webhook have been sent. ``live`` cursors follow the history, ``replay``
#: cursors go from one place to another, a ``test`` cursor stands for a single made-up event.
#: No foreign key: a deleted webhook needs to know nothing of them, and nobody claims what is left.
webhook_cursor: Final = sa.Table(
    "webhook_cursor",
    Base.metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("webhook_id", sa.Uuid, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    # All up to here is sent, or not for this webhook.
    sa.Column("position", sa.BigInteger, nullable=False),
    # Where a replay ends.
    sa.Column("until", sa.BigInteger),
    # Of an unordered webhook: what was sent beyond ``position``.
    sa.Column("ahead", ARRAY(sa.BigInteger), nullable=False, server_default="{}"),
    # The turn of a sender that works on it: one that has lost it notices as it notes its progress.
    sa.Column("claimed_by", sa.Uuid),
    sa.Column("claimed_until", sa.TIMESTAMP(timezone=True)),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failing_since", sa.TIMESTAMP(timezone=True)),
    sa.Column("next_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Index("uq_webhook_cursor_live", "webhook_id", unique=True, postgresql_where="kind = 'live'"),
    sa.Index("ix_webhook_cursor_next_at", "next_at"),
    # Positions mean something on this system only.
    info={"stays": True},
)

#: Attempts to send an event, kept for some days.
webhook_delivery: Final = sa.Table(
    "webhook_delivery",
    Base.metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("webhook_id", sa.Uuid, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("event_id", sa.Uuid, nullable=False, index=True),
    sa.Column("position", sa.BigInteger),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("sent_at", sa.TIMESTAMP(timezone=True), nullable=False, index=True),
    sa.Column("duration_ms", sa.Integer, nullable=False),
    # The answer: null where none came.
    sa.Column("status", sa.Integer),
    sa.Column("headers", JSONB(none_as_null=True), nullable=False),
    sa.Column("answer", sa.Text),
    sa.Column("error", sa.Text),
    sa.Index("ix_webhook_delivery_webhook_id", "webhook_id", "id"),
    info={"stays": True},
)
