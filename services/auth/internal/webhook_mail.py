"""E-mails to people whose webhooks are sent no more."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.auth.config import AuthSettings
from services.auth.mails.letters import write_to
from services.auth.models import Person
from services.common.crud.resource_service import ResourceService
from services.common.database.tables import table_of
from services.common.events.subscriber import Delivery, on

SUBJECT: Final = "A webhook was stopped"
BODY: Final = """Hello {first_name},

your webhook to {host} is sent no more: {reason}.

What happens is kept for it. Once the receiver is well, resume the webhook ({site}):
it then goes on where it stopped.
"""


class WebhookMailRpc(ResourceService):
    """E-mails about webhooks."""

    settings: AuthSettings

    # Ordered only for ``handled_by``: each e-mail is about a webhook of its own.
    @on("webhook:parked", ordered=True)
    def mail_parked_webhook(self, delivery: Delivery) -> None:
        """Tell the creator, if there still is one who may log in."""
        payload = delivery.payload
        if not payload.get("person_id"):
            return
        table = table_of(Person)
        query = sa.select(table.c.first_name, table.c.email).where(
            table.c.id == UUID(payload["person_id"]),
            table.c.active.is_(True),
            table.c.email.is_not(None),
        )
        account = self.tx.connection.execute(query).mappings().first()
        if account is not None:
            facts = {"host": payload["host"], "reason": payload["reason"]}
            write_to(self, dict(account), SUBJECT, BODY, **facts, site=self.settings.site_url)
