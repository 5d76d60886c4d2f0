"""E-mails to the owners of accounts."""

from __future__ import annotations

import sqlalchemy as sa

from services.auth.config import settings_of
from services.auth.mails import mail
from services.auth.models import Organisation
from services.common.access.context import CallContext
from services.common.json_types import Row


def studio_name(ctx: CallContext) -> str:
    """The studio's name."""
    return ctx.tx.session.scalar(sa.select(Organisation.name).limit(1)) or "Kitsu"


def write_to(ctx: CallContext, account: Row, subject: str, body: str, **facts: str) -> None:
    """Queue an e-mail to the account's owner in this transaction."""
    text = body.format(
        first_name=account["first_name"], email=account["email"], studio=studio_name(ctx), **facts
    )
    mail.write(ctx.tx, settings_of(ctx), account["email"], f"{studio_name(ctx)}: {subject}", text)
