"""Protected accounts: nobody changes them but their owners."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from services.auth.config import settings_of
from services.auth.models import Person
from services.common.database.tables import table_of
from services.common.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from uuid import UUID

    from services.common.access.context import CallContext
    from services.common.json_types import Row


def account_to_change(ctx: CallContext, ident: UUID) -> Row:
    """The account that a method is about to change, in whatever way; read without a lock.

    Every method that changes an account takes it from here. Raises NotFound, and Forbidden for a
    protected account of somebody else, or a production's preview account.
    """
    with ctx.database.read() as connection:
        query = sa.select(table_of(Person)).where(Person.id == ident)
        account = connection.execute(query).mappings().first()
    if account is None:
        raise NotFound
    if account["preview_project_id"] is not None:
        message = "A preview account is changed by the route of its production only."
        raise Forbidden(message)
    is_protected = (account["email"] or "").lower() in settings_of(ctx).protected
    if is_protected and ident != ctx.actor.id:
        message = "This account is protected."
        raise Forbidden(message)
    return dict(account)
