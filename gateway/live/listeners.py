"""Who listens: each connection's actor, read anew as soon as an event may have changed it."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gateway.errors import SetupRequired, TokenUnreadable
from gateway.live.assignments import Assignments
from services.common.actor import Actor
from services.common.errors import MethodUnknown, Unauthenticated, Unavailable
from services.common.wire.rpc_protocol import ACTOR

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator
    from uuid import UUID

    from gateway.identity import Authenticator, Identity
    from gateway.live.event import LiveEvent
    from services.common.wire.rpc_protocol import Reply

    Call = Callable[..., Awaitable[Reply]]

#: Seconds between attempts to read an actor while ``auth`` is away.
RETRY_SECONDS: Final = 1.0
#: Actors that are read at once: when a gateway restarts, or the broker, all are wanted together.
READS: Final = 16
#: Events that change who has which task.
FOLLOWED: Final = frozenset({"task:new", "task:assign", "task:unassign", "task:delete"})
#: The claim of a session whose account lacks the second factor that it must have.
RESTRICTED: Final = "requires_2fa_setup"
_actor: Final = msgspec.json.Decoder(Actor)


class Ended(Exception):
    """The listener may hear nothing any more, or this process ends."""


class Listener:
    """Somebody with a connection.

    ``changed`` is called when it starts or stops to wait for its actor, and when it ends.
    """

    def __init__(self, claims: dict[str, Any]) -> None:
        self.claims = claims
        self.actor, self.assigned = Actor(), Assignments()
        #: Whether it is an account that only reads: it hears, and says nothing in rooms.
        self.only_reads = False
        self.changed: Callable[[], None] = lambda: None
        #: Set unless the actor is being read: nothing is delivered meanwhile.
        self.settled = asyncio.Event()
        self.ended = False
        #: Counts what may have changed the actor or the tasks: a reply from before is outdated.
        self.version = 0

    @property
    def is_ready(self) -> bool:
        """Whether the actor is known, and not doubtful."""
        return self.settled.is_set() and not self.ended

    def check(self) -> None:
        """Raise Ended for one that has ended."""
        if self.ended:
            raise Ended

    def end(self) -> None:
        """Cut off."""
        self.ended = True
        self.settled.set()
        self.changed()


class Listeners:
    """All listeners of this process, and by what makes them hear an event."""

    def __init__(self, authenticator: Authenticator, call: Call) -> None:
        self.authenticator, self.call = authenticator, call
        authenticator.watchers.append(self._doubt)
        #: Held while an actor is read.
        self.turn = asyncio.Semaphore(READS)
        self._all: set[Listener] = set()
        self._admins: set[Listener] = set()
        self._by_project: defaultdict[UUID, set[Listener]] = defaultdict(set)
        self._by_role: defaultdict[str, set[Listener]] = defaultdict(set)
        self._by_person: defaultdict[UUID | None, set[Listener]] = defaultdict(set)
        self._reading: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Listener]:
        return iter(list(self._all))

    async def join(self, identity: Identity) -> Listener:
        """A new listener. Raises Unauthenticated, SetupRequired, Unavailable."""
        listener = Listener(identity.claims)
        self._all.add(listener)
        try:
            await self._read(listener)
        except BaseException:
            self._all.discard(listener)
            raise
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener."""
        self._all.discard(listener)
        self._remove(listener)

    def candidates(self, event: LiveEvent) -> Iterable[Listener]:
        """Those who may hear an event, some of them twice; others surely don't."""
        audience = event.audience
        people = (self._by_person.get(person, ()) for person in audience.people)
        if not audience.roles:
            teams: Iterable[Iterable[Listener]] = ()
        elif event.project:
            teams = (self._by_project.get(event.project, ()),)
        else:
            teams = (self._by_role.get(role, ()) for role in audience.roles)
        return chain(self._admins, *teams, *people)

    # --- their actors ---------------------------------------------------------------------------

    def follow(self, event: LiveEvent) -> None:
        """Keep the vendors' tasks up to date."""
        if event.name not in FOLLOWED or event.project is None:
            return
        for listener in self._by_project.get(event.project, ()):
            if listener.actor.projects.get(event.project) == "vendor":
                listener.version += 1
                if listener.assigned.note(event, listener.actor.id):
                    self._reread(listener)

    def _doubt(self, matches: Callable[[dict[str, Any]], bool]) -> None:
        """Read the actors of these sessions anew; the authenticator has dropped them."""
        for listener in self:
            if matches(listener.claims):
                self._reread(listener)

    def _reread(self, listener: Listener) -> None:
        listener.version += 1
        if not listener.settled.is_set():
            return  # being read: will notice the new version
        listener.settled.clear()
        listener.changed()
        task = asyncio.create_task(self._read_again(listener))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read_again(self, listener: Listener) -> None:
        while True:
            try:
                await self._read(listener)
            except Unavailable:
                # Nothing is delivered on doubtful rights; nothing is lost either.
                await asyncio.sleep(RETRY_SECONDS)
            except (Unauthenticated, TokenUnreadable, SetupRequired):
                listener.end()
                return
            else:
                listener.changed()
                return

    async def _read(self, listener: Listener) -> None:
        """Set the actor, and for vendors their tasks."""
        while True:
            async with self.turn:
                version = listener.version
                identity = await self.authenticator.of_claims(listener.claims)
                if identity.restricted or listener.claims.get(RESTRICTED):
                    raise SetupRequired
                actor = _actor.decode(identity.actor)
                is_vendor = actor.works_as_vendor
                assigned = await self._tasks_of(identity) if is_vendor else Assignments()
            if version == listener.version:
                break
        self._remove(listener)
        listener.actor, listener.assigned = actor, assigned
        listener.only_reads = identity.until is not None
        if listener in self._all:
            self._insert(listener)
        listener.settled.set()
        if identity.until is not None:
            # It ends by the clock: no event tells.
            left = max(0.0, identity.until - time.time())
            asyncio.get_running_loop().call_later(left, self._look_again, listener)

    def _look_again(self, listener: Listener) -> None:
        if listener in self._all:
            self._reread(listener)

    async def _tasks_of(self, identity: Identity) -> Assignments:
        headers = {ACTOR: identity.actor}
        try:
            reply = await self.call("tasks", "list_assignments", b"{}", headers=headers)
        except MethodUnknown:
            message = "tasks is of an earlier release."
            raise Unavailable(message) from None
        return Assignments.read(reply.plain())

    # --- the index ------------------------------------------------------------------------------

    def _sets_of(self, listener: Listener) -> list[set[Listener]]:
        actor = listener.actor
        if actor.is_admin:
            return [self._admins]
        teams = [self._by_project[project] for project in actor.projects]
        return [self._by_role[actor.role], self._by_person[actor.id], *teams]

    def _insert(self, listener: Listener) -> None:
        for found in self._sets_of(listener):
            found.add(listener)

    def _remove(self, listener: Listener) -> None:
        for found in self._sets_of(listener):
            found.discard(listener)
        # Productions and people come and go: their empty sets must not stay.
        for project in listener.actor.projects:
            if not self._by_project.get(project):
                self._by_project.pop(project, None)
        if not self._by_person.get(listener.actor.id):
            self._by_person.pop(listener.actor.id, None)
