"""Access and refresh tokens: JWT, HS256, claims as the clients in the field read them."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any, Final

import jwt

if TYPE_CHECKING:
    from services.auth.config import AuthSettings

DAY: Final = 86400
PERSON, BOT, PERSON_API = "person", "bot", "person_api"
IDENTITIES: Final = frozenset({PERSON, BOT, PERSON_API})


def signed(
    settings: AuthSettings, subject: str, kind: str, days: float, **claims: Any
) -> tuple[str, dict[str, Any]]:
    """A signed token and its claims."""
    now = int(time.time())
    payload: dict[str, Any] = {
        "sub": subject,
        "type": kind,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "exp": int(now + days * DAY),
        "fresh": False,
        "identity_type": PERSON,
        **claims,
    }
    return jwt.encode(payload, settings.secret_key, algorithm="HS256"), payload


def pair(settings: AuthSettings, subject: str) -> tuple[str, str]:
    """An access token and the refresh token it is revoked with."""
    refresh, claims = signed(settings, subject, "refresh", settings.refresh_token_days)
    return access(settings, subject, claims["jti"]), refresh


def access(settings: AuthSettings, subject: str, refresh_jti: str) -> str:
    """An access token that belongs to a refresh token."""
    token, _ = signed(
        settings, subject, "access", settings.access_token_days, refresh_jti=refresh_jti
    )
    return token
