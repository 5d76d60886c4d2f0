"""The description of the events: every event on every way, with a schema and a valid example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from deploy.docs.declarations import events


@pytest.fixture(scope="module")
def asyncapi(descriptions: Path) -> dict[str, Any]:
    """The description, as it is served."""
    result: dict[str, Any] = msgspec.json.decode((descriptions / "asyncapi.json").read_bytes())
    return result


def carried(asyncapi: dict[str, Any], *channels: str) -> set[str]:
    """The names of the events that channels carry."""
    messages = asyncapi["components"]["messages"]
    return {
        messages[key]["name"]
        for channel in channels
        for key in asyncapi["channels"][channel]["messages"]
    }


def test_every_event_is_on_each_way(asyncapi: dict[str, Any]) -> None:
    """Over AMQP, HTTP, sockets (the documented ones) and webhooks."""
    names = {cls.event_name for cls in events()}
    exchanges = [name for name in asyncapi["channels"] if name.endswith("_events")]
    assert carried(asyncapi, *exchanges) == names
    for way in ("full", "account", "stream", "webhook"):
        assert carried(asyncapi, way) == names, way
    assert carried(asyncapi, "socket") == {cls.event_name for cls in events() if cls.on_sockets}


def test_an_exchange_has_the_events_of_its_service(asyncapi: dict[str, Any]) -> None:
    """And those that every service publishes."""
    owned = {cls.event_name for cls in events() if cls.owner in ("chat", "kernel")}
    assert carried(asyncapi, "chat_events") == owned
    assert "rows:gone" in owned


def test_examples_of_events_are_valid(asyncapi: dict[str, Any]) -> None:
    """Headers and payload of each message."""
    for key, message in asyncapi["components"]["messages"].items():
        (example,) = message["examples"]
        for part in example:
            whole = {**message[part], "components": asyncapi["components"]}
            validator = jsonschema.Draft202012Validator(
                whole, format_checker=jsonschema.FormatChecker()
            )
            assert [error.message for error in validator.iter_errors(example[part])] == [], key


def test_every_field_of_a_payload_says_what_it_is(asyncapi: dict[str, Any]) -> None:
    """In a sentence."""
    for cls in events():
        schema = asyncapi["components"]["schemas"][cls.event_name.replace(":", "_")]
        for name, field in schema["properties"].items():
            assert field.get("description", "").endswith("."), f"{cls.event_name}: {name}"
