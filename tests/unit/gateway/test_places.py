"""Concurrency limits: places are granted in order and never lost."""

from __future__ import annotations

import asyncio

import pytest

from gateway import places
from gateway.places import Places
from services.common.errors import Unavailable


def test_a_full_limit_refuses_at_once() -> None:
    """Until a place is released."""
    free = Places(2, "requests")
    free.take()
    free.take()
    with pytest.raises(Unavailable):
        free.take()
    free.give_back()
    free.take()


def test_places_are_granted_in_order() -> None:
    """The longest waiting request first."""

    async def run() -> list[str]:
        free, served = Places(1, "transfers"), []

        async def wait(name: str) -> None:
            await free.wait()
            served.append(name)
            free.give_back()

        await free.wait()
        waiting = [asyncio.create_task(wait(name)) for name in ("first", "second")]
        await asyncio.sleep(0)
        free.give_back()
        await asyncio.gather(*waiting)
        free.take()
        return served

    assert asyncio.run(run()) == ["first", "second"]


def test_a_timed_out_waiter_loses_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if a place was granted at that moment."""
    monkeypatch.setattr(places, "TRANSFER_SECONDS", 0.01)

    async def run() -> None:
        free = Places(1, "transfers")
        await free.wait()
        with pytest.raises(Unavailable):
            await free.wait()
        gone = asyncio.create_task(free.wait())
        await asyncio.sleep(0)
        free.give_back()
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        free.take()

    asyncio.run(run())
