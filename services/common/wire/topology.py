"""Exchanges and queues of the events, as every process declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from services.common.wire.session import Session

SERVICES: Final = ("auth", "assets", "tasks", "chat", "crud")
DEAD: Final = "callboard.dead"
ARCHIVE: Final = "callboard.events"
ARCHIVE_BYTES: Final = 2_000_000_000
IMPORT_DONE: Final = "import:done"
#: The inbox's row that says when all rows were replaced: events of before concern none of them.
REPLACED: Final = ("00000000-0000-0000-0000-000000000000", "import")
#: A queue that nothing is sent to: its consumers are the gateways that live.
GATEWAYS: Final = "callboard.gateways"
#: The exchange on which each gateway says that it dropped its cache after an import.
HEARD: Final = "callboard.heard"


#: The exchange on which a relay hands stored events over to the log, many in one message.
HISTORY: Final = "callboard.history"


def exchange_of(service: str) -> str:
    """The topic exchange of a service's events, named as nameko names it."""
    return f"{service}.events"


def declare_exchanges(session: Session) -> None:
    """Every service's events exchange, the dead letters, and the archive of all events.

    The archive is a stream, bound before anything is published: an event nobody listens to yet
    is kept there, for replay from an offset or a time.
    """
    session.exchange_declare(DEAD, "topic")
    session.queue_declare(DEAD, arguments={"x-queue-type": "quorum"})
    session.queue_bind(DEAD, DEAD, "#")
    stream = {"x-queue-type": "stream", "x-max-length-bytes": ARCHIVE_BYTES}
    session.queue_declare(ARCHIVE, arguments=stream)
    session.exchange_declare(HISTORY, "fanout")
    for service in SERVICES:
        session.exchange_declare(exchange_of(service), "topic")
        session.queue_bind(ARCHIVE, exchange_of(service), "#")
