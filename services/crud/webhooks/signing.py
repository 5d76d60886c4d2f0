"""Signatures as Standard Webhooks has them (version 1, symmetric)."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX: Final = "whsec_"


def key_of(secret: str) -> bytes:
    """The key in a secret. Raises ValueError if it is malformed."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        message = "the secret is not base64"
        raise ValueError(message) from error


def sign(keys: Iterable[bytes], ident: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``: one signature for each key."""
    content = f"{ident}.{timestamp}.".encode() + body
    digests = (hmac.digest(key, content, "sha256") for key in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
