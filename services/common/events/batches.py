"""The messages in which a relay sends many events at once, to the log and to be described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from services.common.events.outbox import Row

#: Limit in bytes of a message, unless a single event is larger.
BYTES: Final = 1_000_000
#: Limit in characters of a row before and after. The broker refuses large messages, and its refusal
#: would set the event aside.
ROW_BYTES: Final = 500_000


def for_log(source: str, rows: Iterable[Row]) -> Iterator[bytes]:
    """Messages to the event log, with the events that it stores."""
    return _messages(msgspec.json.encode(_delivery(source, row)) for row in rows if row.stored)


def with_changes(source: str, rows: Iterable[Row]) -> Iterator[bytes]:
    """Messages with all events, and the rows that they are about."""
    return _messages(
        msgspec.json.encode(
            _delivery(source, row)
            | {"stored": row.stored, "before": _raw(row.before), "after": _raw(row.after)}
        )
        for row in map(_bounded, rows)
    )


def _bounded(row: Row) -> Row:
    """The event, without a row that is too large: what it says of itself goes out all the same."""
    if len(row.before or "") + len(row.after or "") > ROW_BYTES:
        return row._replace(before=None, after=None)
    return row


def _delivery(source: str, row: Row) -> dict[str, Any]:
    """An event as its receivers decode it: a ``Delivery``."""
    return {
        "name": row.name,
        "payload": _raw(row.payload),
        "event_id": row.event_id,
        "time": row.time,
        "source": source,
        "actor_id": row.actor_id,
        "project_id": row.project_id,
        "request_id": row.request_id or "",
        "traceparent": row.traceparent or "",
    }


def _raw(text: str | None) -> msgspec.Raw | None:
    return None if text is None else msgspec.Raw(text.encode())


def _messages(events: Iterable[bytes]) -> Iterator[bytes]:
    chunk: list[bytes] = []
    size = 0
    for event in events:
        if chunk and size + len(event) > BYTES:
            yield b"[" + b",".join(chunk) + b"]"
            chunk, size = [], 0
        chunk.append(event)
        size += len(event)
    if chunk:
        yield b"[" + b",".join(chunk) + b"]"
