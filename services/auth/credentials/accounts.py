"""Accounts at log-in: lookup, counting failures, lockout."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.auth.config import AuthSettings, settings_of
from services.auth.credentials import attempts
from services.auth.credentials.attempts import MINUTE, now
from services.auth.models import Person
from services.common.access.context import CallContext
from services.common.contracts.auth.events import LoginFailed, LoginLocked
from services.common.database.tables import table_of
from services.common.errors import NotFound, Refused
from services.common.json_types import JsonObject, Row

if TYPE_CHECKING:
    from services.common.database.pools import Database
    from services.common.database.transaction import Transaction

PEOPLE: Final = sa.select(table_of(Person)).where(Person.is_bot.is_(False))
FAILURES, UNKNOWN = "failures", "unknown account"
LOCKED_LOG_IN: Final = {
    "error": True,
    "login": False,
    "too_many_failed_login_attemps": True,
    "message": "Too many failed login attempts, retry in a minute.",
}


def find(database: Database, email: str, desktop_login: Any = None) -> Row | None:
    """The account with that e-mail, else with that desktop login; never a bot's."""
    conditions = [Person.email == email.lower(), Person.desktop_login == email]
    if isinstance(desktop_login, str) and desktop_login:
        conditions.append(Person.desktop_login == desktop_login)
    # Several accounts may match: one's e-mail may be another's desktop login.
    rank = sa.case(*((condition, n) for n, condition in enumerate(conditions)))
    # Imported accounts may share a desktop login: the oldest one keeps it.
    order = (rank, Person.created_at, Person.id)
    query = PEOPLE.where(sa.or_(*conditions)).order_by(*order).limit(1)
    with database.read() as connection:
        row = connection.execute(query).mappings().first()
    return dict(row) if row else None


def locked(tx: Transaction, ident: UUID) -> Row:
    """The account, locked FOR UPDATE until the transaction ends. Raises NotFound."""
    return tx.locked(table_of(Person), ident)


def may_enter(account: Row) -> bool:
    """Whether it may be logged in with: a production's preview account, while it is open."""
    until = account["preview_open_until"]
    is_open = until is not None and now() < until
    return bool(account["active"]) and (account["preview_project_id"] is None or is_open)


def is_locked(settings: AuthSettings, account: Row) -> bool:
    """Whether the account is locked out, after too many recent failures."""
    failed, last = account["login_failed_attemps"] or 0, account["last_login_failed"]
    since = timedelta(seconds=settings.lock_seconds)
    return failed >= settings.failed_logins_allowed and last is not None and now() - last < since


def check_not_locked(settings: AuthSettings, account: Row, data: JsonObject | None = None) -> None:
    """Raise Refused for a locked account; ``data`` replaces the body of the refusal."""
    if is_locked(settings, account):
        if data is not None:
            raise Refused(data=data)
        message = "Too many failed login attempts."
        raise Refused(message, {"too_many_failed_login_attemps": True})


def count_failure(ctx: CallContext, account: Row, address: str | None, reason: str) -> None:
    """Count a failed log-in, and commit it.

    Emits ``login:failed``, and ``login:locked`` when it locks the account.
    """
    settings = settings_of(ctx)
    # Per address, too: one address must not try a few passwords on each of many accounts.
    attempts.count(ctx.database, FAILURES, attempts.address_key(address), MINUTE)
    table, moment = table_of(Person), now()
    stale = sa.and_(
        table.c.login_failed_attemps >= settings.failed_logins_allowed,
        table.c.last_login_failed < moment - timedelta(seconds=settings.lock_seconds),
    )
    # Counted in SQL: concurrent attempts must all be counted, without a lock to wait for.
    count = sa.case((stale, 1), else_=sa.func.coalesce(table.c.login_failed_attemps, 0) + 1)
    failures = ctx.tx.connection.scalar(
        sa.update(table)
        .where(table.c.id == account["id"])
        .values(login_failed_attemps=count, last_login_failed=moment)
        .returning(table.c.login_failed_attemps)
    )
    ctx.tx.emit(LoginFailed(person_id=account["id"], reason=reason, address=address))  # type: ignore[arg-type]
    if failures == settings.failed_logins_allowed:
        ctx.tx.emit(LoginLocked(person_id=account["id"], address=address))
    # Committed before the refusal, which would roll the count back.
    ctx.commit_now()


def count_unknown_account(ctx: CallContext, email: str, address: str | None) -> None:
    """Count a failed log-in of an account that doesn't exist.

    It is locked like a real one, so that a lockout doesn't reveal which accounts exist.
    """
    attempts.count(ctx.database, FAILURES, attempts.address_key(address), MINUTE)
    settings = settings_of(ctx)
    window = timedelta(seconds=settings.lock_seconds)
    attempts.count(ctx.database, UNKNOWN, attempts.account_key(settings, email), window)
    ctx.tx.emit(LoginFailed(reason="password", address=address))
    ctx.commit_now()


def check_unknown_account(ctx: CallContext, email: str) -> None:
    """Raise Refused where an existing account would be locked out."""
    settings = settings_of(ctx)
    window = timedelta(seconds=settings.lock_seconds)
    key = attempts.account_key(settings, email)
    failed, _ = attempts.current(ctx.database, UNKNOWN, key, window)
    if failed >= settings.failed_logins_allowed:
        raise Refused(data=LOCKED_LOG_IN)


def check_address(ctx: CallContext, address: str | None) -> None:
    """Raise TooMany for an address with too many failures in the last minute."""
    most = settings_of(ctx).failures_per_address
    attempts.check(ctx.database, FAILURES, attempts.address_key(address), most, MINUTE)


def update(tx: Transaction, ident: UUID, **values: object) -> None:
    """Update an account's row."""
    table = table_of(Person)
    changed = sa.update(table).where(table.c.id == ident).values(**values, updated_at=now())
    tx.connection.execute(changed)


def own_account(ctx: CallContext) -> Row:
    """The caller's account. Raises NotFound if it was deleted."""
    with ctx.database.read() as connection:
        query = PEOPLE.where(Person.id == ctx.actor.id)
        row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound
    return dict(row)
