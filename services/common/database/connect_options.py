"""How every process connects to PostgreSQL."""

from __future__ import annotations

from typing import Any, Final

#: Options of libpq in seconds, the last one in milliseconds. A database host that vanishes is
#: noticed within ten seconds: without them a process would wait for it for a quarter of an hour.
CONNECT_OPTIONS: Final[dict[str, Any]] = {
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5000,
}
