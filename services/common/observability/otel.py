"""Tracing with OpenTelemetry; imported only if tracing is enabled (see ``tracing``)."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import msgspec
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan

KINDS: Final = {kind.name.lower(): kind for kind in SpanKind}
#: Milliseconds between exports of a batch.
DELAY_MS: Final = 1000
#: Characters of an attribute that are exported.
ATTRIBUTE_LENGTH: Final = 2000
PARENTS: Final = TraceContextTextMapPropagator()


class Folder(SpanExporter):
    """Exports spans to a folder: one file per process, one JSON line per span, nanoseconds."""

    def __init__(self, folder: Path, component: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.component = component
        self.path = folder / f"{component}-{os.getpid()}.jsonl"

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Append the spans to the file."""
        with self.path.open("ab") as file:
            for span in spans:
                file.write(msgspec.json.encode(self._line(span), enc_hook=str) + b"\n")
        return SpanExportResult.SUCCESS

    def _line(self, span: ReadableSpan) -> dict[str, Any]:
        context = span.get_span_context()
        return {
            "trace": f"{context.trace_id:032x}" if context else "",
            "span": f"{context.span_id:016x}" if context else "",
            "parent": f"{span.parent.span_id:016x}" if span.parent else None,
            "component": self.component,
            "name": span.name,
            "kind": span.kind.name.lower(),
            "start": span.start_time,
            "end": span.end_time,
            "failed": span.status.status_code is StatusCode.ERROR,
            "attributes": dict(span.attributes or {}),
        }


class Open:
    """A started span, current in this thread until ``end``."""

    def __init__(self, span: trace.Span) -> None:
        self.span = span
        self.token = context.attach(trace.set_span_in_context(span))

    def end(self, error: BaseException | None = None) -> None:
        """End the span, as failed if there is an error."""
        context.detach(self.token)
        if error is not None:
            self.span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        self.span.end()


class Spans:
    """The tracer of this process."""

    def __init__(self, component: str, endpoint: str) -> None:
        resource = Resource.create(
            {
                "service.namespace": "callboard",
                "service.name": component,
                "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
            }
        )
        self.provider = TracerProvider(resource=resource)
        processor = BatchSpanProcessor(
            _exporter(component, endpoint), schedule_delay_millis=DELAY_MS
        )
        self.provider.add_span_processor(processor)
        self.tracer = self.provider.get_tracer("callboard")

    @contextmanager
    def span(
        self, name: str, kind: str, parent: str | None, attributes: dict[str, Any]
    ) -> Iterator[None]:
        """See ``tracing.span``."""
        # Background work (heartbeats, polling) would else start a trace of its own each time.
        if kind != "server" and not parent and not self.traceparent():
            yield
            return
        opened = self.begin(name, kind, parent, attributes)
        try:
            yield
        except BaseException as error:
            opened.end(error)
            raise
        opened.end()

    def begin(self, name: str, kind: str, parent: str | None, attributes: dict[str, Any]) -> Open:
        """See ``tracing.begin``."""
        parent_context: Context | None = (
            PARENTS.extract({"traceparent": parent}) if parent else None
        )
        exported = {key: _exported(value) for key, value in attributes.items() if value is not None}
        span = self.tracer.start_span(name, parent_context, KINDS[kind], exported)
        return Open(span)

    @staticmethod
    def traceparent() -> str | None:
        """See ``tracing.traceparent``."""
        context = trace.get_current_span().get_span_context()
        if not context.is_valid:
            return None
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def _exporter(component: str, endpoint: str) -> SpanExporter:
    parts = urlsplit(endpoint)
    if parts.scheme == "file":
        return Folder(Path(unquote(parts.path)), component)
    return OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")


def _exported(value: Any) -> str | bool | int | float:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value if isinstance(value, (bool, int, float)) else str(value)[:ATTRIBUTE_LENGTH]
