"""Positions as clients carry them."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from falcon import asgi, testing

from gateway.positions import COOKIE, HEADER, HeardEvents, PositionTokens, passed_on
from services.common.access.signing_keys import KeyRing
from services.common.wire.position import GATEWAY, LOG, Place, position_text

OLD, NEW = KeyRing("an old secret"), KeyRing("a new secret", ["an old secret"])
EVENT = UUID(int=1)  # the same in every worker: it is in the names of tests
POSITION = {Place(LOG, LOG, "tasks"): EVENT}


def given(keys: KeyRing) -> str:
    """The token that a client gets after a write."""
    request = testing.create_asgi_req()
    request.context.secure = True
    response = asgi.Response()
    PositionTokens(keys).give(request, response, POSITION)
    token: str = response.get_header(HEADER)
    cookies = {cookie.key: cookie for cookie in response._cookies.values()}  # noqa: SLF001
    assert cookies[COOKIE].value == token
    assert cookies[COOKIE]["httponly"]
    assert cookies[COOKIE]["secure"]
    return token


@pytest.mark.parametrize("name", ["Cookie", HEADER])
def test_what_was_given_is_read(name: str) -> None:
    """From the cookie, or from the header of a client that keeps none."""
    token = given(NEW)
    value = f"{COOKIE}={token}" if name == "Cookie" else token
    request = testing.create_asgi_req(headers={name: value})
    assert PositionTokens(NEW).of(request) == POSITION


def test_a_rotated_key_is_still_accepted() -> None:
    """As with the tokens of sessions."""
    request = testing.create_asgi_req(headers={HEADER: given(OLD)})
    assert PositionTokens(NEW).of(request) == POSITION


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "nonsense",
        f"{position_text(POSITION)}.",
        f"{position_text(POSITION)}.AAAAAAAAAAAAAAAAAAAAAA",
        given(KeyRing("somebody else's secret")),
    ],
)
def test_a_forged_token_is_ignored(token: str) -> None:
    """The request goes on as without one."""
    request = testing.create_asgi_req(headers={HEADER: token})
    assert PositionTokens(NEW).of(request) == {}


def test_a_call_takes_along_what_services_wait_for() -> None:
    """The log's part only where the log is read, the gateways' never."""
    position = {
        **POSITION,
        Place(GATEWAY, "actors", "crud"): uuid4(),
        Place("tasks", "day-off:covers", "crud"): EVENT,
    }
    services = {Place("tasks", "day-off:covers", "crud"): EVENT}
    assert passed_on(position, reads_log=False) == position_text(services)
    assert passed_on(position, reads_log=True) == position_text({**POSITION, **services})


def test_an_event_is_missing_until_it_is_heard() -> None:
    """For the cache that it concerns."""
    heard, position = HeardEvents(), {Place(GATEWAY, "actors", "crud"): EVENT}
    assert heard.missing(position, "actors")
    assert not heard.missing(position, "answers")
    heard.hear("project", {"event_id": str(EVENT)})
    assert not heard.missing(position, "actors")
