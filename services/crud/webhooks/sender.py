"""The sender: the process that sends webhooks.

``python -m services.crud.webhooks.sender``: claims webhooks for which there are events, and gives
each a turn. Several senders share them: a claim is a lease on the webhook's cursor, so that one
process at a time sends its events, and another one goes on where a dead one stopped. Delivery is at
least once: progress is noted every half second.

Nothing waits for a receiver but its own turn. The database is reached on threads, which wake the
loop; a NOTIFY wakes it as the history grows, and when somebody changes a webhook.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Final, Self
from uuid import UUID

import msgspec
import psycopg2

from services.common.access import sealing
from services.common.config import ConfigError, ProcessSettings, check_secret
from services.common.observability import metrics_server, tracing
from services.common.observability.health_files import HealthFiles
from services.common.observability.log import configure
from services.common.web_addresses import networks
from services.common.wire.rpc_client import RpcClient
from services.crud.webhooks import metrics, store
from services.crud.webhooks.history import History
from services.crud.webhooks.posting import Poster
from services.crud.webhooks.standing import Standing
from services.crud.webhooks.store import Store, connect
from services.crud.webhooks.turns import Tools, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

CHANNEL: Final = "webhooks"
#: Seconds between looks for work when no NOTIFY comes.
POLL_SECONDS: Final = 2.0
#: Turns at once.
TURNS: Final = 500
#: Cursors claimed at once: few, so that senders share them.
CLAIMED: Final = 20
#: Seconds between removals of old deliveries, and between counts for the metrics.
SWEEP_SECONDS, COUNT_SECONDS = 600.0, 15.0
#: Seconds without a look at the database after which a sender is not ready.
READY_SECONDS: Final = 10.0
#: Seconds that turns get to note their progress when the process stops.
STOP_SECONDS: Final = 3.0


class SenderSettings(ProcessSettings, frozen=True, kw_only=True, rename=str.upper):
    """Settings of a sender."""

    #: The database of ``crud``.
    crud_database_url: str
    encryption_key: str
    previous_encryption_keys: str = ""
    #: Networks that webhooks may be sent to though they are not public, separated by commas.
    webhook_allowed_networks: str = ""
    #: Days for which it is kept what was sent.
    webhook_delivery_days: Annotated[int, msgspec.Meta(ge=1)] = 30

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """Build the settings. Raises ConfigError."""
        settings = super().load(environ)
        for key in settings.keys:
            check_secret(key, "ENCRYPTION_KEY")
        try:
            networks(settings.webhook_allowed_networks)
        except ValueError as error:
            message = f"WEBHOOK_ALLOWED_NETWORKS must be networks such as 10.1.0.0/16: {error}"
            raise ConfigError(message) from error
        return settings

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that decrypt secrets."""
        return (self.encryption_key, *sealing.split(self.previous_encryption_keys))


class Listener(threading.Thread):
    """Waits for the database's notifications; reconnects when it is away."""

    def __init__(self, url: str, heard: Callable[[str], object]) -> None:
        super().__init__(name="listener", daemon=True)
        self.url, self.heard = url, heard
        self.stopping = threading.Event()

    def run(self) -> None:
        """Listen until stopped."""
        while not self.stopping.is_set():
            try:
                self._listen()
            except (psycopg2.Error, OSError) as error:
                log.warning("the listener reconnects: %s", error)
                self.stopping.wait(1.0)

    def _listen(self) -> None:
        connection = connect(self.url)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self.heard("")  # what came while nobody listened
            while not self.stopping.is_set():
                select.select([connection], [], [], 1.0)
                connection.poll()
                for payload in {notify.payload for notify in connection.notifies}:
                    self.heard(payload)
                connection.notifies.clear()
        finally:
            connection.close()


class Sender:
    """Claims cursors and runs their turns, until it is stopped."""

    def __init__(self, settings: SenderSettings, tools: Tools) -> None:
        self.settings, self.tools = settings, tools
        self.turns: dict[asyncio.Task[None], Turn] = {}
        self.wake = asyncio.Event()
        self.stopping = False
        self.passed = time.monotonic()
        self.swept_at = self.counted_at = float("-inf")

    async def run(self) -> None:
        """Work until stopped; the database may be away."""
        health = HealthFiles(self.settings.health_dir)
        while not self.stopping:
            self.wake.clear()
            try:
                may_be_more = await self._pass()
                self.passed = time.monotonic()
            except psycopg2.Error as error:
                log.warning("the database is away: %s", error)
                may_be_more = False
            health.touch("alive")
            if time.monotonic() - self.passed < READY_SECONDS:
                health.touch("ready")
            if not may_be_more:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.wake.wait(), POLL_SECONDS)
        await self._end_turns()

    async def _pass(self) -> bool:
        """Claim what is due; returns whether there may be more."""
        await self._keep_house()
        most = min(CLAIMED, TURNS - len(self.turns))
        head, claims = await self.tools.store.run(store.claim, most)
        self.tools.history.reached(head)
        for mine in claims:
            turn = Turn(mine, self.tools)
            task = asyncio.create_task(turn.run())
            self.turns[task] = turn
            task.add_done_callback(self._ended)
        return len(claims) == CLAIMED

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self.turns[task]
        if not task.cancelled() and (error := task.exception()):
            log.error("a turn failed unexpectedly", exc_info=error)
        self.wake.set()

    def heard(self, payload: str) -> None:
        """A notification: the history has grown, or a webhook was changed."""
        if payload:
            changed = UUID(payload)
            for turn in self.turns.values():
                if turn.mine.webhook_id == changed:
                    turn.end()
        self.tools.history.grow()
        self.wake.set()

    def stop(self) -> None:
        """Stop claiming; turns end."""
        self.stopping = True
        self.wake.set()

    async def _end_turns(self) -> None:
        """Let the requests under way end, and note their progress."""
        for turn in self.turns.values():
            turn.end()
        self.tools.history.grow()
        if self.turns:
            await asyncio.wait([*self.turns], timeout=STOP_SECONDS)
        for task in [*self.turns]:
            task.cancel()

    async def _keep_house(self) -> None:
        now = time.monotonic()
        if now - self.counted_at > COUNT_SECONDS:
            self.counted_at = now
            metrics.counted(*await self.tools.store.run(store.count))
        if now - self.swept_at > SWEEP_SECONDS:
            days = self.settings.webhook_delivery_days
            # The rest at the next pass, if there is more than one transaction should delete.
            if await self.tools.store.run(store.sweep, days) < store.SWEPT:
                self.swept_at = now


async def send(settings: SenderSettings) -> None:
    """Send webhooks until the process is told to stop."""
    client = RpcClient(settings.amqp_uri, name="webhooks calls", deadline=settings.rpc_deadline)
    client.link.start()
    database = Store(settings.crud_database_url)
    standing = Standing(client, database)
    loop = asyncio.get_running_loop()
    async with Poster(networks(settings.webhook_allowed_networks)) as poster:
        tools = Tools(database, History(database), poster, standing, settings.keys)
        sender = Sender(settings, tools)
        listener = Listener(
            database.url, lambda payload: loop.call_soon_threadsafe(sender.heard, payload)
        )
        listener.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, sender.stop)
        log.info("sending webhooks")
        await sender.run()
        listener.stopping.set()
        listener.join()
    client.link.stop()
    standing.close()
    database.close()


def main(environ: Mapping[str, str]) -> None:
    """Run a sender. Raises ConfigError."""
    settings = SenderSettings.for_service("webhooks", environ)
    configure("webhooks", settings.log_level, settings.log_format)
    tracing.configure("webhooks", settings.otel_exporter_otlp_endpoint)
    metrics_server.start(settings.metrics_host, settings.metrics_port)
    asyncio.run(send(settings))


if __name__ == "__main__":
    try:
        main(os.environ)
    except ConfigError as error:
        sys.exit(str(error))
