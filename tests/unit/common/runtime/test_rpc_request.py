"""Decoding messages of any content: a request, or a refusal with a reason."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pamqp.commands import Basic

from services.common.database.pools import tagged
from services.common.observability.log import checked_request_id, request_id
from services.common.observability.tracing import TRACEPARENT
from services.common.runtime.rpc_request import MAX_SECONDS, MessageRefused, read_request
from services.common.wire.frames import Incoming
from services.common.wire.rpc_protocol import ACTOR, AUTHOR, DEADLINE, KEY, REQUEST

BODY = b'{"args":[1],"kwargs":{"a":2}}'
texts = st.text(max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from([ACTOR, AUTHOR, DEADLINE, KEY, REQUEST, TRACEPARENT, "other"])


def message(body: bytes = BODY, **headers: Any) -> Incoming:
    incoming = Incoming(1)
    incoming.body = body
    incoming.properties = Basic.Properties(headers=headers)
    return incoming


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first text takes seconds to make
@given(body=st.binary() | st.just(BODY), headers=st.dictionaries(names, values))
def test_any_message_is_a_request_or_refused(body: bytes, headers: dict[str, Any]) -> None:
    """No other exception is raised, and requests have the types that workers expect."""
    try:
        request = read_request(message(body, **headers), "method")
    except MessageRefused:
        return
    assert 0 < request.context["remaining"] <= MAX_SECONDS
    for name in ("actor", "author", "key", "match", "fingerprint", TRACEPARENT):
        assert request.context[name] is None or isinstance(request.context[name], str)
    assert tagged_with(request.context["request_id"])


def tagged_with(ident: str) -> bool:
    """Whether an id may be appended to a statement."""
    token = request_id.set(ident)
    try:
        return not ident or tagged("SELECT 1").endswith(f" /* {ident} */")
    finally:
        request_id.reset(token)


def test_a_valid_request_keeps_its_headers() -> None:
    later = str(time.time() + 5)
    headers = {ACTOR: '{"role":"user"}', REQUEST: "r-1", KEY: "k", DEADLINE: later}
    request = read_request(message(**headers), "method")
    assert request.arguments.args == [1]
    assert request.arguments.kwargs == {"a": 2}
    assert request.context["request_id"] == "r-1"
    assert 4 < request.context["remaining"] <= 5


REASONS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "json": (b"{", {}),
    "nesting": (b'{"args":' + b"[" * 100_000, {}),
    "shape": (b'{"args":{}}', {}),
    "too-large": (b"x" * 20_000_000, {}),
    "deadline": (BODY, {DEADLINE: "inf or so"}),
    "late": (BODY, {DEADLINE: "1"}),
    "actor": (BODY, {ACTOR: "{}]"}),
    "header": (BODY, {KEY: 5}),
}


@pytest.mark.parametrize("reason", REASONS)
def test_refusals_have_a_bounded_reason(reason: str) -> None:
    body, headers = REASONS[reason]
    with pytest.raises(MessageRefused) as caught:
        read_request(message(body, **headers), "method")
    assert caught.value.reason == reason


def test_an_undecodable_message_is_refused() -> None:
    odd = message()
    odd.error = "its properties can't be read"
    with pytest.raises(MessageRefused, match="properties"):
        read_request(odd, "method")


@given(st.text() | st.just("a */; DROP TABLE b --") | st.from_regex(r"[A-Za-z0-9._-]{1,64}"))
def test_only_valid_request_ids_enter_statements(ident: str) -> None:
    """Others are replaced where they enter the process."""
    token = request_id.set(ident)
    try:
        sql = tagged("SELECT 1")
    finally:
        request_id.reset(token)
    checked = checked_request_id(ident)
    assert sql == (f"SELECT 1 /* {ident} */" if checked == ident and ident else "SELECT 1")
    assert tagged_with(checked)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 5000])
def test_a_number_out_of_range_is_told_in_words(number: str) -> None:
    """The caller knows nothing of the message that carries what they sent."""
    body = f'{{"args":[],"kwargs":{{"data":{{"nb_frames":{number}}}}}}}'.encode()
    with pytest.raises(MessageRefused) as refusal:
        read_request(message(body), "method")
    assert refusal.value.error.message == "The request holds a number that is out of range."
