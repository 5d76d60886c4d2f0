"""Who wrote sees it: reads that wait for the events of earlier writes, and writes for cascades.

A call may bring the *position* of its client (``wire.position``). Before its method runs, the call
waits until the handlers of this service have recorded those events in the inbox; a call without a
position, or with one that concerns other services, waits for nothing. A command answers with the
position after its own writes. Where an event's handlers emit events themselves (``Event.awaited``:
a delete cascades), the command waits until they are done, and their events join its position.

Nobody waits longer than ``WAIT_SECONDS``: then the call goes on with what there is, and the reply's
header ``stale`` names the services that are behind.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Final
from uuid import UUID

import eventlet
import msgspec

from services.common.errors import ServiceError
from services.common.json_types import JsonObject
from services.common.runtime.spawned import spawned
from services.common.wire.position import (
    LOG,
    Position,
    RecentEvents,
    position_text,
    read_position,
)
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from services.common.database.pools import Database
    from services.common.runtime.inbox_listener import InboxListener
    from services.common.runtime.service import Service

#: Events that were asked for, by the service that handles them.
Awaited = dict[str, list[UUID]]

WAIT_SECONDS: Final = 1.0
#: Calls of a process that may wait at a time: its other workers go on serving.
WAITING: Final = 20
#: Seconds that a question about handled events may take beyond its own wait.
GRACE_SECONDS: Final = 0.2
#: Keys of ``service.call``, and headers of replies.
POSITION, STALE = "position", "stale"
HANDLED: Final = "SELECT event_id FROM inbox WHERE event_id = ANY(%(ids)s)"
HURRY: Final = "SELECT pg_notify(%(channel)s, '')"
CAUSED: Final = "SELECT caused FROM inbox WHERE event_id = ANY(%(ids)s) AND caused IS NOT NULL"


class Caused(msgspec.Struct, frozen=True):
    """What handling an event led to: further events to await, by service, and a position."""

    awaited: Awaited = {}
    position: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """A service's answer about events: whether it has handled all, and what that caused."""

    complete: bool
    caused: list[Caused] = []


class HandledEvents:
    """Which events a service has handled, looked up in its inbox and remembered.

    ``log`` is the table of the event log in the service that keeps it, else empty: its rows have
    the ids of their events.
    """

    def __init__(self, database: Database, listener: InboxListener, log: str) -> None:
        self.database, self.listener = database, listener
        self.in_log = f"SELECT id FROM {log} WHERE id = ANY(%(ids)s)" if log else ""  # noqa: S608
        self._remembered = RecentEvents()
        self._places = eventlet.semaphore.Semaphore(WAITING)

    def wait(self, inbox: Iterable[UUID], log: Iterable[UUID] = (), *, seconds: float) -> bool:
        """Whether all events are recorded, in the inbox and in the log, within ``seconds``."""
        lookups = [(HANDLED, self._unknown(inbox)), (self.in_log, self._unknown(log))]

        def holds() -> bool:
            complete = [self._look(sql, missing) for sql, missing in lookups]
            return all(complete)

        if not any(missing for _, missing in lookups) or holds():
            return True
        # Handlers may be gathering events, in this process or in another replica's.
        self.database.rows(HURRY, channel=self.listener.hurry_channel)
        # A queue that stands still must not occupy every worker of the process.
        if not self._places.acquire(blocking=False):
            return holds()
        try:
            return self.listener.wait_until(holds, seconds)
        finally:
            self._places.release()

    def caused_by(self, events: Iterable[UUID]) -> list[Caused]:
        """What handling these events here led to."""
        rows = self.database.rows(CAUSED, ids=[str(event) for event in events])
        return [msgspec.convert(row[0], Caused) for row in rows]

    def _unknown(self, events: Iterable[UUID]) -> set[UUID]:
        return {event for event in events if event not in self._remembered}

    def _look(self, sql: str, missing: set[UUID]) -> bool:
        """Look up the events that are still missing, and take out those that are recorded."""
        if missing:
            rows = self.database.rows(sql, ids=[str(event) for event in missing])
            recorded = {UUID(str(row[0])) for row in rows}
            missing -= recorded
            self._remembered.add(recorded)
        return not missing


# --- reads ----------------------------------------------------------------------------------------


def catch_up(service: Service) -> None:
    """Wait until this service has handled the events of the call's position that concern it."""
    position: Position | None = service.call.get(POSITION)
    if not position:
        return
    inbox = [
        e for place, events in position.items() if place.reader == service.name for e in events
    ]
    log = [e for place, events in position.items() if place.reader == LOG for e in events]
    handled = service.handled
    if not handled.wait(inbox, log if handled.in_log else (), seconds=WAIT_SECONDS):
        mark_stale(service, service.name)


def mark_stale(service: Service, *behind: str) -> None:
    """Have the reply say which services had not handled everything."""
    service.call[STALE] = {*service.call.get(STALE, ()), *behind}


def join(service: Service, headers: Mapping[str, str]) -> None:
    """Take over what another service's reply says of its own writes and reads."""
    if text := headers.get(POSITION):
        service.tx.join_position(read_position(text))
    if stale := headers.get(STALE):
        mark_stale(service, *stale.split(","))


# --- writes ---------------------------------------------------------------------------------------


def await_cascade(service: Service) -> None:
    """After the commit: wait for the handlers of awaited events, and for those of theirs."""
    awaited, end = service.tx.awaited, time.monotonic() + WAIT_SECONDS
    while awaited:
        remaining = end - time.monotonic()
        if remaining <= 0:
            mark_stale(service, *awaited)
            return
        following: Awaited = defaultdict(list)
        for name, outcome in _ask_each(service, awaited, remaining):
            if outcome is None or not outcome.complete:
                mark_stale(service, name)
            for caused in outcome.caused if outcome else ():
                service.tx.join_position(read_position(caused.position))
                for handler, events in caused.awaited.items():
                    following[handler] += events
        awaited = following


def _ask_each(
    service: Service, awaited: Awaited, seconds: float
) -> list[tuple[str, Outcome | None]]:
    """Ask the services at the same time; None from one that is away or of an older release."""

    def ask(name: str, events: list[UUID]) -> Outcome | None:
        if name == service.name:
            return outcome_of(service.handled, events, seconds)
        arguments: JsonObject = {"events": [str(event) for event in events], "seconds": seconds}
        try:
            body = service.call_service(
                name, "await_events", arguments, seconds=seconds + GRACE_SECONDS
            )
        except ServiceError:
            return None
        return msgspec.json.decode(body, type=Outcome)

    threads = [(name, spawned(ask, name, events)) for name, events in awaited.items()]
    return [(name, thread.wait()) for name, thread in threads]


def outcome_of(handled: HandledEvents, events: list[UUID], seconds: float) -> Outcome:
    """Wait until these events are handled here; what came of them."""
    complete = handled.wait(events, seconds=seconds)
    return Outcome(complete=complete, caused=handled.caused_by(events))


def with_position(service: Service, reply: Reply) -> Reply:
    """The reply with the headers ``position`` and ``stale``, where there is something to say."""
    headers = dict(reply.headers)
    if service.tx.position:
        headers[POSITION] = position_text(service.tx.position)
    if stale := service.call.get(STALE):
        headers[STALE] = ",".join(sorted(stale))
    return reply._replace(headers=headers) if headers else reply
