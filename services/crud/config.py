"""Settings of ``crud``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Self

import msgspec

from services.common.access import sealing
from services.common.config import FileSettings, check_secret

HISTORY_DAYS: Final = 90


class CrudSettings(FileSettings, frozen=True, kw_only=True, rename=str.upper):
    """Settings of ``crud``."""

    #: Days for which the history of events is kept.
    history_days: Annotated[int, msgspec.Meta(ge=1)] = HISTORY_DAYS
    #: Where the broker's management answers; empty means the usual port of the broker's host.
    broker_management_url: str = ""
    #: Encrypts the secrets of webhooks at rest; keep it when ``SECRET_KEY`` is rotated.
    encryption_key: str
    #: Previous keys, separated by commas, which still decrypt.
    previous_encryption_keys: str = ""

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """Build the settings. Raises ConfigError."""
        settings = super().load(environ)
        for key in settings.encryption_keys:
            check_secret(key, "ENCRYPTION_KEY")
        return settings

    @property
    def encryption_keys(self) -> tuple[str, ...]:
        """The keys, the one that encrypts first."""
        return (self.encryption_key, *sealing.split(self.previous_encryption_keys))
