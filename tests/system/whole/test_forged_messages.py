"""Forged and malformed messages: services keep running, others are unaffected."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import amqp
import pytest
from kombu import Connection

from services.common.wire.topology import DEAD
from tests.letters import count, none_left, wait_for
from tests.running import Caller, System, until
from tests.world import World

SERVICE = "crud"
QUEUE = f"rpc-{SERVICE}"
EVENTS = "tasks.forget_time_in_day_off.ordered"
NAME = "day-off:covers"
CALL = {"args": [], "kwargs": {}}
ADMIN = json.dumps({"role": "admin"})
DEEP = b'{"args":' + b"[" * 5000 + b"]" * 5000 + b',"kwargs":{}}'


class Forger:
    """Publishes malformed messages, and collects the replies."""

    def __init__(self, uri: str) -> None:
        self.connection = Connection(uri)
        self.connection.connect()
        self.channel = self.connection.channel()
        self.queue = f"forger-{uuid.uuid4()}"
        self.replies: dict[str, Any] = {}
        self.channel.queue_declare(self.queue, exclusive=True)
        self.channel.queue_bind(self.queue, "nameko-rpc", self.queue)
        self.channel.auto_decode = False
        self.channel.basic_consume(self.queue, no_ack=True, callback=self._replied)

    def _replied(self, message: Any) -> None:
        self.replies[message.properties.get("correlation_id", "")] = message

    def send(
        self,
        body: bytes = json.dumps(CALL).encode(),
        key: str = f"{SERVICE}.read_change_version",
        exchange: str = "nameko-rpc",
        headers: dict[str, Any] | None = None,
        **properties: Any,
    ) -> str:
        """Publish; answers the correlation id."""
        number = str(uuid.uuid4())
        arguments = {"reply_to": self.queue, "correlation_id": number, **properties}
        message = amqp.Message(body, application_headers=headers or {}, **arguments)
        self.channel.basic_publish(message, exchange, key)
        return number

    def send_raw(self, exchange: str, key: bytes, header: bytes, body: bytes = b"{}") -> None:
        """Publish with a routing key and properties (flags and values) of any bytes."""
        name = exchange.encode()
        address = struct.pack(">HHHB", 60, 40, 0, len(name)) + name
        address += struct.pack(">B", len(key)) + key + b"\0"
        head = struct.pack(">HHQ", 60, 0, len(body)) + header
        frames = b"".join(
            struct.pack(">BHI", kind, self.channel.channel_id, len(payload)) + payload + b"\xce"
            for kind, payload in ((1, address), (2, head), (3, body))
        )
        self.connection.connection.transport.write(frames)

    def reply(self, number: str, seconds: float = 10.0) -> dict[str, Any]:
        """The reply."""
        end = time.monotonic() + seconds
        while number not in self.replies:
            self.connection.drain_events(timeout=max(0.01, end - time.monotonic()))
        body: dict[str, Any] = json.loads(self.replies[number].body)
        return body


@pytest.fixture
def forger(system: System) -> Iterator[Forger]:
    found = Forger(system.parts.amqp_uri)
    yield found
    found.connection.release()


@contextmanager
def assert_unharmed(
    system: System, admin: Caller, queue: str, service: str, *, reconnects: bool = False
) -> Iterator[None]:
    """The process stays, goes on answering, and leaves nothing of what came in its queue.

    It keeps its connections, unless ``reconnects``.
    """
    process = system.processes[service]
    before = losses(system)
    yield
    path = {"crud": "/data/projects", "tasks": "/data/task-types"}[service]
    assert admin.get(path).status_code == 200
    until(lambda: depth(system, queue) == 0, what=f"an empty {queue}")
    assert process.poll() is None
    assert losses(system) == before or reconnects


def losses(system: System) -> int:
    """The number of lost connections."""
    return system.logs().count("broker away") + system.logs().count("after an unexpected error")


def depth(system: System, queue: str) -> int:
    with Connection(system.parts.amqp_uri) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).message_count)


INVALID: dict[str, dict[str, Any]] = {
    "not UTF-8": {"body": b'{"args":["\xff\xfe"],"kwargs":{}}'},
    "nested deeply": {"body": DEEP},
    "not JSON": {"body": b"hello"},
    "empty": {"body": b""},
    "a list": {"body": b"[]"},
    "arguments that are none": {"body": b'{"args":5,"kwargs":{}}'},
    "keywords that are none": {"body": b'{"args":[],"kwargs":[]}'},
    "huge": {"body": b'{"args":["' + b"x" * 17_000_000 + b'"],"kwargs":{}}'},
    "a deadline that is none": {"headers": {"nameko.deadline": "soon"}},
    "a deadline that is no number": {"headers": {"nameko.deadline": "nan"}},
    "a deadline that is a table": {"headers": {"nameko.deadline": {"a": 1}}},
    "an actor that is not JSON": {"headers": {"nameko.actor": "admin"}},
    "an actor of another shape": {"headers": {"nameko.actor": '{"id": 5}'}},
    "an actor that is deep": {"headers": {"nameko.actor": '{"a":' + "[" * 5000}},
    "an actor that is a number": {"headers": {"nameko.actor": 7}},
    "an author that is none": {"headers": {"nameko.author": "me"}},
    "an idempotency key that is a list": {"headers": {"nameko.idempotency_key": ["a"]}},
    "a key with a zero": {"headers": {"nameko.idempotency_key": "a\0b"}},
    "arguments of another method": {"body": b'{"args":[],"kwargs":{"colour":"red"}}'},
    "too many arguments": {"body": b'{"args":[1,2,3,4,5],"kwargs":{}}'},
}


@pytest.mark.parametrize("name", INVALID)
def test_a_malformed_request_is_rejected_and_acknowledged(
    system: System, admin: Caller, forger: Forger, name: str
) -> None:
    """The sender gets an error; the service goes on."""
    given = INVALID[name]
    headers = {"nameko.bare": "1", **given.get("headers", {})}
    with assert_unharmed(system, admin, QUEUE, SERVICE):
        answer = forger.reply(forger.send(**{**given, "headers": headers}))
    assert answer["kind"] == "invalid-input", answer
    assert answer["message"]


def test_a_stock_caller_gets_nameko_errors(system: System, admin: Caller, forger: Forger) -> None:
    with assert_unharmed(system, admin, QUEUE, SERVICE):
        answer = forger.reply(forger.send(body=b"hello"))
    assert answer["result"] is None
    assert answer["error"]["exc_type"] == "InvalidInput"


def test_the_error_names_the_expected_form(system: System, forger: Forger) -> None:
    body = b'{"args":[],"kwargs":{"colour":"red"}}'
    answer = forger.reply(forger.send(body=body, headers={"nameko.bare": "1"}))
    assert "project_id" in answer["message"]
    assert "colour" in answer["message"]


@pytest.mark.parametrize("key", [f"{SERVICE}.no_such_method", f"{SERVICE}.", f"{SERVICE}.__init__"])
def test_an_unknown_method_is_rejected(
    system: System, admin: Caller, forger: Forger, key: str
) -> None:
    with assert_unharmed(system, admin, QUEUE, SERVICE):
        answer = forger.reply(forger.send(key=key, headers={"nameko.bare": "1"}))
    assert answer["kind"] == "method-unknown"


#: RabbitMQ 3.10 ends the connection of whoever publishes to such an address.
BREAKS_THE_BROKER = "a direct one that is made up"
ADDRESSES: dict[str, dict[str, Any]] = {
    "nobody": {"reply_to": None},
    "a queue that is not there": {"reply_to": "nobody"},
    "a long one": {"reply_to": "é" * 127},
    "a direct one of nobody": {"reply_to": "amq.rabbitmq.reply-to.garbage"},
    "a direct one without a token": {"reply_to": "amq.rabbitmq.reply-to."},
    "an odd direct one": {"reply_to": "amq.rabbitmq.reply-to.g1h2AA\0é"},
    BREAKS_THE_BROKER: {
        "reply_to": "amq.rabbitmq.reply-to.g1h2AA5yZXBseUAxMjM0NTY3OAAAC+IAAAAAYwlsNQ=="
        ".AAAAAAAAAAAAAAAAAAAAAA=="
    },
    "no correlation id": {"correlation_id": None},
    "an odd correlation id": {"correlation_id": "\0 é\n" * 40},
    "odd types of properties": {"headers": {"a": [1, {"b": None}], "nameko.request_id": {"x": 1}}},
    "an encoding that is none": {"content_encoding": "gzip"},
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_invalid_reply_address_is_harmless(
    system: System, admin: Caller, forger: Forger, name: str
) -> None:
    given = {k: v for k, v in ADDRESSES[name].items() if v is not None}
    absent = [k for k, v in ADDRESSES[name].items() if v is None]
    with assert_unharmed(system, admin, QUEUE, SERVICE, reconnects=name == BREAKS_THE_BROKER):
        for body in (json.dumps(CALL).encode(), b"hello"):
            if absent:
                message = amqp.Message(body, **{"reply_to": forger.queue, **dict.fromkeys(absent)})
                forger.channel.basic_publish(
                    message, "nameko-rpc", f"{SERVICE}.read_change_version"
                )
            else:
                forger.send(body, **given)
        forger.reply(forger.send())


RAW: dict[str, tuple[bytes, bytes]] = {
    "a routing key that is not UTF-8": (f"{SERVICE}.".encode() + b"\xff\xfe", b"\0\0"),
    "a correlation id that is not UTF-8": (f"{SERVICE}.x".encode(), b"\x04\0\x02\xff\xfe"),
    "a header name that is not UTF-8": (
        f"{SERVICE}.x".encode(),
        b"\x20\0" + struct.pack(">I", 8) + b"\x01\xffS\0\0\0\x01a",
    ),
}


@pytest.mark.parametrize("name", RAW)
def test_invalid_utf_8_is_rejected(
    system: System, admin: Caller, forger: Forger, name: str
) -> None:
    key, header = RAW[name]
    with assert_unharmed(system, admin, QUEUE, SERVICE):
        for _ in range(3):
            forger.send_raw("nameko-rpc", key, header)
        forger.reply(forger.send())


def test_an_invalid_request_id_never_reaches_sql(
    system: System, admin: Caller, forger: Forger
) -> None:
    """It is replaced by a new one."""
    number = forger.send(headers={"nameko.bare": "1", "nameko.request_id": "x */; DROP TABLE a --"})
    assert isinstance(forger.reply(number), (int, str, list, dict))
    assert "DROP TABLE a" not in system.logs()


ODD_EVENTS: dict[str, dict[str, Any]] = {
    "not UTF-8": {"body": b'{"date":"\xff"}'},
    "nested deeply": {"body": b"[" * 5000 + b"]" * 5000},
    "a list": {"body": b"[1]"},
    "empty": {"body": b""},
    "an id that is none": {"headers": {"event_id": "x"}},
    "an id that is a number": {"headers": {"event_id": 5}},
    "an actor that is none": {"headers": {"actor_id": "x"}},
    "a time that is none": {"headers": {"time": "noon"}},
    "a time that is a table": {"headers": {"time": {"a": 1}}},
}


@pytest.mark.parametrize("name", ODD_EVENTS)
def test_an_unreadable_event_is_dead_lettered_at_once(
    system: System, admin: Caller, forger: Forger, name: str
) -> None:
    """Alone: the next one is handled."""
    before = count(admin)
    arguments = {"body": b"{}", **ODD_EVENTS[name]}
    began = time.monotonic()
    with assert_unharmed(system, admin, EVENTS, "tasks"):
        forger.send(**arguments, key=EVENTS, exchange="")
        until(lambda: count(admin) == before + 1, 5, "the dead letter")
    assert time.monotonic() - began < 5


def test_invalid_event_headers_are_dead_lettered(
    system: System, admin: Caller, forger: Forger
) -> None:
    """Also headers that can't be decoded."""
    before = count(admin)
    with assert_unharmed(system, admin, EVENTS, "tasks"):
        forger.send_raw("", EVENTS.encode(), b"\x04\0\x02\xff\xfe")
        until(lambda: count(admin) == before + 1, 5, "the dead letter")


def test_a_poison_event_of_a_batch_is_dead_lettered_alone(
    system: System, world: World, admin: Caller, forger: Forger
) -> None:
    """The others of the message are handled; the dead letter can be replayed."""

    def event_of(name: str, payload: Any) -> dict[str, Any]:
        return {
            "name": name,
            "payload": payload,
            "event_id": str(uuid.uuid4()),
            "time": datetime.now(UTC).replace(tzinfo=None).isoformat(),
            "source": "crud",
        }

    before = count(admin)
    good = [event_of("forged:good", {"number": number}) for number in range(9)]
    batch = [*good[:4], event_of("forged:bad", {"text": "\0"}), *good[4:], {"name": "forged:odd"}]
    forger.send(json.dumps(batch).encode(), key="", exchange="callboard.history")
    until(lambda: count(admin) == before + 2, 30, "two dead letters")

    def stored() -> int:
        body = admin.get("/data/events/last?limit=100").json()
        return sum(event["name"] == "forged:good" for event in body)

    until(lambda: stored() == 9, what="the others")
    assert system.processes["crud"].poll() is None


def test_the_command_lists_replays_and_discards_dead_letters(
    system: System, world: World, admin: Caller, forger: Forger
) -> None:
    """Malformed ones are kept; the event returns to its queue and is handled."""

    def tool(*arguments: str) -> list[str]:
        command = [sys.executable, "-m", "services.crud.dead_letters", *arguments]
        own = {"AMQP_URI": system.parts.amqp_uri, "CRUD_DATABASE_URL": system.parts.urls["crud"]}
        environment = {**os.environ, **own}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    none_left(system, admin)
    name, payload = "day-off:covers", {"date": "2030-01-07", "end_date": "2030-01-08"}
    covers = json.dumps({**payload, "person_id": world.people["artist"]}).encode()
    death = [{"queue": EVENTS, "reason": "rejected", "routing-keys": [name]}]
    forger.send_raw(DEAD, b"\xff", b"\x04\0\x02\xff\xfe")
    forger.send(b"x", "nowhere", DEAD)
    forger.send(covers, name, DEAD, {"event_id": str(uuid.uuid4()), "x-death": death})
    wait_for(admin, 3)
    lines = tool("list")
    assert len(lines) == 3
    assert sum(f"from {EVENTS}: rejected" in line for line in lines) == 1
    assert tool("list", EVENTS) == [line for line in lines if EVENTS in line]
    assert tool("replay", "nobody's") == []
    replayed = tool("replay")
    assert "1 replayed" in replayed
    assert sum(" is kept: " in line for line in replayed) == 2
    wait_for(admin, 2)
    until(lambda: depth(system, EVENTS) == 0, what="the event's handling")
    assert tool("discard") == ["2 discarded"]
    assert count(admin) == 0


def test_no_forged_message_is_left_unacknowledged(system: System) -> None:
    """Unacknowledged messages would return to the queue when the service stops."""
    for name, queue in ((SERVICE, QUEUE), ("tasks", EVENTS)):
        system.processes[name].terminate()
        assert system.processes[name].wait(15) == 0
        assert depth(system, queue) == 0
    system.restore()
