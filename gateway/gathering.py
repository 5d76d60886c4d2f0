"""``/metrics`` of the whole system: this process asks all others over the broker and joins them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import msgspec

from gateway.metrics import BROKER, BROKER_UP, GATHER_SECONDS, SERVICE_UP
from gateway.queues import Queues
from services.common.errors import Unavailable
from services.common.observability.exposing import (
    QUESTIONS,
    Answer,
    Answering,
    process_name,
    rendered,
)
from services.common.wire.topology import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from services.common.wire.rpc_client import RpcClient
    from services.common.wire.session import Session

COMPONENT: Final = "gateway"
LONGEST: Final = 0.8
"""Seconds to wait for a process that answered last time."""
SHORTEST: Final = 0.05
"""Seconds to wait for those that are new."""
HEAD: Final = "# HELP "


class Gathering:
    """Asks, and answers when others ask."""

    def __init__(self, client: Callable[[], RpcClient], uri: str) -> None:
        self.client, self.queues = client, Queues(uri)
        self.own = Answering(COMPONENT, lambda: self.client().link, self._look)
        self.expected: set[str] = set()
        self.subscribers: set[str] = set()
        self._alone = threading.Lock()
        self._came = threading.Condition()
        self._answers: dict[str, str] = {}
        self._number, self._queue = 0, ""
        self._text, self._began = b"", 0.0

    def listen(self, session: Session) -> None:
        """Consume questions and answers, for as long as the connection lives."""
        self.own.listen(session)
        self._queue = f"answers-{uuid4()}"
        session.queue_declare(self._queue, durable=False, exclusive=True, auto_delete=True)
        session.consume(self._queue, self._answered, tag="answers", no_ack=True)

    def text(self) -> bytes:
        """The measures of all processes that answer, in Prometheus' text form.

        Who asks while others are being answered waits, and shares the next answer.
        """
        arrived = time.monotonic()
        with self._alone:
            if self._began <= arrived:
                self._began = time.monotonic()
                self._text = self._gather()
            return self._text

    def _look(self) -> None:
        client = self.client()
        BROKER_UP.set(client.link.ready.is_set())
        for name in SERVICES:
            SERVICE_UP.labels(name).set(client.alive(name))

    def _answered(self, message: Any) -> None:
        answer = msgspec.json.decode(message.body, type=Answer)
        with self._came:
            self.subscribers.update(answer.subscribers)
            if message.properties.correlation_id == str(self._number):
                self._answers[answer.process] = answer.text
            else:
                self.expected.add(answer.process)  # it was too late, but it lives
            self._came.notify_all()

    def _gather(self) -> bytes:
        began = time.monotonic()
        others = self._ask()
        others.pop(process_name(), None)  # ours are newer
        GATHER_SECONDS.set(time.monotonic() - began)
        self.queues.look(self.subscribers)
        self._look()
        own = rendered(COMPONENT, process_name())
        return joined([own, rendered("broker", "", BROKER), *others.values()])

    def _ask(self) -> dict[str, str]:
        """The texts of those that answered in time, this process among them."""
        with self._came:
            self._number += 1
            self._answers = {}
        try:
            self.client().link.publish(
                b"",
                QUESTIONS,
                "",
                reply_to=self._queue,
                correlation_id=str(self._number),
                expiration=str(int(LONGEST * 1000)),
                delivery_mode=1,
            )
        except Unavailable:
            return {}
        time.sleep(SHORTEST)
        with self._came:
            self._came.wait_for(self._complete, LONGEST)
            self.expected = set(self._answers)
            return dict(self._answers)

    def _complete(self) -> bool:
        """Whether all that answered last time did; the first time nobody knows who is there."""
        return bool(self.expected) and self.expected <= set(self._answers)


def joined(texts: Iterable[str]) -> bytes:
    """One text of several: the samples of a metric stand together, as the format demands."""
    heads: dict[str, str] = {}
    samples: dict[str, list[str]] = {}
    for text in texts:
        for block in ("\n" + text).split("\n" + HEAD)[1:]:
            name = block.partition(" ")[0]
            lines = block.rstrip("\n").split("\n")
            heads.setdefault(name, HEAD + "\n".join(lines[:2]))
            samples.setdefault(name, []).extend(lines[2:])
    parts = [f"{heads[name]}\n" + "\n".join(lines) for name, lines in samples.items() if lines]
    return ("\n".join(parts) + "\n").encode()
