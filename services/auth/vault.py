"""Secrets at rest: encrypted with a key from the environment, or stored as a keyed hash.

Encryption is Fernet (AES-128-CBC and HMAC-SHA256): the first key encrypts, all keys decrypt, so
keys can be rotated. Imported secrets are stored unencrypted until they are renewed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import string
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from services.common.config import check_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.auth.config import AuthSettings

SEALED: Final = "sealed:"
HASHED: Final = "hmac:"
ALPHABET: Final = string.ascii_uppercase + string.digits
CODES, CODE_LENGTH = 16, 10


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    derived = [hashlib.sha256(b"seal " + key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


def _box(settings: AuthSettings) -> MultiFernet:
    return _fernet((settings.encryption_key, *settings.old_encryption_keys))


def seal(settings: AuthSettings, secret: str) -> str:
    """Encrypt a secret for storage."""
    return SEALED + _box(settings).encrypt(secret.encode()).decode()


def unseal(settings: AuthSettings, stored: str | None) -> str | None:
    """Decrypt a stored secret; None if there is none, or no key decrypts it."""
    return opened((settings.encryption_key, *settings.old_encryption_keys), stored)


def opened(keys: tuple[str, ...], stored: str | None) -> str | None:
    """Decrypt a stored secret with these keys; None if there is none, or no key decrypts it."""
    # Without the prefix it was imported, and is not encrypted.
    if not stored or not stored.startswith(SEALED):
        return stored or None
    try:
        return _fernet(keys).decrypt(stored.removeprefix(SEALED).encode()).decode()
    except InvalidToken:
        return None


def _split(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",") if key.strip()]


def plain(stored: str, environ: Mapping[str, str]) -> str | None:
    """The decrypted secret, for an export. Raises ConfigError without the key."""
    keys = [environ.get("ENCRYPTION_KEY", ""), *_split(environ.get("PREVIOUS_ENCRYPTION_KEYS", ""))]
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
    keys = (settings.encryption_key, *settings.old_encryption_keys)
    return [code_hash(key, code) for key in keys]
