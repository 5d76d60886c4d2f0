"""Distributed tracing; off unless OTEL_EXPORTER_OTLP_ENDPOINT is set.

A trace starts at the gateway or continues the client's (W3C ``traceparent``). It is propagated in
the headers of calls, the rows of the outbox and the headers of events. While it is off,
OpenTelemetry is not imported and a span costs a quarter of a microsecond.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from services.common.observability.otel import Open, Spans

#: The header with the parent span, in HTTP as in AMQP.
TRACEPARENT: Final = "traceparent"
_OFF: Final[AbstractContextManager[Any]] = nullcontext()
_spans: Spans | None = None


def configure(component: str, endpoint: str) -> None:
    """Export the spans of this process to ``endpoint``: ``http://collector:4318`` (OTLP over HTTP),
    or ``file:///folder`` (one JSON line per span, one file per process). Empty: tracing is off.
    """  # noqa: D205
    global _spans  # noqa: PLW0603 - one for the process, as logging is
    if endpoint:
        # OpenTelemetry takes several MB: only processes that export spans load it.
        from services.common.observability.otel import Spans  # noqa: PLC0415

        _spans = Spans(component, endpoint)


def span(
    name: str, kind: str = "internal", parent: str | None = None, **attributes: Any
) -> AbstractContextManager[Any]:
    """A span around a block, child of ``parent`` or of the current span.

    ``kind`` is one of internal, server, client, producer, consumer. Without a parent or a current
    span, only a span of kind server starts a trace.
    """
    return _OFF if _spans is None else _spans.span(name, kind, parent, attributes)


def begin(name: str, kind: str, parent: str | None) -> Open | None:
    """Start a span for a later ``end``; None without a parent, or if tracing is off."""
    return _spans.begin(name, kind, parent, {}) if _spans is not None and parent else None


def end(opened: Open | None) -> None:
    """End a span; must be called in the thread that began it."""
    if opened is not None:
        opened.end()


def traceparent() -> str | None:
    """The ``traceparent`` value of the current span; None outside of any."""
    return _spans.traceparent() if _spans is not None else None


def headers() -> dict[str, str]:
    """The headers that propagate the current span; empty outside of any."""
    parent = traceparent()
    return {TRACEPARENT: parent} if parent else {}


def trace_id() -> str | None:
    """The id of the current trace, for log lines; None outside of any."""
    parent = traceparent()
    return parent.split("-")[1] if parent else None
