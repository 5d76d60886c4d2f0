"""The events as AsyncAPI, from the event catalogue."""

from __future__ import annotations

from typing import Final

import msgspec

from deploy.docs.declarations import events, first_line
from services.common.contracts import Event
from services.common.json_types import JsonObject
from services.common.version import VERSION
from services.common.wire.topology import SERVICES

HEADERS: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "event_id": {
            "type": "string",
            "format": "uuid",
            "description": "The same for every redelivery.",
        },
        "time": {"type": "string", "description": "UTC, to the microsecond."},
        "actor_id": {"type": "string", "format": "uuid", "description": "The person or bot."},
        "project_id": {"type": "string", "format": "uuid", "description": "The production."},
        "request_id": {"type": "string", "description": "The HTTP request that caused it."},
        "traceparent": {"type": "string", "description": "W3C trace context, if traced."},
        "stored": {"type": "string", "enum": ["0", "1"], "description": "Whether it is logged."},
    },
    "required": ["event_id", "time", "stored"],
}

DESCRIPTION: Final = """\
Every change, published once it is committed, in order, at least once: `event_id` is the same for
every redelivery. Subscribers bind a queue to the exchange `<service>.events` with the event's name
as routing key.
"""


def asyncapi() -> JsonObject:
    """The events as AsyncAPI 3.0."""
    by_key = {cls.event_name.replace(":", "_"): cls for cls in events()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Callboard events",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0"},
            "tags": [{"name": name} for name in SERVICES],
        },
        "channels": {key: _channel(key, cls) for key, cls in by_key.items()},
        "operations": {f"publish_{key}": _operation(key, cls) for key, cls in by_key.items()},
        "components": {
            "messages": {key: _message(cls) for key, cls in by_key.items()},
            "schemas": {"Headers": HEADERS},
        },
    }


def _channel(key: str, cls: type[Event]) -> JsonObject:
    exchange = {"name": f"{cls.owner}.events", "type": "topic", "durable": True}
    return {
        "address": cls.event_name,
        "messages": {key: {"$ref": f"#/components/messages/{key}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange}},
    }


def _operation(key: str, cls: type[Event]) -> JsonObject:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{key}"},
        "summary": cls.event_name,
        "description": first_line(cls),
        "tags": [{"name": cls.owner}],
    }


def _message(cls: type[Event]) -> JsonObject:
    return {
        "name": cls.event_name,
        "summary": first_line(cls),
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": payload_schema(cls),
    }


def payload_schema(cls: type[Event]) -> JsonObject:
    """The JSON schema of an event's payload."""
    schema: JsonObject = msgspec.json.schema_components([cls])[1][cls.__name__]
    return schema
