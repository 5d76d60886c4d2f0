"""Authentication: tokens are verified locally, actors fetched once and invalidated."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import falcon.asgi
import falcon.testing
import jwt
import msgspec
import pytest

from gateway import identity
from gateway.errors import TokenUnreadable
from gateway.identity import Authenticator, Identity
from services.common.access.signing_keys import KeyRing
from services.common.errors import Unauthenticated
from services.common.wire.rpc_protocol import Reply

SECRET = "a secret of these tests that is long enough to be taken"


def token(jti: str, kind: str = "access", **claims: Any) -> str:
    """A token of Ann's."""
    payload = {"sub": "ann", "jti": jti, "type": kind, "exp": time.time() + 3600, **claims}
    return jwt.encode(payload, SECRET, algorithm="HS256")


def request(**headers: str) -> falcon.asgi.Request:
    """A request with these headers."""

    async def receive() -> dict[str, Any]:
        raise AssertionError

    scope = falcon.testing.create_scope(headers=headers)
    return falcon.asgi.Request(scope, receive)


def with_token(found: str) -> falcon.asgi.Request:
    """A request with that token."""
    return request(authorization=f"Bearer {found}")


class Auth:
    """A fake of ``auth`` that records calls and may be slow."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.arrived: asyncio.Queue[str] = asyncio.Queue()
        self.answering = asyncio.Event()
        self.answering.set()

    async def __call__(self, _service: str, _method: str, arguments: bytes) -> Reply:
        jti = msgspec.json.decode(arguments)["claims"]["jti"]
        self.asked.append(jti)
        self.arrived.put_nowait(jti)
        number = len(self.asked)
        await self.answering.wait()
        return Reply(f"actor {number}".encode(), headers={"people": "{}"})


def gate(auth: Auth, seconds: float = 60.0) -> Authenticator:
    """An authenticator that calls the fake."""
    return Authenticator(KeyRing(SECRET), seconds, auth)


def test_an_actor_is_fetched_once() -> None:
    """Also by concurrent requests."""

    async def run() -> None:
        auth = Auth()
        authenticator = gate(auth)
        auth.answering.clear()
        waiting = [
            asyncio.create_task(authenticator.identify(with_token(token("a")))) for _ in range(5)
        ]
        await asyncio.sleep(0)
        auth.answering.set()
        assert {one.actor for one in await asyncio.gather(*waiting)} == {"actor 1"}
        await authenticator.identify(with_token(token("a")))
        assert auth.asked == ["a"]

    asyncio.run(run())


def test_a_cancelled_request_does_not_cancel_the_others() -> None:
    """They share a call."""

    async def run() -> None:
        auth = Auth()
        authenticator = gate(auth)
        auth.answering.clear()
        gone, stays = (
            asyncio.create_task(authenticator.identify(with_token(token("a")))) for _ in range(2)
        )
        await asyncio.sleep(0)
        gone.cancel()
        auth.answering.set()
        assert (await stays).actor == "actor 1"

    asyncio.run(run())


@pytest.mark.parametrize("how", ["person", "session", "all"])
def test_an_invalidated_actor_is_fetched_again(how: str) -> None:
    """Others are not."""

    async def run() -> list[str]:
        auth = Auth()
        authenticator = gate(auth)
        for jti, person in (("a", "ann"), ("b", "bob")):
            await authenticator.identify(with_token(token(jti, sub=person)))
        {
            "person": lambda: authenticator.forget_people(["ann"]),
            "session": lambda: authenticator.forget_session("a"),
            "all": authenticator.forget_all,
        }[how]()
        for jti, person in (("a", "ann"), ("b", "bob")):
            await authenticator.identify(with_token(token(jti, sub=person)))
        return auth.asked[2:]

    assert asyncio.run(run()) == (["a", "b"] if how == "all" else ["a"])


def test_a_reply_from_before_a_change_is_not_cached() -> None:
    """Later requests start a new call, though one is in flight."""

    async def run() -> None:
        auth = Auth()
        authenticator = gate(auth)
        auth.answering.clear()
        before = asyncio.create_task(authenticator.identify(with_token(token("a"))))
        await auth.arrived.get()
        authenticator.forget_people(["ann"])
        after = asyncio.create_task(authenticator.identify(with_token(token("a"))))
        await auth.arrived.get()
        auth.answering.set()
        assert (await before).actor == "actor 1"
        assert (await after).actor == "actor 2"
        assert (await authenticator.identify(with_token(token("a")))).actor == "actor 2"

    asyncio.run(run())


def test_the_cache_bounds_its_age_and_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest entries are evicted one by one."""
    monkeypatch.setattr(identity, "CACHE_SIZE", 2)

    async def run() -> None:
        auth = Auth()
        authenticator = gate(auth)
        for jti in ("a", "b", "c", "c", "b", "a"):
            await authenticator.identify(with_token(token(jti)))
        assert auth.asked == ["a", "b", "c", "a"]
        authenticator.seconds = 0.0
        await authenticator.identify(with_token(token("a")))
        assert auth.asked[4:] == ["a"]

    asyncio.run(run())


def test_a_cookie_takes_precedence_over_a_header() -> None:
    """As clients expect."""

    async def run() -> Identity:
        cookie = f"access_token_cookie={token('from the cookie')}"
        both = request(cookie=cookie, authorization=f"Bearer {token('from the header')}")
        return await gate(Auth()).identify(both)

    assert asyncio.run(run()).claims["jti"] == "from the cookie"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, Unauthenticated),
        ({"authorization": "Basic x"}, Unauthenticated),
        ({"authorization": "Bearer "}, Unauthenticated),
        ({"authorization": "Bearer x.y.z"}, TokenUnreadable),
        ({"authorization": f"Bearer {token('a', 'refresh')}"}, TokenUnreadable),
        ({"authorization": f"Bearer {token('a', exp=1)}"}, Unauthenticated),
    ],
)
def test_an_invalid_token_makes_no_call(headers: dict[str, str], kind: type[Exception]) -> None:
    """It is refused locally."""

    async def run() -> None:
        auth = Auth()
        with pytest.raises(kind):
            await gate(auth).identify(request(**headers))
        assert auth.asked == []

    asyncio.run(run())


@pytest.mark.parametrize("claim", ["jti", "refresh_jti", "sid"])
def test_a_session_is_forgotten_by_each_of_its_ids(claim: str) -> None:
    """Whichever token of it logged out; another session stays."""

    async def run() -> list[str]:
        auth = Auth()
        found = gate(auth)
        ids = {"jti": "a", "refresh_jti": "r", "sid": "s"}
        tokens = (token(**ids), token("b", refresh_jti="q", sid="t"))
        for one in tokens:
            await found.identify(with_token(one))
        found.forget_session(ids[claim])
        for one in tokens:
            await found.identify(with_token(one))
        return auth.asked[2:]

    assert asyncio.run(run()) == ["a"]
