"""Answers that several owners give together."""

from __future__ import annotations

import gzip

import pytest

from gateway.steps.call import joined
from services.common.errors import Forbidden, Unavailable
from services.common.wire.rpc_protocol import Reply


@pytest.mark.parametrize(
    ("bodies", "together"),
    [
        ((b'{"a":[1]}', b'{"b":{}}'), b'{"a":[1],"b":{}}'),
        ((b"{}", b'{"b":2}'), b'{"b":2}'),
        ((b'{"a":1}', b"{}"), b'{"a":1}'),
        ((b"{}", b"{}"), b"{}"),
    ],
)
def test_members_are_put_together(bodies: tuple[bytes, ...], together: bytes) -> None:
    """In the order of the owners, whatever is compressed."""
    assert joined([Reply(body) for body in bodies]).body == together
    first, *others = bodies
    pressed = [Reply(gzip.compress(first), "gzip"), *map(Reply, others)]
    assert joined(pressed).body == together


def test_one_owner_s_error_is_the_answer() -> None:
    """Of several the first."""
    with pytest.raises(Unavailable):
        joined([Reply(b"{}"), Unavailable("away")])
    with pytest.raises(Forbidden):
        joined([Forbidden("no"), Unavailable("away")])


def test_the_services_that_are_behind_are_all_named() -> None:
    """The client may then ask again."""
    replies = [
        Reply(b"{}", headers={"stale": "a"}),
        Reply(b"{}"),
        Reply(b"{}", headers={"stale": "b"}),
    ]
    assert joined(replies).headers == {"stale": "a,b"}
    assert joined([Reply(b"{}")]).headers == {}
