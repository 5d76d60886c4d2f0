"""A feed gives each event once and in order, wherever it comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

import msgspec
import pytest

from gateway.live.event import LiveEvent
from gateway.live.feed import PIECE_BYTES, Feed
from gateway.live.history import History
from gateway.live.hub import Hub
from gateway.live.listeners import Ended, Listener
from services.common.actor import Actor
from services.common.contracts.full_events import Audience
from services.common.wire.rpc_protocol import Reply
from tests.unit.gateway.live.making import event

ADMIN = Actor(id=UUID(int=1), role="admin")


class Listeners:
    """Listeners without ``auth``: everybody is a candidate."""

    def __init__(self) -> None:
        self.all: list[Listener] = []

    def candidates(self, _event: LiveEvent) -> list[Listener]:
        """All."""
        return self.all

    def follow(self, event: LiveEvent) -> None:
        """No vendors here."""

    def leave(self, listener: Listener) -> None:
        """Forget one."""


class Past:
    """The history, as ``crud`` has it."""

    def __init__(self) -> None:
        self.events: list[LiveEvent] = []
        self.cut = 0
        self.asked = 0
        #: Called before each answer.
        self.meanwhile: Callable[[], None] = lambda: None

    async def __call__(self, _service: str, _method: str, arguments: bytes) -> Reply:
        """``crud.list_history``."""
        self.asked += 1
        await asyncio.sleep(0)
        self.meanwhile()
        asked = msgspec.json.decode(arguments)
        found = [e for e in self.events if e.position > int(asked["after"])][: asked["limit"]]
        rows = [
            {
                "position": one.position,
                "audience": one.audience,
                "event": msgspec.Raw(one.body),
            }
            for one in found
        ]
        head = self.events[-1].position if self.events else self.cut
        return Reply(msgspec.json.encode({"cut": self.cut, "head": head, "events": rows}))


class Site:
    """A hub that is fed by hand."""

    def __init__(self, floor: int = 0) -> None:
        self.past, self.listeners = Past(), Listeners()
        self.hub = Hub("amqp://nowhere", self.listeners, History(self.past))  # type: ignore[arg-type]
        self.hub._early = None  # noqa: SLF001 - as after the start
        self.hub.ring.begin(floor)

    def feed(self, actor: Actor = ADMIN) -> Feed:
        """A feed of somebody who has just connected."""
        listener = Listener({})
        listener.actor = actor
        listener.settled.set()
        self.listeners.all.append(listener)
        return Feed(self.hub, listener)

    def happen(self, *positions: int, **made: Any) -> None:
        """Publish events."""
        for position in positions:
            one = event(position, **made)
            self.past.events.append(one)
            self.hub._add(one)  # noqa: SLF001 - what the broker brings


async def positions(feed: Feed, count: int) -> list[int]:
    """The positions of the next events."""
    found: list[int] = []
    while len(found) < count:
        batch = await feed.next(2.0)
        assert batch, f"nothing after {found}"
        found += [one.position for one in batch.events]
    return found


def run(test: Callable[[Site], Coroutine[Any, Any, None]], floor: int = 0) -> None:
    """Run a test on an event loop."""

    async def on_loop() -> None:
        await test(Site(floor))

    asyncio.run(on_loop())


def test_it_begins_now() -> None:
    """And gives what comes while it waits and while it doesn't, once."""

    async def test(site: Site) -> None:
        site.happen(1, 2)
        feed = site.feed()
        site.happen(3)
        assert await positions(feed, 1) == [3]
        waiting = asyncio.create_task(positions(feed, 2))
        await asyncio.sleep(0)
        site.happen(4)
        await asyncio.sleep(0.1)
        site.happen(4, 5)
        assert await waiting == [4, 5]
        assert not await feed.next(0.05)
        site.happen(6)
        assert await positions(feed, 1) == [6]

    run(test)


def test_what_is_seen_before_it_is_handed_out_does_not_come_twice() -> None:
    """Events are gathered for a moment; a feed that looks in between has them already."""

    async def test(site: Site) -> None:
        feed = site.feed()
        site.happen(1)
        assert await positions(feed, 1) == [1]
        assert not await feed.next(0.1)

    run(test)


def test_it_goes_back_to_the_history_and_on() -> None:
    """Pages until what the process remembers, and what happens meanwhile: without a gap."""

    async def test(site: Site) -> None:
        site.past.events = [event(position) for position in range(1, 601)]
        site.past.meanwhile = lambda: site.happen(site.past.events[-1].position + 1)
        feed = site.feed()
        await feed.begin("10", None)
        found = await positions(feed, 592)
        assert found == list(range(11, 11 + len(found)))
        assert site.past.asked >= 3
        site.past.meanwhile = lambda: None
        site.happen(site.past.events[-1].position + 1)
        last = site.past.events[-1].position
        assert found + await positions(feed, last - found[-1]) == list(range(11, last + 1))

    run(test, floor=600)


def test_what_is_no_longer_kept_is_told() -> None:
    """With the positions that are missing."""

    async def test(site: Site) -> None:
        site.past.cut = 50
        site.past.events = [event(51), event(52)]
        feed = site.feed()
        await feed.begin("10", None)
        batch = await feed.next(1.0)
        assert batch.gap == (11, 50)
        assert [one.position for one in batch.events] == [51, 52]

    run(test, floor=52)


@pytest.mark.parametrize("ahead", ["4000", "9" * 40])
def test_a_position_that_never_was_is_told_as_a_gap(ahead: str) -> None:
    """After a restore there are fewer: who waited for the next one would wait for ever."""

    async def test(site: Site) -> None:
        site.happen(1, 2)
        feed = site.feed()
        await feed.begin(ahead, None)
        assert await feed.next(1.0) == ((), (1, 2))
        assert feed.position == 2
        site.happen(3)
        assert await positions(feed, 1) == [3]

    run(test)


def test_a_position_of_a_process_that_is_ahead_is_kept() -> None:
    """What was read there must not come again here."""

    async def test(site: Site) -> None:
        site.happen(1, 2)
        late = event(3)
        site.past.events.append(late)
        feed = site.feed()
        await feed.begin("3", None)
        site.hub._add(late)  # noqa: SLF001 - what the broker brings
        assert not await feed.next(0.1)
        site.happen(4)
        assert await positions(feed, 1) == [4]

    run(test)


def test_what_is_forgotten_while_it_is_slow_comes_from_the_history() -> None:
    """It holds nothing itself."""

    async def test(site: Site) -> None:
        site.hub.ring.count = 16
        feed = site.feed()
        site.happen(*range(1, 101))
        assert await positions(feed, 100) == list(range(1, 101))
        assert site.past.asked > 0

    run(test)


def test_pieces_are_small() -> None:
    """A slow client holds no more than that in memory."""

    async def test(site: Site) -> None:
        feed = site.feed()
        site.happen(*range(1, 50), size=PIECE_BYTES // 4)
        batch = await feed.next(1.0)
        assert len(batch.events) < 10
        assert await positions(feed, 49 - len(batch.events))

    run(test)


def test_others_events_are_passed_over() -> None:
    """Also while it waits: it must not look at them again."""

    async def test(site: Site) -> None:
        me = UUID(int=7)
        feed = site.feed(Actor(id=me))
        site.happen(1, 2)
        site.happen(3, audience=Audience(people=(me,)))
        assert await positions(feed, 1) == [3]
        waiting = asyncio.create_task(positions(feed, 1))
        await asyncio.sleep(0)
        site.happen(4)
        await asyncio.sleep(0.05)
        site.happen(5, audience=Audience(people=(me,)))
        assert await waiting == [5]

    run(test)


def test_nothing_is_given_on_doubtful_rights_and_nothing_lost() -> None:
    """What comes meanwhile is decided by the rights that are read then."""

    async def test(site: Site) -> None:
        feed = site.feed()
        waiting = asyncio.create_task(positions(feed, 2))
        await asyncio.sleep(0)
        feed.listener.settled.clear()
        feed.listener.changed()
        site.happen(1, audience=Audience(roles=("user",)))
        site.happen(2, audience=Audience(roles=("manager",)))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        feed.listener.actor = Actor(id=UUID(int=7), role="user")
        feed.listener.settled.set()
        feed.listener.changed()
        site.happen(3, audience=Audience(roles=("user",)))
        assert await waiting == [1, 3]

    run(test)


def test_it_ends_with_its_listener() -> None:
    """At once, also while it waits; when its connection ends it just returns."""

    async def test(site: Site) -> None:
        feed, stopped = site.feed(), site.feed()
        waiting = [asyncio.create_task(one.next(5.0)) for one in (feed, stopped)]
        await asyncio.sleep(0)
        feed.listener.end()
        stopped.stop()
        with pytest.raises(Ended):
            await waiting[0]
        assert not await waiting[1]

    run(test)
