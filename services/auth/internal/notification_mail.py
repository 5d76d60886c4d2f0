"""E-mails about notifications, to people who enabled them.

By event, so that comments neither wait for e-mails nor fail with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.auth.config import AuthSettings
from services.auth.mails import mail
from services.auth.models import Person
from services.common.crud.resource_service import ResourceService
from services.common.database.tables import table_of
from services.common.errors import MethodUnknown, Unavailable
from services.common.events.subscriber import Delivery, Inbox, on
from services.common.json_types import JsonObject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: Events handled together.
BATCH: Final = 200
SUBJECTS: Final = {
    "comment": "{author} commented on {entity}",
    "mention": "{author} mentioned you on {entity}",
    "assignation": "{author} assigned you to {entity}",
    "reply": "{author} replied on {entity}",
    "reply-mention": "{author} mentioned you on {entity}",
    "playlist-ready": "A playlist is ready",
}
BODY: Final = """Hello {first_name},

{subject} in {project}.

{text}

{site}
"""


def _pairs(delivery: Delivery) -> Iterator[tuple[str, str]]:
    """Pairs of notification and person of an event."""
    payload = delivery.payload
    # The previous release sent an e-mail per ``notification:new``: its queued events have one pair.
    if "notification_ids" in payload:
        yield from zip(payload["notification_ids"], payload["person_ids"], strict=True)
    elif payload.get("person_id"):
        yield payload["notification_id"], payload["person_id"]


class NotificationMailRpc(ResourceService):
    """E-mails about notifications."""

    settings: AuthSettings

    # Unordered: each e-mail is about a notification of its own.
    @on("notifications:written", batch=BATCH, inbox=Inbox.NONE, gather=0.3)
    def mail_notifications(self, deliveries: Sequence[Delivery]) -> None:
        """Queue e-mails to those who enabled them, if the notification still exists.

        Without an inbox, since ``tasks`` is called first: a redelivery may send an e-mail twice.
        """
        # Checked first: without a mail server, no other service need be called.
        if not self.settings.mail_url:
            return
        readers_by_notification = {
            UUID(ident): UUID(person)
            for delivery in deliveries
            for ident, person in _pairs(delivery)
        }
        readers = self._readers(set(readers_by_notification.values()))
        mailed = {str(n): str(p) for n, p in readers_by_notification.items() if p in readers}
        if not mailed:
            return
        notices = self._notices(mailed)
        authors = self._names({UUID(notice["author_id"]) for notice in notices.values()})
        for ident, notice in notices.items():
            author = authors.get(UUID(notice["author_id"]), "Somebody")
            self._write_about(readers[UUID(mailed[ident])], notice, author)

    def _notices(self, readers: dict[str, str]) -> dict[str, JsonObject]:
        """The notifications as their readers see them, by id. Raises Unavailable."""
        try:
            found: dict[str, JsonObject] = self.ask("tasks", "list_notices", readers=readers)
        except MethodUnknown:
            # Of the release before: the mails wait until it is replaced.
            message = "tasks can't tell of several notifications yet."
            raise Unavailable(message) from None
        return found

    def _write_about(self, person: Mapping[Any, Any], notice: JsonObject, author: str) -> None:
        names = {"author": author, "entity": notice["full_entity_name"]}
        subject = SUBJECTS[notice["notification_type"]].format(**names)
        text = BODY.format(
            first_name=person["first_name"],
            subject=subject,
            project=notice["project_name"],
            text=notice["reply_text"] or notice["comment_text"],
            site=self.settings.site_url,
        )
        mail.write(self.tx, self.settings, person["email"], subject, text)

    def _readers(self, ids: set[UUID]) -> dict[UUID, Mapping[Any, Any]]:
        """Those of these people who enabled e-mails."""
        table = table_of(Person)
        query = sa.select(table.c.id, table.c.first_name, table.c.email).where(
            table.c.id.in_(ids),
            table.c.notifications_enabled.is_(True),
            table.c.active.is_(True),
            table.c.email.is_not(None),
        )
        with self.database.read() as connection:
            return {row["id"]: dict(row) for row in connection.execute(query).mappings()}

    def _names(self, ids: set[UUID]) -> dict[UUID, str]:
        table = table_of(Person)
        query = sa.select(table.c.id, table.c.first_name, table.c.last_name)
        with self.database.read() as connection:
            rows = connection.execute(query.where(table.c.id.in_(ids))).all()
        return {ident: f"{first} {last}".strip() for ident, first, last in rows}
