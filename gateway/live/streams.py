"""Live events over HTTP: Server-Sent Events, and long polls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import falcon
import msgspec

from gateway import metrics
from gateway.http.protocol import CONNECTION, ENDING
from gateway.http.request_body import query_of
from gateway.live.feed import Feed
from gateway.live.filters import Filters
from gateway.live.listeners import Ended
from gateway.live.rights import hidden
from services.common import queries
from services.common.contracts.crud.live_events import EventFilter, EventPoll
from services.common.contracts.types import UNSET
from services.common.errors import Unauthenticated

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from gateway.live.event import LiveEvent
    from gateway.live.feed import Batch, Gap
    from gateway.live.hub import Hub
    from gateway.live.listeners import Listener
    from gateway.places import Places
    from gateway.steps.exchange import Exchange

#: The answers of routes that are served here.
STREAM: Final = "stream"
POLL: Final = "poll"
#: Seconds between comments on a stream without events, and until a client reconnects.
BEAT_SECONDS: Final = 15.0
RETRY_SECONDS: Final = 2.0
HELLO: Final = f"retry: {RETRY_SECONDS * 1000:.0f}\n: hello\n\n".encode()
BEAT: Final = b":\n\n"
HEADERS: Final = {
    "Cache-Control": "no-cache, no-transform",
    # nginx gathers what it passes on, unless it is told not to.
    "X-Accel-Buffering": "no",
}
#: Limits of a poll.
WAIT_SECONDS: Final = 30.0
LIMIT: Final = 1000
SENT: Final = metrics.LIVE_SENT.labels(STREAM)


class Streams:
    """Serves the routes of live events; ``places`` bounds how many are served at once."""

    def __init__(self, hub: Hub, places: Places) -> None:
        self.hub, self.places = hub, places

    async def serve(self, exchange: Exchange) -> None:
        """Answer an authenticated request. Raises InvalidInput, NotFound, Unavailable."""
        resp = exchange.resp
        if exchange.req.method == "HEAD":
            is_stream = exchange.route.answer == STREAM
            resp.content_type = "text/event-stream" if is_stream else falcon.MEDIA_JSON
            return
        await (self._stream if exchange.route.answer == STREAM else self._poll)(exchange)

    async def _stream(self, exchange: Exchange) -> None:
        query = queries.read(EventFilter, query_of(exchange.req, repeat=True))
        feed = await self._feed(exchange, query)
        exchange.resp.set_headers(HEADERS)
        exchange.resp.content_type = "text/event-stream"
        scope = exchange.req.scope
        # Elsewhere a body has no chunks.
        transport = scope.get(CONNECTION) if scope.get("http_version") == "1.1" else None
        exchange.resp.stream = EventStream(feed, transport, lambda: self._ended(STREAM))

    async def _poll(self, exchange: Exchange) -> None:
        query = queries.read(EventPoll, query_of(exchange.req, repeat=True))
        feed = await self._feed(exchange, query)
        try:
            exchange.resp.data = await _polled(feed, query)
        except Ended:
            raise Unauthenticated from None
        finally:
            feed.close()
            self._ended(POLL)
        exchange.resp.content_type = falcon.MEDIA_JSON
        exchange.resp.set_header("Cache-Control", "no-store")

    async def _feed(self, exchange: Exchange, query: EventFilter) -> Feed:
        """The feed of a request, where it wants to begin."""
        filters = Filters.of(query)
        kind = exchange.route.answer
        self.places.take()
        metrics.LIVE.labels(kind).inc()
        try:
            await self.hub.ready()
            feed = Feed(self.hub, await self._listener(exchange), filters)
        except BaseException:
            self._ended(kind)
            raise
        exchange.req.scope[ENDING] = feed.stop
        try:
            # A client that reconnects says where it was, whatever its URL says.
            last = exchange.req.get_header("Last-Event-ID")
            after = last or (None if query.after is UNSET else query.after)
            await feed.begin(after, None if query.since is UNSET else query.since)
        except BaseException:
            feed.close()
            self._ended(kind)
            raise
        return feed

    async def _listener(self, exchange: Exchange) -> Listener:
        assert exchange.identity is not None
        return await self.hub.listeners.join(exchange.identity)

    def _ended(self, kind: str) -> None:
        metrics.LIVE.labels(kind).dec()
        self.places.give_back()


class EventStream:
    """The body of a stream."""

    def __init__(
        self, feed: Feed, transport: asyncio.Transport | None, ended: Callable[[], None]
    ) -> None:
        self.feed, self._transport, self._ended = feed, transport, ended
        self._begun = False

    def __aiter__(self) -> EventStream:
        return self

    async def __anext__(self) -> bytes:
        if not self._begun:
            self._begun = True
            return HELLO
        if self.feed.stopped:
            raise StopAsyncIteration
        # What was returned before has been written: uvicorn writes before it asks for more.
        if self._transport is not None:
            self.feed.send_now = self._send_now
        try:
            batch = await self.feed.next(BEAT_SECONDS)
        except Ended:
            raise StopAsyncIteration from None
        return self._text(batch) if batch else BEAT

    def _send_now(self, events: Sequence[LiveEvent]) -> bool:
        """Write chunks of the body beside uvicorn, which waits for this stream to go on."""
        transport = cast("asyncio.Transport", self._transport)
        # A client that is slow is left to uvicorn, which waits for it.
        if transport.is_closing() or transport.get_write_buffer_size():
            return False
        actor = self.feed.listener.actor
        transport.write(b"".join([one.chunk(hidden(actor, one)) for one in events]))
        SENT.inc(len(events))
        return True

    def _text(self, batch: Batch) -> bytes:
        actor = self.feed.listener.actor
        frames = [one.frame(hidden(actor, one)) for one in batch.events]
        SENT.inc(len(frames))
        return b"".join([_gap_frame(batch.gap), *frames] if batch.gap else frames)

    async def close(self) -> None:
        """Leave; Falcon calls this whatever happens."""
        self.feed.close()
        ended, self._ended = self._ended, lambda: None
        ended()


async def _polled(feed: Feed, query: EventPoll) -> bytes:
    """The answer to a long poll: what there is, or what comes first."""
    limit = min(query.limit, LIMIT)
    batch = await feed.next(min(max(query.wait, 0.0), WAIT_SECONDS))
    events, gap = list(batch.events), batch.gap
    while batch and len(events) < limit and (batch := await feed.next(0.0)):
        events += batch.events
    position = feed.position if len(events) <= limit else events[limit - 1].position
    actor = feed.listener.actor
    shown = [msgspec.Raw(one.shown(hidden(actor, one))) for one in events[:limit]]
    metrics.LIVE_SENT.labels(POLL).inc(len(shown))
    return msgspec.json.encode(
        {"events": shown, "next": position, "gap": _between(gap) if gap else None}
    )


def _gap_frame(gap: Gap) -> bytes:
    data = msgspec.json.encode(_between(gap)).decode()
    return f"id: {gap.last}\nevent: gap\ndata: {data}\n\n".encode()


def _between(gap: Gap) -> dict[str, int]:
    return {"from": gap.first, "to": gap.last}
