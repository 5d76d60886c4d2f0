"""Settings of the gateway."""

from __future__ import annotations

from services.common.config import Settings


class GatewaySettings(Settings, frozen=True, kw_only=True, rename=str.upper):
    """What the gateway needs besides the common settings."""

    cors_origins: str = ""
    """Origins allowed to call from a browser, separated by commas; empty means none."""
    max_inflight: int = 40
    """Requests being answered at once by one process; one more is told to come again (502)."""
    max_json_body: int = 8 * 1024 * 1024
    """Bytes of a JSON or form body; a larger one is 413."""
    storage_url: str
    """Where files are kept, as for the services."""
    max_upload: int = 10 * 1024 * 1024 * 1024
    """Bytes of a multipart body; a larger one is 413."""
    max_transfers: int = 20
    """Uploads and downloads at once by one process; one more is told to come again (502)."""
    actor_seconds: float = 10.0
    """How long an actor may be served from the cache without word from ``auth``."""
    list_deadline: float = 30.0
    """Seconds a route that may read or remove a whole production has."""
