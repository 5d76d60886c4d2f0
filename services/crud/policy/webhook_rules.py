"""Hooks of generic CRUD for webhooks."""

from __future__ import annotations

import base64
import secrets
from typing import Annotated, ClassVar, Final, cast
from uuid import UUID, uuid4

import sqlalchemy as sa

from services.common.access import sealing
from services.common.access.context import CallContext
from services.common.contracts.types import UnsetType, about
from services.common.crud.resource_rules import CrudContext, ResourceRules
from services.common.json_types import JsonObject, Row, Values
from services.crud.config import CrudSettings
from services.crud.models import event_history, webhook_cursor, webhook_delivery

#: Wakes the senders; the payload is the webhook whose turn must end.
CHANNEL: Final = "webhooks"
#: Bytes of a secret; Standard Webhooks asks for 24 to 64.
SECRET_BYTES: Final = 32
#: Columns that no client sees.
HIDDEN: Final = frozenset({"secret", "old_secret", "old_secret_until"})
#: Columns that other routes keep.
OWNED: Final = HIDDEN | {"state", "reason", "created_by"}
CREATE_CURSOR: Final = sa.insert(webhook_cursor)
Secret = Annotated[
    str | UnsetType,
    about("What signs its requests; shown this once.", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
]


class WebhookRules(ResourceRules[str]):
    """Gives each webhook a secret, and a cursor at the end of the history."""

    completes = frozenset({"new"})
    adds: ClassVar = {"secret": Secret}

    def prepare(self, _ctx: CrudContext, _body: JsonObject, _ident: UUID | None) -> str:
        """A new secret."""
        return new_secret()

    def on_create(self, ctx: CrudContext, values: Values, _body: JsonObject, secret: str) -> None:
        """Store the secret, encrypted, and who creates the webhook."""
        values["secret"] = sealed(ctx, secret)
        values["created_by"] = ctx.actor.id

    def created(self, ctx: CrudContext, row: Row, _body: JsonObject, _secret: str) -> None:
        """Begin with what happens from now on."""
        head = sa.select(sa.func.coalesce(sa.func.max(event_history.c.position), 0))
        ctx.tx.connection.execute(
            CREATE_CURSOR.values(
                id=uuid4(), webhook_id=row["id"], kind="live", position=head.scalar_subquery()
            )
        )

    def complete(
        self, ctx: CrudContext, rows: list[JsonObject], _verb: str, secret: str | None
    ) -> None:
        """Show the secret, this once."""
        ctx.skip_idempotency()
        for row in rows:
            row["secret"] = secret

    def updated(
        self, ctx: CrudContext, _before: Row, row: Row, _body: JsonObject, _secret: str
    ) -> None:
        """Have it sent as it is now."""
        wake_senders(ctx, row["id"])

    def on_delete(self, ctx: CrudContext, row: Row, _secret: str) -> None:
        """Forget what was sent, and send nothing more."""
        for table in (webhook_cursor, webhook_delivery):
            ctx.tx.connection.execute(sa.delete(table).where(table.c.webhook_id == row["id"]))
        wake_senders(ctx, row["id"])


def new_secret() -> str:
    """A secret as Standard Webhooks has them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sealed(ctx: CallContext, secret: str) -> str:
    """The secret, encrypted."""
    return sealing.seal(cast("CrudSettings", ctx.settings).encryption_keys, secret)


def wake_senders(ctx: CallContext, changed: UUID | None = None) -> None:
    """Have the senders look for work, once this has committed.

    The turn of the webhook that was changed ends after the request under way; the next one sees it
    as it is then.
    """
    ctx.tx.connection.execute(sa.select(sa.func.pg_notify(CHANNEL, str(changed or ""))))
