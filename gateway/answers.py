"""A cache of answers, invalidated by events.

For the few reads that every page starts with and that rarely change. Their routes declare the
subjects of the events that invalidate them (``Route.kept``). Callers whose own writes have not been
heard of here yet bypass the cache (``gateway.positions``).
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

#: Most answers of a process; each takes a few kilobytes.
CACHE_SIZE: Final = 4096


class Key(NamedTuple):
    """The key of an answer: the request and its session."""

    path: str
    session: str
    query: str


class _Kept(NamedTuple):
    reply: Reply
    person: str
    subjects: frozenset[str]
    since: float


class AnswerCache:
    """The cached answers of one process to ``routes``, each for ``seconds`` at most."""

    def __init__(self, seconds: float, routes: Iterable[Route]) -> None:
        self.seconds = seconds
        self._subjects = frozenset(subject for route in routes for subject in route.kept)
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        #: The number of invalidations: an answer requested before the last one must not be kept.
        self.age = 0

    def get(self, key: Key) -> Reply | None:
        """The cached answer; None if there is none, or it is stale."""
        kept = self._kept.get(key)
        if kept is None or time.monotonic() - kept.since > self.seconds:
            return None
        return kept.reply

    def keep(
        self, key: Key, route: Route, identity: Identity | None, reply: Reply, age: int
    ) -> Reply:
        """Cache an answer requested when ``self.age`` was ``age``; returns it with an ETag."""
        if reply.status not in {None, 200}:
            return reply
        tagged = reply._replace(headers={"etag": of_bytes(reply.body), **reply.headers})
        if age == self.age:
            person = identity.claims["sub"] if identity else ""
            self._kept[key] = _Kept(tagged, person, frozenset(route.kept), time.monotonic())
            self._kept.move_to_end(key)
            if len(self._kept) > CACHE_SIZE:
                self._kept.popitem(last=False)
        return tagged

    def changed(self, subject: str, person: str | None) -> None:
        """Invalidate answers after an event about ``subject``; with ``person``, only theirs."""
        if subject not in self._subjects:
            return
        self.age += 1
        for key in [
            key
            for key, kept in self._kept.items()
            if subject in kept.subjects and (person is None or kept.person in {person, ""})
        ]:
            del self._kept[key]

    def forget_all(self) -> None:
        """Drop every answer."""
        self.age += 1
        self._kept.clear()
