"""The exchanges and queues of events, as every process declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from services.common.wire.session import Session

SERVICES: Final = ("auth", "assets", "tasks", "chat", "crud")
#: Exchange and queue of the dead letters.
DEAD: Final = "callboard.dead"
#: The stream that keeps all events, and its limit in bytes: older ones are dropped.
ARCHIVE: Final = "callboard.events"
ARCHIVE_BYTES: Final = 2_000_000_000
#: The event after which every cache of rows is stale.
IMPORT_DONE: Final = "import:done"
#: Event id and handler of the inbox row that records when an import replaced all rows: events
#: from before it concern rows that are gone.
REPLACED: Final = ("00000000-0000-0000-0000-000000000000", "import")
#: A queue without messages: its number of consumers is the number of live gateways.
GATEWAYS: Final = "callboard.gateways"
#: What gateways cache, and the subjects of the events of ``auth`` and ``crud`` that may change it.
CACHED_BY_GATEWAYS: Final[dict[str, frozenset[str]]] = {
    "actors": frozenset({"person", "session", "project", "project-status"}),
    "answers": frozenset(
        {
            "person",
            "login",
            "password",
            "factor",
            "recovery-codes",
            "bot-token",
            "organisation",
            "department",
            "studio",
        }
    ),
}
#: The exchange on which each gateway confirms that it has dropped its cache after an import.
HEARD: Final = "callboard.heard"


#: The exchange on which relays send events to the event log, many in one message.
HISTORY: Final = "callboard.history"


def exchange_of(service: str) -> str:
    """The topic exchange of a service's events, named as nameko names it."""
    return f"{service}.events"


def declare_exchanges(session: Session) -> None:
    """Declare every service's events exchange, the dead letters, and the archive of all events.

    The archive is a stream, bound before anything is published: it keeps events that have no
    subscriber yet, for replay from an offset or a time.
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
