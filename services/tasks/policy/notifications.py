"""Creating notifications."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

from services.common.contracts.tasks.events import NotificationNew, NotificationsWritten
from services.common.database.transaction import Transaction

NOTIFY: Final = """
INSERT INTO notification (id, person_id, type, read, change, author_id, task_id, comment_id,
  reply_id)
SELECT r.id, r.person_id, r.type, false, %(change)s::boolean, %(author_id)s::uuid,
  %(task_id)s::uuid, %(comment_id)s::uuid, %(reply_id)s::uuid
FROM unnest(%(ids)s::uuid[], %(people)s::uuid[], %(reasons)s::text[]) AS r(id, person_id, type)
"""


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
