"""Log lines."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from services.common.observability.log import JsonFormatter, checked_request_id, request_id


@pytest.fixture
def request_header() -> Iterator[str]:
    """A request that is being handled."""
    token = request_id.set("r-1")
    yield "r-1"
    request_id.reset(token)


def line(**attributes: Any) -> dict[str, Any]:
    """A record as the formatter writes it."""
    record = logging.makeLogRecord(
        {"name": "x", "levelname": "INFO", "msg": "a %s", "args": ("b",)}
    )
    record.__dict__.update(attributes)
    text = JsonFormatter("tasks").format(record)
    assert "\n" not in text
    body: dict[str, Any] = msgspec.json.decode(text)
    return body


def test_a_line_is_one_json_object() -> None:
    """With time, level, service, logger and message."""
    body = line()
    assert body.pop("time").endswith("+00:00")
    assert body == {"level": "INFO", "service": "tasks", "logger": "x", "message": "a b"}


def test_extras_are_members() -> None:
    """Of any type."""
    assert line(seconds=0.5, reason=KeyError("x"))["reason"] == "'x'"
    assert line(seconds=0.5)["seconds"] == 0.5


def test_a_line_names_the_request(request_header: str) -> None:
    """So that the lines of all processes can be joined."""
    assert line()["request"] == request_header


def test_a_traceback_stays_in_the_line() -> None:
    """Escaped."""
    try:
        int("broken")
    except ValueError:
        body = line(exc_info=sys.exc_info())
    assert "ValueError: invalid literal" in body["error"]


@pytest.mark.parametrize("value", ["a-1_b.C", "x" * 64])
def test_a_valid_request_id_is_kept(value: str) -> None:
    """The caller's own."""
    assert checked_request_id(value) == value


@pytest.mark.parametrize("value", ["a b", "*/ DROP", "x" * 65, 5, ["a"], "a\n"])
def test_a_malformed_request_id_is_replaced(value: object) -> None:
    """It would go into log lines, and as a comment into SQL."""
    checked = checked_request_id(value)
    assert checked != value
    assert checked == checked_request_id(checked)


@pytest.mark.parametrize("value", [None, "", 0])
def test_without_a_request_id_there_is_none(value: object) -> None:
    """As in scheduled work."""
    assert checked_request_id(value) == ""
