"""The messages that carry events: the payload alone, the event in full, an answer with several."""

from __future__ import annotations

from typing import Final

from deploy.docs.declarations import events, first_line
from deploy.docs.event_api.payloads import (
    about_example,
    changes_example,
    payload_example,
    payload_schema,
)
from deploy.docs.http_api.examples import id_of
from deploy.docs.http_api.schemas import Schemas
from services.common.contracts import Event
from services.common.contracts.crud.live_events import LiveEvents
from services.common.contracts.full_events import AUDIENCE, FullEvent
from services.common.json_types import JsonObject

#: What the key of a message with the event in full ends with.
FULL: Final = "_full"
#: The message that answers a long poll.
SEVERAL: Final = "events"
JSON: Final = "application/json"
TIME: Final = "2026-01-05T10:00:00.000000"
POSITION: Final = 4711


def _uuid(sentence: str) -> JsonObject:
    return {"type": "string", "format": "uuid", "description": sentence}


HEADERS: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "event_id": _uuid("The same for every redelivery."),
        "time": {"type": "string", "description": "UTC, to the microsecond."},
        "actor_id": _uuid("The person or bot."),
        "project_id": _uuid("The production."),
        "request_id": {"type": "string", "description": "The HTTP request that caused it."},
        "traceparent": {"type": "string", "description": "W3C trace context, if traced."},
        "stored": {"type": "string", "enum": ["0", "1"], "description": "Whether it is logged."},
    },
    "required": ["event_id", "time", "stored"],
}
#: Of ``Recorded.headers``.
FULL_HEADERS: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "event_id": _uuid("The same for every redelivery and replay."),
        "position": {"type": "integer", "description": "Its place among all events."},
        "project_id": _uuid("The production."),
        AUDIENCE: {"type": "string", "description": "Who may hear of it, as JSON."},
        "replayed": {"type": "boolean", "description": "Set on events that are sent once more."},
    },
    "required": ["event_id", "position", AUDIENCE],
}
#: Of the requests to a webhook.
WEBHOOK_HEADERS: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "webhook-id": _uuid("The id of the event: the same for every repetition."),
        "webhook-timestamp": {
            "type": "string",
            "description": "When it was sent, in seconds since 1970.",
        },
        "webhook-signature": {
            "type": "string",
            "description": "`v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`; while "
            "a secret is replaced, one for each, with spaces between.",
        },
    },
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
}
#: The headers of each transport, by the names of their schemas.
ALL_HEADERS: Final = {
    "Headers": HEADERS,
    "FullHeaders": FULL_HEADERS,
    "WebhookHeaders": WEBHOOK_HEADERS,
}


def by_key() -> dict[str, type[Event]]:
    """All events by the keys of their messages: ``task_update``."""
    return {cls.event_name.replace(":", "_"): cls for cls in events()}


def full_key(key: str) -> str:
    """The key of the message that has the event in full."""
    return key + FULL


def full_keys() -> list[str]:
    """The messages that have events in full."""
    return [full_key(key) for key in by_key()]


def components() -> JsonObject:
    """All messages, and the schemas that they refer to."""
    schemas = Schemas([FullEvent, LiveEvents]).components
    schemas |= ALL_HEADERS
    messages: JsonObject = {}
    for key, cls in by_key().items():
        schemas[key] = payload_schema(cls)
        messages[key] = _message(key, cls)
        messages[full_key(key)] = _full_message(key, cls)
    messages[SEVERAL] = _several(events()[0])
    return {"messages": messages, "schemas": schemas}


def _message(key: str, cls: type[Event]) -> JsonObject:
    headers = {"event_id": id_of("event"), "time": TIME, "stored": "1" if cls.stored else "0"}
    return {
        "name": cls.event_name,
        "title": cls.event_name,
        "summary": first_line(cls),
        "contentType": JSON,
        "tags": [{"name": cls.owner}],
        "headers": _ref("Headers"),
        "payload": _ref(key),
        "examples": [{"headers": headers, "payload": payload_example(cls)}],
    }


def _full_message(key: str, cls: type[Event]) -> JsonObject:
    own = {"name": {"const": cls.event_name}, "data": _ref(key)}
    example = full_example(cls)
    headers = {"event_id": example["id"], "position": POSITION, AUDIENCE: "{}"}
    return {
        "name": cls.event_name,
        "title": f"{cls.event_name}, in full",
        "summary": first_line(cls),
        "contentType": JSON,
        "tags": [{"name": cls.owner}],
        "headers": _ref("FullHeaders"),
        "payload": {"allOf": [_ref("FullEvent"), {"type": "object", "properties": own}]},
        # The headers above are the broker's; those of an HTTP request are a webhook's.
        "bindings": {"http": {"headers": _ref("WebhookHeaders")}},
        "examples": [{"headers": headers, "payload": example}],
    }


def full_example(cls: type[Event]) -> JsonObject:
    """An event in full."""
    data = payload_example(cls)
    return {
        "position": POSITION,
        "id": id_of("event"),
        "name": cls.event_name,
        "time": TIME,
        "project_id": data.get("project_id"),
        "actor": {"id": id_of("person"), "full_name": "Ema Doe"},
        "data": data,
        "changes": changes_example(cls),
        "about": about_example(data),
    }


def _several(cls: type[Event]) -> JsonObject:
    answer = {"events": [full_example(cls)], "next": POSITION, "gap": None}
    return {
        "name": SEVERAL,
        "title": "Events in full, and where to go on",
        "summary": "The answer to a long poll.",
        "contentType": JSON,
        "payload": _ref("LiveEvents"),
        "examples": [{"payload": answer}],
    }


def _ref(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}
