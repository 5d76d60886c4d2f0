"""Secrets at rest: encrypted with a key from the environment, or stored as a keyed hash.

Imported secrets are stored unencrypted until they are renewed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
from typing import TYPE_CHECKING, Final

from services.common.access import sealing
from services.common.access.sealing import SEALED, opened
from services.common.config import check_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.auth.config import AuthSettings

HASHED: Final = "hmac:"
ALPHABET: Final = string.ascii_uppercase + string.digits
CODES, CODE_LENGTH = 16, 10


def _keys(settings: AuthSettings) -> tuple[str, ...]:
    return (settings.encryption_key, *settings.old_encryption_keys)


def seal(settings: AuthSettings, secret: str) -> str:
    """Encrypt a secret for storage."""
    return sealing.seal(_keys(settings), secret)


def unseal(settings: AuthSettings, stored: str | None) -> str | None:
    """Decrypt a stored secret; None if there is none, or no key decrypts it."""
    return opened(_keys(settings), stored)


def plain(stored: str, environ: Mapping[str, str]) -> str | None:
    """The decrypted secret, for an export. Raises ConfigError without the key."""
    keys = [
        environ.get("ENCRYPTION_KEY", ""),
        *sealing.split(environ.get("PREVIOUS_ENCRYPTION_KEYS", "")),
    ]
    if stored.startswith(SEALED):
        check_secret(keys[0], "ENCRYPTION_KEY")
    return opened(tuple(keys), stored)


def new_codes() -> list[str]:
    """New recovery codes: 51 bits each, so a fast hash is enough to store them."""
    return ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(CODES)]


def code_hash(key: str, code: str) -> str:
    """The keyed hash of a recovery code."""
    return HASHED + hmac.new(key.encode(), code.encode(), hashlib.sha256).hexdigest()


def code_hashes(settings: AuthSettings, code: str) -> list[str]:
    """The keyed hashes of a recovery code under the current and the previous keys."""
    return [code_hash(key, code) for key in _keys(settings)]
