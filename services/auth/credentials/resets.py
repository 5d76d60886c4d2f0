"""Password reset tokens: e-mailed, valid for two hours, used once.

Only their hashes are stored, so a copy of the database is of no use.
"""

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

VALID_FOR: Final = timedelta(hours=2)
#: Of a token: 64 characters in base64.
RANDOM_BYTES: Final = 48


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_reset_token(tx: Transaction, person: UUID) -> str:
    """A new token for the account, valid for ``VALID_FOR``."""
    token = secrets.token_urlsafe(RANDOM_BYTES)
    tx.session.execute(sa.delete(ResetToken).where(ResetToken.expires_at < now()))
    tx.session.add(
        ResetToken(token_hash=_hash(token), person_id=person, expires_at=now() + VALID_FOR)
    )
    return token


def holder(token: str, email: str) -> sa.Select[UUID]:
    """SELECT the account of a valid token, if it has that e-mail."""
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
    """Spend a token, and revoke its account's others; returns the account, None if spent."""
    used = sa.delete(ResetToken).where(ResetToken.token_hash == _hash(token))
    # The DELETE decides: of two concurrent uses, one gets the row.
    person = tx.session.scalar(used.returning(ResetToken.person_id))
    if person is not None:
        forget(tx, person)
    return person


def forget(tx: Transaction, person: UUID) -> None:
    """Revoke all tokens of an account."""
    tx.session.execute(sa.delete(ResetToken).where(ResetToken.person_id == person))


def link(settings: AuthSettings, email: str, token: str) -> str:
    """The URL of the web interface's form for a new password."""
    query = urlencode({"email": email, "token": token})
    return f"{settings.site_url.rstrip('/')}/reset-change-password?{query}"
