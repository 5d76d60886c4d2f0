"""Wakes whoever waits for an event to be handled here, by this replica or another.

And tells handlers that gather events into batches that somebody is waiting, so that they don't.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final

import eventlet
import psycopg2
from eventlet import hubs

from services.common.database.connect_options import CONNECT_OPTIONS
from services.common.database.pools import plain_url

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

#: Seconds between attempts to connect.
PAUSE_SECONDS: Final = 1.0
#: Seconds for which handlers don't gather events after somebody began to wait.
HURRY_SECONDS: Final = 1.0


def channel_of(service: str) -> str:
    """The NOTIFY channel that tells of a service's handled events."""
    return f"inbox_{service}"


def hurry_channel_of(service: str) -> str:
    """The NOTIFY channel that tells a service's handlers that somebody waits for an event."""
    return f"hurry_{service}"


class InboxListener:
    """Listens on a connection of its own, the only one that a LISTEN can be read from."""

    def __init__(self, service: str, database_url: str) -> None:
        self.channel, self.url = channel_of(service), plain_url(database_url)
        self.hurry_channel = hurry_channel_of(service)
        self._changed, self._hurried = eventlet.event.Event(), eventlet.event.Event()
        self._hurried_until = 0.0
        self._thread: Any = None

    def start(self) -> None:
        """Listen on a green thread, for as long as the process runs."""
        self._thread = eventlet.spawn(self._run)

    def stop(self) -> None:
        """End the green thread and its connection."""
        if self._thread is not None:
            self._thread.kill()

    def wait_until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Whether ``holds()`` became true within ``seconds``; it is asked after each change."""
        end = time.monotonic() + seconds
        while True:
            # Taken before the look: what is recorded after it sends this event.
            changed = self._changed
            if holds():
                return True
            remaining = end - time.monotonic()
            if remaining <= 0:
                return False
            changed.wait(remaining)

    def pause(self, seconds: float) -> None:
        """Let ``seconds`` pass, fewer if somebody waits for an event, none if they do already."""
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end and now >= self._hurried_until:
            self._hurried.wait(end - now)

    def _run(self) -> None:
        while True:
            try:
                self._listen()
            except (psycopg2.Error, OSError) as error:
                log.debug("%s can't be listened to: %s", self.channel, error)
                eventlet.sleep(PAUSE_SECONDS)

    def _listen(self) -> None:
        connection = psycopg2.connect(self.url, **CONNECT_OPTIONS)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {self.channel}; LISTEN {self.hurry_channel}")
            # Something may have been recorded while nobody listened.
            self._wake()
            while True:
                hubs.trampoline(connection.fileno(), read=True)
                connection.poll()
                channels = {notify.channel for notify in connection.notifies}
                connection.notifies.clear()
                if self.channel in channels:
                    self._wake()
                if self.hurry_channel in channels:
                    self._hurry()
        finally:
            connection.close()

    def _wake(self) -> None:
        changed, self._changed = self._changed, eventlet.event.Event()
        changed.send()

    def _hurry(self) -> None:
        self._hurried_until = time.monotonic() + HURRY_SECONDS
        hurried, self._hurried = self._hurried, eventlet.event.Event()
        hurried.send()
