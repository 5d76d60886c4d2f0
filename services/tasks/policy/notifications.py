"""The policies of notifications and subscriptions, and creating notifications."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.policy import Policy, Sight
from services.common.contracts.tasks.events import NotificationNew, NotificationsWritten
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.database.transaction import Transaction
from services.tasks.models import Notification
from services.tasks.policy import access

NOTE: Final = table_of(Notification)
NOTIFY: Final = """
INSERT INTO notification (id, person_id, type, read, change, author_id, task_id, comment_id,
  reply_id)
SELECT r.id, r.person_id, r.type, false, %(change)s::boolean, %(author_id)s::uuid,
  %(task_id)s::uuid, %(comment_id)s::uuid, %(reply_id)s::uuid
FROM unnest(%(ids)s::uuid[], %(people)s::uuid[], %(reasons)s::text[]) AS r(id, person_id, type)
"""


def _own(ctx: CallContext, notes: sa.FromClause) -> Condition:
    own: Condition = notes.c.person_id == ctx.actor.id
    return own


def _own_on_entities(ctx: CallContext, notes: sa.FromClause) -> Condition:
    return _own(ctx, notes) & access.on_entities_of(ctx.actor.id, notes.c.task_id)


def _own_not_on_concepts(ctx: CallContext, notes: sa.FromClause) -> Condition:
    return _own(ctx, notes) & access.not_on_concepts(notes.c.task_id)


OWN: Final = Sight("their own", _own)

#: What was written to them while they were in the team is hidden from those who left it. Of a
#: comment that they may not read (see ``COMMENTS``) a notification has no words.
NOTIFICATIONS: Final = Policy(
    kind="notifications",
    table=NOTE,
    project=NOTE.c.production_id,
    sees={
        "manager": OWN,
        "supervisor": OWN,
        "user": OWN,
        "client": Sight("their own, not of concepts", _own_not_on_concepts),
        "vendor": Sight("their own, on entities they are assigned to", _own_on_entities),
    },
    lists_closed=True,
)


def received(ctx: CallContext) -> Condition:
    """The condition for the caller's notifications."""
    own = _own(ctx, NOTE)
    if ctx.actor.is_admin:
        return own
    # Those of playlists have no production.
    here = NOTE.c.production_id.is_(None) | NOTIFICATIONS.listed(ctx)
    return own & here


def notify(
    tx: Transaction,
    project: UUID | None,
    reasons: list[tuple[UUID, str]],
    *,
    change: bool,
    **facts: UUID | None,
) -> None:
    """Create a notification for each pair of person and reason (its ``type``).

    ``facts`` are ``author_id``, ``task_id``, and ``comment_id`` and ``reply_id`` if it is about
    one. ``change`` tells whether the task's status changed. Emits ``notification:new`` for each,
    and ``notifications:written`` for all.
    """
    if not reasons:
        return
    ids = [uuid4() for _ in reasons]
    columns = {
        "comment_id": None,
        "reply_id": None,
        **{key: str(value) for key, value in facts.items()},
    }
    # Deferred: sent together with the next statement, without a round trip of its own.
    tx.defer(
        NOTIFY,
        change=change,
        ids=[str(ident) for ident in ids],
        people=[str(person) for person, _ in reasons],
        reasons=[kind for _, kind in reasons],
        **columns,
    )
    production = {"project_id": project} if project else {}
    readers = [person for person, _ in reasons]
    for ident, person in zip(ids, readers, strict=True):
        tx.emit(NotificationNew(notification_id=ident, person_id=person, **production))
    tx.emit(NotificationsWritten(notification_ids=ids, person_ids=readers, **production))
