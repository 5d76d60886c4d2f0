"""Answers kept in memory until an event says that they changed.

For the few reads that every page begins with and that hardly ever change. A route declares them
(``Route.kept``): the subjects of the events after which its answer is another one. Who just wrote
through this process reads past the cache, until the events of the write have surely come by.
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

#: Answers of one process; each is a few kilobytes.
CACHE_SIZE: Final = 4096
#: Seconds after a write in which its author's reads go to the services.
WRITE_SECONDS: Final = 1.0


class Key(NamedTuple):
    """Whose answer it is, and to which question."""

    path: str
    session: str
    query: str


class _Kept(NamedTuple):
    reply: Reply
    person: str
    subjects: frozenset[str]
    since: float


class AnswerCache:
    """The kept answers of one process to ``routes``; none is older than ``seconds``."""

    def __init__(self, seconds: float, routes: Iterable[Route]) -> None:
        self.seconds = seconds
        self._subjects = frozenset(subject for route in routes for subject in route.kept)
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._written: OrderedDict[str, float] = OrderedDict()
        #: Grows with each change that may concern an answer that is on its way.
        self.age = 0

    def get(self, key: Key) -> Reply | None:
        """The answer, if there is one that still holds."""
        kept = self._kept.get(key)
        now = time.monotonic()
        if kept is None or now - kept.since > self.seconds:
            return None
        if now - self._written.get(kept.person, -WRITE_SECONDS) < WRITE_SECONDS:
            return None
        return kept.reply

    def keep(
        self, key: Key, route: Route, identity: Identity | None, reply: Reply, age: int
    ) -> Reply:
        """Keep an answer that was asked for when the cache's age was ``age``; it gets its tag."""
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

    def wrote(self, identity: Identity | None) -> None:
        """Note that a caller changes something."""
        if identity is None:
            return
        person = identity.claims["sub"]
        self._written[person] = time.monotonic()
        self._written.move_to_end(person)
        if len(self._written) > CACHE_SIZE:
            self._written.popitem(last=False)

    def changed(self, subject: str, person: str | None) -> None:
        """Forget what an event about ``subject`` makes old; one about a person, only theirs."""
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
