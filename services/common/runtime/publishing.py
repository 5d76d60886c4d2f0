"""A connection that publishes with confirms, kept open by the process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import eventlet
from eventlet.semaphore import Semaphore
from nameko.extensions import DependencyProvider

from services.common.errors import Unavailable
from services.common.runtime.service import CONFIG
from services.common.wire.publisher import Publisher
from services.common.wire.topology import declare_exchanges

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.common.config import ServiceSettings

#: Seconds between heartbeats while nothing is published.
BEAT_SECONDS: Final = 4.0


class Message(NamedTuple):
    """A message to publish."""

    body: str
    exchange: str
    routing_key: str
    headers: dict[str, Any]


class Publishing(DependencyProvider):  # type: ignore[misc]
    """``self.publishing``: publishes messages in order, and returns once the broker has them."""

    def setup(self) -> None:
        """Nothing connects before the first message."""
        self.settings: ServiceSettings = self.container.config[CONFIG]
        self.publisher: Publisher | None = None
        self.lock = Semaphore()
        self.stopping = False

    def start(self) -> None:
        """Keep the connection alive."""
        self.container.spawn_managed_thread(self._beat, identifier="publishing")

    def stop(self) -> None:
        """Close the connection."""
        self.stopping = True
        self._drop()

    def get_dependency(self, _worker_ctx: Any) -> Publishing:
        """The one of this process."""
        return self

    def publish(self, messages: Iterable[Message]) -> None:
        """Publish messages in order. Raises Unavailable if the broker does not confirm them all."""
        with self.lock:
            try:
                if self.publisher is None:
                    self.publisher = Publisher(
                        self.settings.amqp_uri,
                        declare_exchanges,
                        name=f"{self.container.service_name} publishing",
                    )
                for body, exchange, routing_key, headers in messages:
                    self.publisher.add(body, exchange, routing_key, headers=headers)
                self.publisher.confirm()
            except OSError as error:
                self._drop()
                message = "The message broker is away."
                raise Unavailable(message) from error

    def _drop(self) -> None:
        if self.publisher is not None:
            self.publisher.close()
            self.publisher = None

    def _beat(self) -> None:
        while not self.stopping:
            eventlet.sleep(BEAT_SECONDS)
            with self.lock:
                if self.publisher is None:
                    continue
                try:
                    self.publisher.idle()
                except OSError:
                    self._drop()
