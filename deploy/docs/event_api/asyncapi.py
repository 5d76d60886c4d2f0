"""The events as AsyncAPI: the four ways that carry them."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from deploy.docs.event_api.messages import SEVERAL, by_key, components, full_keys
from deploy.docs.http_api.schemas import Schemas
from gateway.live import sockets
from gateway.live.event import NAMESPACE
from services.common.contracts.crud.live_events import EventFilter, EventPoll
from services.common.contracts.types import Query
from services.common.json_types import JsonObject
from services.common.version import VERSION
from services.common.wire.topology import FULL, SERVICES, exchange_of
from services.crud.subscribers.accounts import PREFIX

DESCRIPTION: Final = """\
Every change, told once it is committed, in order, at least once: an event has the same id whenever
and however it comes. Four ways carry them:

* **AMQP**, for services that must not miss any: bind a queue to `<service>.events` (payloads of
  ids), or to `callboard.full` (events in full); with an account for some productions, read the
  queue of events in full that came with it.
* **HTTP**, for scripts: Server-Sent Events that go on after any position, or a long poll.
* **Socket.IO**, for `gazu.events` and the web interface.
* **Webhooks**, for programs elsewhere: signed requests, repeated until they are answered.

Whoever listens over HTTP or a socket, or has a webhook made, hears what they may read. Fields and
events may be added in a release: receivers ignore those that they don't know.
"""
SERVERS: Final[JsonObject] = {
    "broker": {
        "host": "localhost:5672",
        "protocol": "amqp",
        "description": "The studio's RabbitMQ.",
        "security": [{"$ref": "#/components/securitySchemes/account"}],
    },
    "gateway": {
        "host": "localhost:8080",
        "protocol": "http",
        "description": "The server of the HTTP API.",
        "security": [
            {"$ref": "#/components/securitySchemes/token"},
            {"$ref": "#/components/securitySchemes/cookie"},
        ],
    },
    "sockets": {
        "host": "localhost:8080",
        "pathname": f"{sockets.PATH}/",
        "protocol": "socket.io",
        "description": f"Socket.IO 5 on the port of the HTTP API, namespace `{NAMESPACE}`.",
        "security": [
            {"$ref": "#/components/securitySchemes/token"},
            {"$ref": "#/components/securitySchemes/cookie"},
        ],
    },
    "receiver": {
        "host": "{host}",
        "protocol": "https",
        "description": "The receiver of a webhook.",
        "variables": {"host": {"description": "The host of its address."}},
    },
}
#: The owner of events that every service publishes.
KERNEL: Final = "kernel"
FIELD: Final = re.compile(r"\{(\w+)\}")
#: The variable parts of addresses.
PARAMETERS: Final[JsonObject] = {
    "name": {"description": "The name of the account.", "examples": ["farm"]},
    "event": {"description": "The event's name.", "examples": ["task:update", "comment:new"]},
    "path": {"description": "The path of the webhook's address.", "examples": ["/callboard"]},
}
SECURITY: Final[JsonObject] = {
    "account": {"type": "userPassword", "description": "An account of the broker."},
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The `access_token` that `POST /auth/login` answers.",
    },
    "cookie": {
        "type": "httpApiKey",
        "in": "cookie",
        "name": "access_token_cookie",
        "description": "The cookie that `POST /auth/login` sets.",
    },
}


class Way(NamedTuple):
    """A channel, and the operation that sends events into it."""

    server: str
    #: What follows the server's; of an exchange, the routing key.
    address: str
    title: str
    description: str
    #: Their keys.
    messages: list[str]
    exchange: str = ""
    queue: str = ""
    #: The method and the query of its requests.
    method: str = ""
    query: type[Query] | None = None

    @property
    def channel(self) -> JsonObject:
        """Where the events are found."""
        names = FIELD.findall(self.address)
        return {
            "address": self.address,
            "title": self.title,
            "description": self.description,
            "servers": [{"$ref": f"#/servers/{self.server}"}],
            "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in self.messages},
            **({"parameters": {name: PARAMETERS[name] for name in names}} if names else {}),
            **self._amqp(),
        }

    def _amqp(self) -> JsonObject:
        if self.queue:
            return _bindings("amqp", **{"is": "queue", "queue": {"name": self.queue}})
        exchange = {"name": self.exchange, "type": "topic", "durable": True}
        bound = {"is": "routingKey", "exchange": exchange}
        return _bindings("amqp", **bound) if self.exchange else {}

    def operation(self, channel: str) -> JsonObject:
        """The sending; ``channel`` is the name of this one."""
        fields = Schemas([self.query]).fields_of(self.query) if self.query else {}
        query = {"query": {"type": "object", **fields}} if fields else {}
        return {
            "action": "send",
            "channel": {"$ref": f"#/channels/{channel}"},
            "summary": self.title,
            "description": self.description,
            **(_bindings("http", method=self.method, **query) if self.method else {}),
        }


def _bindings(protocol: str, **binding: object) -> JsonObject:
    return {"bindings": {protocol: binding}}


def ways() -> dict[str, Way]:
    """All channels, by name."""
    kept = by_key()
    exchanges = {
        f"{owner}_events": Way(
            "broker",
            "{event}",
            f"Events of {owner}, as payloads",
            f"The exchange `{exchange_of(owner)}`, with the event's name as routing key.",
            [key for key, cls in kept.items() if cls.owner in (owner, KERNEL)],
            exchange=exchange_of(owner),
        )
        for owner in SERVICES
    }
    return {
        **exchanges,
        "full": Way(
            "broker",
            "{event}",
            "All events in full",
            f"The exchange `{FULL}`, with the event's name as routing key.",
            full_keys(),
            exchange=FULL,
        ),
        "account": Way(
            "broker",
            f"{PREFIX}{{name}}",
            "Events in full, for an account",
            "The queue that came with the account: it holds what the account may hear of them, and "
            "it is all that the account can read.",
            full_keys(),
            queue=f"{PREFIX}{{name}}",
        ),
        "stream": Way(
            "gateway",
            "/events/stream",
            "Events as Server-Sent Events",
            "`id` is the position, `event` the name, `data` the event in full. `Last-Event-ID` "
            "goes on after a position; the event `gap` says that some are no longer kept.",
            full_keys(),
            method="GET",
            query=EventFilter,
        ),
        "poll": Way(
            "gateway",
            "/events",
            "Events by long polls",
            "Answers the events after a position, or waits for the next one.",
            [SEVERAL],
            method="GET",
            query=EventPoll,
        ),
        "socket": Way(
            "sockets",
            NAMESPACE,
            "Events over Socket.IO",
            "Each event under its name, with its payload. Those of this system's own, such as "
            "log-ins, are not sent.",
            [key for key, cls in kept.items() if cls.on_sockets],
        ),
        "webhook": Way(
            "receiver",
            "{path}",
            "Events as webhooks",
            "The body of each request is an event in full, signed as Standard Webhooks has it.",
            full_keys(),
            method="POST",
        ),
    }


def asyncapi() -> JsonObject:
    """The events as AsyncAPI 3.0."""
    described = ways()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Callboard events",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0"},
            "tags": [{"name": service} for service in SERVICES],
        },
        "servers": SERVERS,
        "channels": {name: way.channel for name, way in described.items()},
        "operations": {f"send_{name}": way.operation(name) for name, way in described.items()},
        "components": {**components(), "securitySchemes": SECURITY},
    }
