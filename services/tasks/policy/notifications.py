"""Telling people: the notifications of one cause, written and announced together."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

from services.common.contracts.tasks import NotificationNew, NotificationsWritten
from services.common.database.transaction import Transaction

NOTIFY: Final = """
INSERT INTO notification (id, person_id, type, read, change, author_id, task_id, comment_id,
  reply_id)
SELECT told.id, told.person_id, told.type, false, %(change)s::boolean, %(author_id)s::uuid,
  %(task_id)s::uuid, %(comment_id)s::uuid, %(reply_id)s::uuid
FROM unnest(%(ids)s::uuid[], %(people)s::uuid[], %(reasons)s::text[]) AS told(id, person_id, type)
"""


def notify(
    tx: Transaction,
    project: UUID | None,
    reasons: list[tuple[UUID, str]],
    *,
    change: bool,
    **facts: UUID | None,
) -> None:
    """Write one notification a person and reason, and tell of each and of all.

    ``facts`` are ``author_id``, ``task_id`` and what it is about: ``comment_id``, ``reply_id``.
    """
    if not reasons:
        return
    ids = [uuid4() for _ in reasons]
    known = {
        "comment_id": None,
        "reply_id": None,
        **{key: str(value) for key, value in facts.items()},
    }
    # Deferred: it goes out with the next statement of the comment, not on a round trip of its own.
    tx.defer(
        NOTIFY,
        change=change,
        ids=[str(ident) for ident in ids],
        people=[str(person) for person, _ in reasons],
        reasons=[kind for _, kind in reasons],
        **known,
    )
    told = {"project_id": project} if project else {}
    written = [person for person, _ in reasons]
    for ident, person in zip(ids, written, strict=True):
        tx.emit(NotificationNew(notification_id=ident, person_id=person, **told))
    tx.emit(NotificationsWritten(notification_ids=ids, person_ids=written, **told))
