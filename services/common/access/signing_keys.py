"""The keys of tokens: one signs new tokens, older ones are still accepted.

A token's header names its key (``kid``), so keys can be rotated without logging anybody out: put
the new one into ``SECRET_KEY`` and the old one into ``PREVIOUS_SECRET_KEYS``, and remove it once
its tokens have expired. A token without a key id may be signed by any of them.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import jwt

from services.common.access.derived_keys import derived

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.config import Settings

FORGED: Final = "Signature verification failed"


def key_id(secret: str) -> str:
    """The public id of a key; a hash, from which the key can't be derived."""
    return hashlib.sha256(b"key id " + secret.encode()).hexdigest()[:12]


class KeyRing:
    """The signing key and the previous keys."""

    def __init__(self, current: str, previous: Sequence[str] = ()) -> None:
        self.current = current
        self.kid = key_id(current)
        self._secrets = {key_id(secret): secret for secret in (current, *previous)}

    @classmethod
    def of(cls, settings: Settings) -> KeyRing:
        """The keys in the settings."""
        return cls(settings.secret_key, settings.old_keys)

    def derived(self, purpose: str) -> list[bytes]:
        """A key of 32 bytes for another purpose, of each secret; the current one's is first."""
        return derived(self._secrets.values(), purpose)

    def read(self, token: str, require: Sequence[str] = ()) -> dict[str, Any]:
        """Verify a token and return its claims.

        Raises jwt.InvalidTokenError: unreadable, forged, expired, or without a required claim.
        """
        kid = jwt.get_unverified_header(token).get("kid")
        is_known = kid is None or kid in self._secrets
        secrets = [self._secrets[kid]] if kid in self._secrets else list(self._secrets.values())
        for secret in secrets:
            with suppress(jwt.InvalidSignatureError):
                claims: dict[str, Any] = jwt.decode(
                    token, secret, algorithms=["HS256"], options={"require": list(require)}
                )
                if is_known:
                    return claims
        raise jwt.InvalidSignatureError(FORGED)
