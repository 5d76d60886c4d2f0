"""Log lines as JSON, each with the id of the request it belongs to (and of its trace, if any).

The id is made by the gateway (or taken from ``X-Request-ID``), travels in the headers of every RPC
and event, and stands as a comment behind each SQL statement.
"""

from __future__ import annotations

import logging
import re
import sys
import warnings
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import msgspec

from services.common.observability.tracing import trace_id

request_id: ContextVar[str] = ContextVar("request_id", default="")

#: What a request's id may be: it stands in log lines and, as a comment, in SQL.
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

_encode = msgspec.json.Encoder(enc_hook=str).encode


def checked_request_id(given: object) -> str:
    """The id if it is one, a fresh one instead of anything else, none where there is none."""
    if not given:
        return ""
    return given if isinstance(given, str) and REQUEST_ID.fullmatch(given) else uuid4().hex


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, service, logger, request, message, and any extras."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service
        self.standard = set(logging.makeLogRecord({}).__dict__) | {"message", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        """Render ``record``; a traceback goes into ``error``, so a record stays one line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self.service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            line["request"] = current
        if trace := trace_id():
            line["trace"] = trace
        line |= {k: v for k, v in record.__dict__.items() if k not in self.standard}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _encode(line).decode()


def configure(service: str, level: str = "INFO", form: str = "json") -> None:
    """Send all logging of the process to stdout, as JSON or (``form="text"``) for reading."""
    handler = logging.StreamHandler(sys.stdout)
    if form == "json":
        handler.setFormatter(JsonFormatter(service))
    else:
        handler.setFormatter(logging.Formatter("%(levelname).1s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # nameko reports each refused request with a traceback at WARNING; refusals are not its concern.
    logging.getLogger("nameko.containers").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # SQLAlchemy's own pool is as quiet; ours is named after our module.
    logging.getLogger("services.common.database.transaction").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="eventlet")
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="nameko")
