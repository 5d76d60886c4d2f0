"""The keys that sign tokens: one that signs, older ones that are still believed.

A token's header names its key (``kid``), so that a new key can be brought in without logging
anybody out: put the new one into ``SECRET_KEY``, the old one into ``PREVIOUS_SECRET_KEYS``, and
take it out once its tokens have expired. A token without a key id may be signed by any of them.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import jwt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.config import Settings

FORGED: Final = "Signature verification failed"


def key_id(secret: str) -> str:
    """The public name of a key, from which it can't be guessed."""
    return hashlib.sha256(b"key id " + secret.encode()).hexdigest()[:12]


class KeyRing:
    """The signing key and the older keys."""

    def __init__(self, current: str, previous: Sequence[str] = ()) -> None:
        self.current = current
        self.kid = key_id(current)
        self._secrets = {key_id(secret): secret for secret in (current, *previous)}

    @classmethod
    def of(cls, settings: Settings) -> KeyRing:
        """The keys that the settings name."""
        return cls(settings.secret_key, settings.old_keys)

    def read(self, token: str, require: Sequence[str] = ()) -> dict[str, Any]:
        """The claims of a token that one of the keys signed.

        Raises jwt.InvalidTokenError: unreadable, forged, expired, or without a required claim.
        """
        kid = jwt.get_unverified_header(token).get("kid")
        known = kid is None or kid in self._secrets
        secrets = [self._secrets[kid]] if kid in self._secrets else list(self._secrets.values())
        for secret in secrets:
            with suppress(jwt.InvalidSignatureError):
                claims: dict[str, Any] = jwt.decode(
                    token, secret, algorithms=["HS256"], options={"require": list(require)}
                )
                if known:
                    return claims
        raise jwt.InvalidSignatureError(FORGED)
