"""Listeners, and what ends them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from gateway.identity import Identity
from gateway.live.listeners import Ended, Listeners
from services.common.actor import Actor
from services.common.errors import Unauthenticated
from tests.unit.gateway.live.making import Somebody

SOMEBODY = Identity({"sub": "somebody", "jti": "1"}, "{}", None, 0.0)


class Door:
    """An authenticator that lets somebody in until a time."""

    def __init__(self, until: float) -> None:
        self.watchers: list[Callable[..., Any]] = []
        self.until = until

    async def of_claims(self, claims: dict[str, Any]) -> Identity:
        """The identity, while it lasts. Raises Unauthenticated."""
        if time.time() >= self.until:
            raise Unauthenticated("closed")
        actor: Actor = Somebody(role="user").actor
        return Identity(
            claims, msgspec.json.encode(actor).decode(), None, time.monotonic(), until=self.until
        )


async def never(*_: object, **__: object) -> Any:
    """No vendor is here whose tasks had to be asked for."""
    raise AssertionError


def lasting(seconds: float) -> Listeners:
    """Listeners whose sessions last for so many seconds."""
    return Listeners(Door(time.time() + seconds), never)  # type: ignore[arg-type]


def test_a_session_that_ends_by_the_clock_is_cut_off() -> None:
    """No event tells of it."""

    async def run() -> None:
        listeners = lasting(0.05)
        listener = await listeners.join(SOMEBODY)
        ended = asyncio.Event()
        listener.changed = lambda: ended.set() if listener.ended else None
        listener.check()
        await asyncio.wait_for(ended.wait(), 5)
        with pytest.raises(Ended):
            listener.check()

    asyncio.run(run())


def test_who_has_left_is_not_looked_at_again() -> None:
    """Timers outlive connections."""

    async def run() -> None:
        listeners = lasting(0.05)
        listener = await listeners.join(SOMEBODY)
        listeners.leave(listener)
        await asyncio.sleep(0.1)
        assert not listener.ended
        assert listener.settled.is_set()

    asyncio.run(run())
