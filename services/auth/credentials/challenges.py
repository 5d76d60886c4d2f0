"""Challenges for security keys, stored by the client.

The state of a challenge is in a signed cookie with its purpose and person, which expires after five
minutes. Its id is inserted into the revoked tokens when it is used, so it can be used only once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import jwt

from services.auth.credentials import tokens
from services.common.access.signing_keys import KeyRing
from services.common.json_types import JsonObject

if TYPE_CHECKING:
    from services.auth.config import AuthSettings

REGISTER, PROVE = "fido-register", "fido-prove"
#: Seconds that a challenge is valid.
VALID_SECONDS: Final = 300


def cookie(settings: AuthSettings, purpose: str, person: str, state: JsonObject) -> str:
    """A signed cookie with a challenge's state."""
    expires = time.time() + VALID_SECONDS
    return tokens.signed(settings, tokens.claims(person, purpose, expires, state=state))


def opened(settings: AuthSettings, purpose: str, person: str, value: str | None) -> Any:
    """The claims of a cookie; None if it is invalid, expired, or of another purpose or person."""
    if not value:
        return None
    try:
        claims = KeyRing.of(settings).read(value, ("exp", "jti", "state"))
    except jwt.InvalidTokenError:
        return None
    return claims if (claims.get("type"), claims.get("sub")) == (purpose, person) else None
