"""Positions as clients carry them."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from falcon import asgi, testing

from gateway.positions import COOKIE, HEADER, HeardEvents, PositionTokens, passed_on
from services.common.access.signing_keys import KeyRing
from services.common.wire.position import GATEWAY, LOG, Place, Position, position_text

OLD, NEW = KeyRing("an old secret"), KeyRing("a new secret", ["an old secret"])
NAMES = [str(UUID(int=number)) for number in range(500)]
EVENT = UUID(int=1)  # the same in every worker: it is in the names of tests
POSITION: Position = {Place(LOG, LOG, "tasks"): frozenset({EVENT})}


class Client:
    """Keeps cookies, as a browser does."""

    def __init__(self, keys: KeyRing) -> None:
        self.tokens = PositionTokens(keys)
        self.cookies: dict[str, str] = {}

    def request(self, **headers: str) -> asgi.Request:
        """A request with the cookies that it has now."""
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        request = testing.create_asgi_req(headers=headers)
        request.context.secure = True
        return request

    def write(self, request: asgi.Request, position: Position) -> str:
        """Have a write answered; returns the token."""
        response = asgi.Response()
        brought = self.tokens.of(request)
        self.tokens.give(request, response, {**brought, **position})
        for name, cookie in response._cookies.items():  # noqa: SLF001
            assert cookie["path"] == "/"  # else a browser would keep both
            self.cookies.pop(name, None)
            if cookie.value:
                assert (cookie["httponly"], cookie["secure"]) == (True, True)
                self.cookies[name] = cookie.value
        token: str = response.get_header(HEADER)
        return token


def given(keys: KeyRing) -> str:
    """The token that a client gets after a write."""
    client = Client(keys)
    token = client.write(client.request(), POSITION)
    assert list(client.cookies.values()) == [token]
    return token


@pytest.mark.parametrize("name", ["Cookie", HEADER])
def test_what_was_given_is_read(name: str) -> None:
    """From the cookie, or from the header of a client that keeps none."""
    token = given(NEW)
    value = f"{COOKIE}_1={token}" if name == "Cookie" else token
    request = testing.create_asgi_req(headers={name: value})
    assert PositionTokens(NEW).of(request) == POSITION


def test_a_cookie_of_the_release_before_is_read() -> None:
    """And taken back by the next write."""
    client = Client(NEW)
    client.cookies[COOKIE] = given(NEW)
    assert client.tokens.of(client.request()) == POSITION
    client.write(client.request(), {})
    assert len(client.cookies) == 1
    assert COOKIE not in client.cookies
    assert client.tokens.of(client.request()) == POSITION


def test_writes_at_the_same_time_dont_overwrite_each_other() -> None:
    """The next request brings both; a write after them replaces both."""
    client, place = Client(NEW), Place(LOG, LOG, "tasks")
    client.write(client.request(), POSITION)
    first, second, third = (frozenset({uuid4()}) for _ in range(3))
    for request, event in [(client.request(), first), (client.request(), second)]:
        client.write(request, {place: event})
    assert len(client.cookies) == 2
    assert client.tokens.of(client.request()) == {place: first | second}
    client.write(client.request(), {place: third})
    assert len(client.cookies) == 1
    assert client.tokens.of(client.request()) == {place: third}


def test_a_header_may_join_positions() -> None:
    """Separated by commas; a forged one is ignored."""
    other: Position = {Place("tasks", "day-off:covers", "crud"): frozenset({uuid4()})}
    client = Client(NEW)
    tokens = [client.write(Client(NEW).request(), one) for one in (POSITION, other)]
    request = Client(NEW).request(**{HEADER: ", ".join([*tokens, "forged"])})
    assert client.tokens.of(request) == {**POSITION, **other}


def test_a_position_of_any_length_can_be_read_again() -> None:
    """As much of it as a header holds."""
    client = Client(NEW)
    client.write(client.request(), {Place(LOG, LOG, "tasks"): frozenset(map(UUID, NAMES))})
    (events,) = client.tokens.of(client.request()).values()
    assert 50 < len(events) < len(NAMES)


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
    services: Position = {Place("tasks", "day-off:covers", "crud"): frozenset({EVENT})}
    position: Position = {
        **POSITION,
        Place(GATEWAY, "actors", "crud"): frozenset({uuid4()}),
        **services,
    }
    assert passed_on(position, reads_log=False) == position_text(services)
    assert passed_on(position, reads_log=True) == position_text({**POSITION, **services})


def test_an_event_is_missing_until_it_is_heard() -> None:
    """For the cache that it concerns."""
    heard, position = HeardEvents(), {Place(GATEWAY, "actors", "crud"): frozenset({EVENT})}
    assert heard.missing(position, "actors")
    assert not heard.missing(position, "answers")
    heard.hear("project", {"event_id": str(EVENT)})
    assert not heard.missing(position, "actors")
