"""Access and refresh tokens: JWT, HS256, with the claims that existing clients read."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any, Final

import jwt

from services.common.access.signing_keys import key_id
from services.common.json_types import JsonObject

if TYPE_CHECKING:
    from services.auth.config import AuthSettings

DAY: Final = 86400
PERSON, BOT, PERSON_API = "person", "bot", "person_api"
IDENTITIES: Final = frozenset({PERSON, BOT, PERSON_API})
#: The claim of a session that may only set up a second factor.
RESTRICTED: Final = "requires_2fa_setup"


def signed(settings: AuthSettings, payload: JsonObject) -> str:
    """Sign claims with the current key, whose id is in the header."""
    secret = settings.secret_key
    return jwt.encode(payload, secret, algorithm="HS256", headers={"kid": key_id(secret)})


def claims(subject: str, kind: str, expires: float | None, **more: Any) -> JsonObject:
    """The claims every token has; ``expires`` is seconds since 1970, None for never."""
    now = int(time.time())
    payload = {
        "sub": subject,
        "type": kind,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "fresh": False,
        "identity_type": PERSON,
        **more,
    }
    return payload if expires is None else {**payload, "exp": int(expires)}


def pair(settings: AuthSettings, subject: str, **more: Any) -> dict[str, str]:
    """An access token and its refresh token, which are revoked together."""
    expires = time.time() + settings.refresh_token_days * DAY
    refresh = claims(subject, "refresh", expires, **more)
    access = renewed(settings, subject, refresh["jti"], **more)
    return {"access_token": access, "refresh_token": signed(settings, refresh)}


def renewed(settings: AuthSettings, subject: str, refresh_jti: str, **more: Any) -> str:
    """An access token that belongs to a refresh token."""
    expires = time.time() + settings.access_token_days * DAY
    return signed(settings, claims(subject, "access", expires, refresh_jti=refresh_jti, **more))
