"""Secrets at rest: encrypted with keys from the environment.

Encryption is Fernet (AES-128-CBC and HMAC-SHA256): the first key encrypts, all keys decrypt, so
keys can be rotated.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

SEALED: Final = "sealed:"


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    derived = [hashlib.sha256(b"seal " + key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


def split(keys: str) -> list[str]:
    """The keys of a setting that separates them by commas."""
    return [key.strip() for key in keys.split(",") if key.strip()]


def seal(keys: Iterable[str], secret: str) -> str:
    """Encrypt a secret for storage."""
    return SEALED + _fernet(tuple(keys)).encrypt(secret.encode()).decode()


def opened(keys: Iterable[str], stored: str | None) -> str | None:
    """Decrypt a stored secret with these keys; None if there is none, or no key decrypts it."""
    # Without the prefix it was imported, and is not encrypted.
    if not stored or not stored.startswith(SEALED):
        return stored or None
    try:
        return _fernet(tuple(keys)).decrypt(stored.removeprefix(SEALED).encode()).decode()
    except InvalidToken:
        return None
