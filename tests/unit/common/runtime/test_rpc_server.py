"""Replies in the caller's format. Calls are tested in ``tests/service`` and ``tests/system``."""

from __future__ import annotations

import gzip

import msgspec
import pytest

from services.common.errors import NotFound
from services.common.runtime.rpc_server import _bare, _wrapped
from services.common.wire.rpc_protocol import Reply


def test_a_bare_reply_is_the_body() -> None:
    """Encoding, status and headers are properties of the message."""
    reply = Reply(b"[]", "gzip", 201, {"etag": "1"})
    assert _bare(reply, None) == (
        b"[]",
        {"headers": {"etag": "1", "status": 201}, "content_encoding": "gzip"},
    )
    assert _bare(Reply(b"{}"), None) == (b"{}", {})


def test_a_bare_error_is_marked_by_a_header() -> None:
    """Its body has kind, message and data."""
    body, extra = _bare(None, NotFound("No such task."))
    assert extra == {"headers": {"error": "1"}}
    assert msgspec.json.decode(body) == {
        "kind": "not-found",
        "message": "No such task.",
        "data": None,
    }


@pytest.mark.parametrize(("body", "result"), [(b'{"a":1}', {"a": 1}), (b"", None)])
@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_stock_caller_gets_namekos_format(body: bytes, result: object, encoding: str) -> None:
    """Uncompressed: it knows no encodings."""
    sent = gzip.compress(body) if encoding else body
    wrapped, extra = _wrapped(Reply(sent, encoding), None)
    assert msgspec.json.decode(wrapped) == {"result": result, "error": None}
    assert extra == {"content_encoding": "utf-8"}


def test_a_stock_caller_gets_namekos_error() -> None:
    """With the class, which it looks up."""
    body, _ = _wrapped(None, NotFound("No such task."))
    assert msgspec.json.decode(body) == {
        "result": None,
        "error": {
            "exc_type": "NotFound",
            "exc_path": "services.common.errors.NotFound",
            "exc_args": ["No such task."],
            "value": "No such task.",
        },
    }


@pytest.mark.parametrize("form", [_bare, _wrapped])
def test_an_unexpected_error_reveals_nothing(form: object) -> None:
    """Neither its class nor its text."""
    body, _ = form(None, KeyError("password"))  # type: ignore[operator]
    assert b"password" not in body
    assert b"Internal server error." in body
