"""Traces across processes: off unless OTEL_EXPORTER_OTLP_ENDPOINT says where they go.

A trace begins at the gateway, or continues the caller's (W3C ``traceparent``), and goes with the
headers of calls, the rows of the outbox and the headers of events. Switched off, no library of
OpenTelemetry is imported (``spans`` is) and a span costs a quarter of a microsecond.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from services.common.observability.otel import Open, Spans

#: The header, in HTTP as in AMQP, that says of which span another is the child.
TRACEPARENT: Final = "traceparent"
_OFF: Final[AbstractContextManager[Any]] = nullcontext()
_spans: Spans | None = None


def configure(component: str, endpoint: str) -> None:
    """Send the spans of this process to ``endpoint``: ``http://collector:4318`` (OTLP over HTTP),
    or ``file:///folder`` (a line of JSON a span, a file a process). Empty leaves tracing off.
    """  # noqa: D205
    global _spans  # noqa: PLW0603 - one for the process, as logging is
    if endpoint:
        from services.common.observability.otel import Spans

        _spans = Spans(component, endpoint)


def span(
    name: str, kind: str = "internal", parent: str | None = None, **attributes: Any
) -> AbstractContextManager[Any]:
    """A span around a block, child of ``parent`` or of the span it is in.

    ``kind`` is one of internal, server, client, producer, consumer. Where there is neither parent
    nor a span around, only a server's span begins a trace.
    """
    return _OFF if _spans is None else _spans.span(name, kind, parent, attributes)


def begin(name: str, kind: str, parent: str | None) -> Open | None:
    """A span that ``end`` ends, where a block can't; None without a parent."""
    return _spans.begin(name, kind, parent, {}) if _spans is not None and parent else None


def end(opened: Open | None) -> None:
    """End a span in the thread that began it."""
    if opened is not None:
        opened.end()


def traceparent() -> str | None:
    """The header that makes what follows a child of the present span; None outside of any."""
    return _spans.traceparent() if _spans is not None else None


def headers() -> dict[str, str]:
    """The same as headers."""
    parent = traceparent()
    return {TRACEPARENT: parent} if parent else {}


def trace_id() -> str | None:
    """The trace that is going on here, as log lines name it."""
    parent = traceparent()
    return parent.split("-")[1] if parent else None
