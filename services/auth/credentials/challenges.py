"""Challenges to security keys, on their way to the key and back.

The state of a challenge travels in a signed cookie that names its purpose and person and lives five
minutes; its id is entered among the revoked tokens the moment it is used, so it serves once.
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
SECONDS: Final = 300


def cookie(settings: AuthSettings, purpose: str, person: str, state: JsonObject) -> str:
    """A challenge's state, signed."""
    expires = time.time() + SECONDS
    return tokens.signed(settings, tokens.claims(person, purpose, expires, state=state))


def opened(settings: AuthSettings, purpose: str, person: str, given: str | None) -> Any:
    """The claims of the cookie, if it is ours, of that purpose and person and still young."""
    if not given:
        return None
    try:
        found = KeyRing.of(settings).read(given, ("exp", "jti", "state"))
    except jwt.InvalidTokenError:
        return None
    return found if (found.get("type"), found.get("sub")) == (purpose, person) else None
