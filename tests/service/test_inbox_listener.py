"""Waiting for events that another connection records."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import eventlet
import psycopg2
import pytest

from services.common.database.pools import Database, plain_url
from services.common.runtime.inbox_listener import InboxListener
from services.common.runtime.positions import HandledEvents

Urls = dict[str, str]


@pytest.fixture
def database(urls: Urls) -> Iterator[Database]:
    """A database with the connections of a service."""
    found = Database(urls["tasks"])
    yield found
    found.close()


@pytest.fixture
def listener(urls: Urls) -> Iterator[InboxListener]:
    """A listener that is already listening."""
    found = InboxListener("tasks", urls["tasks"])
    began = found._changed  # noqa: SLF001 - sent once it listens
    found.start()
    began.wait(10)
    yield found
    found.stop()


@pytest.fixture
def event(urls: Urls) -> Iterator[UUID]:
    """The id of an event that ``handle`` records; removed after the test."""
    ident = uuid4()
    yield ident
    with psycopg2.connect(plain_url(urls["tasks"])) as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM inbox WHERE event_id = %s", (str(ident),))


def handle(urls: Urls, event: UUID, *, wake: bool = True) -> None:
    """Record an event, as another replica would."""
    with psycopg2.connect(plain_url(urls["tasks"])) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO inbox (event_id, handler) VALUES (%s, 'test')", (str(event),))
        if wake:
            cursor.execute("SELECT pg_notify('inbox_tasks', '')")


def test_a_handled_event_is_not_waited_for(urls: Urls, database: Database, event: UUID) -> None:
    """Nor looked up again: the listener doesn't even run here."""
    handled = HandledEvents(database, InboxListener("tasks", urls["tasks"]), "")
    handle(urls, event)
    assert handled.wait([event], seconds=0.0)
    database.close()
    assert handled.wait([event], seconds=0.0)


def test_a_waiter_wakes_when_the_event_is_recorded(
    urls: Urls, database: Database, listener: InboxListener, event: UUID
) -> None:
    """By the commit of another connection."""
    waiting = eventlet.spawn(HandledEvents(database, listener, "").wait, [event], seconds=30.0)
    eventlet.sleep(0)  # it has looked, and waits
    handle(urls, event)
    assert waiting.wait()


def test_waiting_times_out(database: Database, listener: InboxListener, event: UUID) -> None:
    """The waiter learns that the event is missing."""
    assert not HandledEvents(database, listener, "").wait([event], seconds=0.05)


def test_events_recorded_while_disconnected_are_seen_on_connecting(
    urls: Urls, database: Database, event: UUID
) -> None:
    """Their notifications are lost."""
    listener = InboxListener("tasks", urls["tasks"])
    waiting = eventlet.spawn(HandledEvents(database, listener, "").wait, [event], seconds=30.0)
    eventlet.sleep(0)
    handle(urls, event, wake=False)
    listener.start()
    try:
        assert waiting.wait()
    finally:
        listener.stop()


def test_beyond_the_limit_of_waiters_a_call_only_checks_once(
    database: Database, listener: InboxListener, event: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stuck queue must not occupy every worker."""
    monkeypatch.setattr("services.common.runtime.positions.WAITING", 1)
    handled = HandledEvents(database, listener, "")
    first = eventlet.spawn(handled.wait, [event], seconds=30.0)
    eventlet.sleep(0)
    assert not handled.wait([uuid4()], seconds=30.0)
    first.kill()


def test_a_waiter_ends_the_gathering_of_a_batch(
    database: Database, listener: InboxListener, event: UUID
) -> None:
    """Another replica's handler, too, is told: it may hold the event that is waited for."""
    gathering = eventlet.spawn(listener.pause, 60.0)
    HandledEvents(database, InboxListener("tasks", listener.url), "").wait([event], seconds=0.0)
    with eventlet.Timeout(30):
        gathering.wait()
        listener.pause(60.0)  # the event may arrive only now
