"""Tokens that let somebody set a password without knowing the old one: mailed, used once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import sqlalchemy as sa

from services.auth.credentials.attempts import now
from services.auth.models import Person, ResetToken

if TYPE_CHECKING:
    from uuid import UUID

    from services.auth.config import AuthSettings
    from services.common.database.transaction import Transaction

GOOD_FOR: Final = timedelta(hours=2)
#: 64 characters.
RANDOM_BYTES: Final = 48


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_reset_token(tx: Transaction, person: UUID) -> str:
    """A fresh token for that account, good for two hours."""
    token = secrets.token_urlsafe(RANDOM_BYTES)
    tx.session.execute(sa.delete(ResetToken).where(ResetToken.expires_at < now()))
    tx.session.add(
        ResetToken(token_hash=_hash(token), person_id=person, expires_at=now() + GOOD_FOR)
    )
    return token


def holder(token: str, email: str) -> sa.Select[UUID]:
    """Selects the account that the token is for, if that is its e-mail and it is still good."""
    return (
        sa.select(ResetToken.person_id)
        .join(Person, Person.id == ResetToken.person_id)
        .where(
            ResetToken.token_hash == _hash(token),
            ResetToken.expires_at > now(),
            Person.email == email.strip().lower(),
            Person.active.is_(True),
        )
    )


def spend(tx: Transaction, token: str) -> UUID | None:
    """Use the token up, and all others of its account; whose it was."""
    used = sa.delete(ResetToken).where(ResetToken.token_hash == _hash(token))
    person = tx.session.scalar(used.returning(ResetToken.person_id))
    if person is not None:
        forget(tx, person)
    return person


def forget(tx: Transaction, person: UUID) -> None:
    """Make every token of an account worthless."""
    tx.session.execute(sa.delete(ResetToken).where(ResetToken.person_id == person))


def link(settings: AuthSettings, email: str, token: str) -> str:
    """Where the web interface lets somebody choose the new password."""
    query = urlencode({"email": email, "token": token})
    return f"{settings.site_url.rstrip('/')}/reset-change-password?{query}"
