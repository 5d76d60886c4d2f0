"""Keys for other purposes than tokens, derived from the secrets that sign these."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.common.config import Settings


def derived_keys(settings: Settings, purpose: str) -> list[bytes]:
    """A key of 32 bytes for a purpose, of each secret; the current one's is first."""
    return derived((settings.secret_key, *settings.old_keys), purpose)


def derived(secrets: Iterable[str], purpose: str) -> list[bytes]:
    """A key of 32 bytes for a purpose, of each of these secrets."""
    return [hmac.digest(secret.encode(), purpose.encode(), "sha256") for secret in secrets]
