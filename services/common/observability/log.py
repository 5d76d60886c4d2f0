"""Structured logging: JSON lines with the request id, and the trace id if there is a trace.

The gateway generates the request id (or takes ``X-Request-ID``). It is sent in the headers of every
RPC call and event, and added to each SQL statement as a comment.
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

#: The allowed form of a request id, which goes into log lines and, as a comment, into SQL.
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

_encode = msgspec.json.Encoder(enc_hook=str).encode


def checked_request_id(value: object) -> str:
    """The id if it is valid, a new one if it is malformed, empty if there is none."""
    if not value:
        return ""
    return value if isinstance(value, str) and REQUEST_ID.fullmatch(value) else uuid4().hex


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time, level, service, logger, request, message, and extras."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service
        self.standard = set(logging.makeLogRecord({}).__dict__) | {"message", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as one line; a traceback goes into ``error``."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self.service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := request_id.get():
            line["request"] = request
        if trace := trace_id():
            line["trace"] = trace
        line |= {
            name: value for name, value in record.__dict__.items() if name not in self.standard
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _encode(line).decode()


def configure(service: str, level: str = "INFO", form: str = "json") -> None:
    """Log to stdout, as JSON or (``form="text"``) as plain text."""
    handler = logging.StreamHandler(sys.stdout)
    if form == "json":
        handler.setFormatter(JsonFormatter(service))
    else:
        handler.setFormatter(logging.Formatter("%(levelname).1s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # nameko logs each expected exception (a refusal) at WARNING with a traceback.
    logging.getLogger("nameko.containers").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # SQLAlchemy logs pools under their class's module; for ours that is this one.
    logging.getLogger("services.common.database.pools").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="eventlet")
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="nameko")
