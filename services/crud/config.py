"""Settings of ``crud``."""

from __future__ import annotations

from typing import Annotated

import msgspec

from services.common.config import FileSettings


class CrudSettings(FileSettings, frozen=True, kw_only=True, rename=str.upper):
    """Settings of ``crud``."""

    #: Days for which the history of events is kept.
    history_days: Annotated[int, msgspec.Meta(ge=1)] = 90
