"""The names by which people log in: e-mail addresses and desktop logins, unique among both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from services.auth.models import Person
from services.common.errors import InvalidInput

if TYPE_CHECKING:
    from uuid import UUID

    from services.common.access.context import CallContext
    from services.common.json_types import Row

#: The columns that hold a name, and the refusal of one that somebody else has.
TAKEN: Final = {
    "email": "Email already in use.",
    "desktop_login": "Desktop login already in use.",
}


def check_free(ctx: CallContext, after: Row, before: Row | None = None) -> None:
    """Raise InvalidInput if a write claims a name that is somebody else's, in any case of letters.

    Imported accounts may share names: they keep them, and log-in takes the oldest account. Bots
    have none, as they don't log in.
    """
    if after["is_bot"]:
        return
    keeps = before is not None and not before["is_bot"]
    claimed = {
        column: after[column].lower()
        for column in TAKEN
        if after[column] and not (keeps and before and before[column] == after[column])
    }
    if not claimed:
        return
    # An advisory lock: no constraint covers both columns, and desktop logins were not unique.
    ctx.tx.lock_key("log-in names")
    taken = _names_of_others(ctx, list(claimed.values()), before["id"] if before else None)
    for column, name in claimed.items():
        if name in taken:
            raise InvalidInput(TAKEN[column])


def _names_of_others(ctx: CallContext, names: list[str], own: UUID | None) -> set[str]:
    email, desktop = sa.func.lower(Person.email), sa.func.lower(Person.desktop_login)
    others = sa.select(email, desktop).where(
        Person.is_bot.is_(False), sa.or_(email.in_(names), desktop.in_(names))
    )
    if own is not None:
        others = others.where(Person.id != own)
    return {name for row in ctx.tx.session.execute(others) for name in row}
