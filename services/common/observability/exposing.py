"""Every process shows its measures to whoever asks over the broker.

A gateway that is asked for ``/metrics`` sends one question to the exchange ``callboard.measure``,
and every process, of whatever service, replica or gateway worker, answers with its own in
Prometheus' text form. So one address shows the whole system, no process needs a port, and nothing
is rendered while nobody asks.
"""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import msgspec
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.registry import Collector

from services.common.errors import Unavailable
from services.common.observability.metrics import SUBSCRIBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client import Metric

    from services.common.wire.frames import Incoming
    from services.common.wire.link import Link
    from services.common.wire.session import Session

QUESTIONS: Final = "callboard.measure"
PREFIXES: Final = ("callboard_", "process_")
"""What is shown: our own, and what the process costs; not the interpreter's."""


class Answer(msgspec.Struct):
    """What a process shows: its measures as text, and the queues of its event handlers."""

    process: str
    text: str
    subscribers: list[str] = []


class _Labelled(Collector):
    """The measures of a registry with labels that all of them get."""

    def __init__(self, registry: Collector, labels: dict[str, str]) -> None:
        self.registry, self.labels = registry, labels

    def collect(self) -> Iterator[Metric]:
        for metric in self.registry.collect():
            if metric.name.startswith(PREFIXES):
                metric.samples = [
                    sample._replace(labels={**sample.labels, **self.labels})
                    for sample in metric.samples
                ]
                yield metric


def process_name() -> str:
    """This process among all that run: ``host-pid``."""
    return f"{socket.gethostname()}-{os.getpid()}"


def rendered(component: str, process: str, registry: Any = REGISTRY) -> str:
    """Measures as text, each labelled with the component and the process that it is of."""
    labels = {"component": component, "process": process}
    return generate_latest(_Labelled(registry, labels)).decode()


class Answering:
    """Answers the questions that come over a link; ``look`` brings gauges up to date first."""

    def __init__(
        self, component: str, link: Callable[[], Link], look: Callable[[], None] = lambda: None
    ) -> None:
        self.component, self.link, self.look = component, link, look

    def listen(self, session: Session) -> None:
        """Consume the questions, for as long as the connection lives."""
        session.exchange_declare(QUESTIONS, "fanout", durable=False)
        queue = f"questions-{uuid4()}"
        session.queue_declare(queue, durable=False, exclusive=True, auto_delete=True)
        session.queue_bind(queue, QUESTIONS)
        session.consume(queue, self._asked, tag="questions", no_ack=True)

    def _asked(self, message: Incoming) -> None:
        """On a thread of its own, a green one in services: the reading one has better to do."""
        properties = message.properties
        asked = (properties.reply_to or "", properties.correlation_id or "")
        threading.Thread(target=self._answer, args=asked, daemon=True).start()

    def _answer(self, to: str, number: str) -> None:
        self.look()
        name = process_name()
        answer = Answer(name, rendered(self.component, name), sorted(SUBSCRIBERS))
        try:
            self.link().publish(
                msgspec.json.encode(answer), "", to, correlation_id=number, delivery_mode=1
            )
        except Unavailable:
            return  # whoever asked sees that we are missing
