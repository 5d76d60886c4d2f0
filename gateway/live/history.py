"""Reading events that are older than this process remembers, from ``crud``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from gateway.live.event import LiveEvent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from services.common.wire.rpc_protocol import Reply

    Ask = Callable[[str, str, bytes], Awaitable[Reply]]

#: Events of a page: what one connection that is behind holds in memory.
PAGE: Final = 250


class _Kept(msgspec.Struct):
    position: int
    audience: msgspec.Raw
    event: msgspec.Raw


class _Answer(msgspec.Struct):
    cut: int
    head: int
    events: list[_Kept]


_answer: Final = msgspec.json.Decoder(_Answer)


class Page(NamedTuple):
    """Events in their order, and what is beyond them."""

    events: list[LiveEvent]
    #: The highest position that is no longer kept.
    cut: int
    #: The highest position of all.
    head: int

    @property
    def is_last(self) -> bool:
        """Whether there were no more events when it was read."""
        return not self.events or self.events[-1].position >= self.head


class History:
    """The history of all events; ``ask(service, method, arguments)`` makes the calls."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def page(self, *, limit: int = PAGE, **start: Any) -> Page:
        """The oldest events ``after`` a position or an id, or ``since`` a time.

        Raises InvalidInput, NotFound for an unknown id, Unavailable.
        """
        arguments = msgspec.json.encode({**start, "limit": limit})
        reply = await self._ask("crud", "list_history", arguments)
        answer = _answer.decode(reply.plain())
        events = [
            LiveEvent(one.position, bytes(one.audience), bytes(one.event)) for one in answer.events
        ]
        return Page(events, answer.cut, answer.head)
