"""A cache of answers, invalidated by events.

For the few reads that every page starts with and that rarely change. Their routes declare the
subjects of the events that invalidate them (``Route.kept``). Callers bypass the cache while events
of their own writes have not arrived here yet (``gateway.positions``).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

from services.common.etags import of_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.identity import Identity
    from gateway.routes.table import Route
    from services.common.wire.rpc_protocol import Reply

#: Answers per process; each takes a few kilobytes.
CACHE_SIZE: Final = 4096


class Key(NamedTuple):
    """The key of an answer: the request and its session."""

    path: str
    session: str
    query: str


class _Entry(NamedTuple):
    reply: Reply
    person: str
    subjects: frozenset[str]
    since: float


class AnswerCache:
    """The cached answers of one process to ``routes``, each for ``seconds`` at most."""

    def __init__(self, seconds: float, routes: Iterable[Route]) -> None:
        self.seconds = seconds
        self._subjects = frozenset(subject for route in routes for subject in route.kept)
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        #: The number of invalidations: an answer requested before the last one must not be cached.
        self.age = 0

    def get(self, key: Key) -> Reply | None:
        """The cached answer; None if there is none, or it is stale."""
        entry = self._entries.get(key)
        if entry is None or time.monotonic() - entry.since > self.seconds:
            return None
        return entry.reply

    def keep(
        self, key: Key, route: Route, identity: Identity | None, reply: Reply, age: int
    ) -> Reply:
        """Cache an answer requested when ``self.age`` was ``age``; returns it with an ETag."""
        if reply.status not in {None, 200}:
            return reply
        tagged = reply._replace(headers={"etag": of_bytes(reply.body), **reply.headers})
        if age == self.age:
            person = identity.claims["sub"] if identity else ""
            self._entries[key] = _Entry(tagged, person, frozenset(route.kept), time.monotonic())
            self._entries.move_to_end(key)
            if len(self._entries) > CACHE_SIZE:
                self._entries.popitem(last=False)
        return tagged

    def changed(self, subject: str, person: str | None) -> None:
        """Invalidate answers after an event about ``subject``; with ``person``, only theirs."""
        if subject not in self._subjects:
            return
        self.age += 1
        for key in [
            key
            for key, entry in self._entries.items()
            # Entries without a person are of public routes.
            if subject in entry.subjects and (person is None or entry.person in {person, ""})
        ]:
            del self._entries[key]

    def forget_all(self) -> None:
        """Drop every answer."""
        self.age += 1
        self._entries.clear()
