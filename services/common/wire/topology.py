"""The exchanges and queues of events, as every process declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.common.contracts.subscribers import MANAGERS

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
#: The event that has rows elsewhere follow those that were deleted.
ROWS_GONE: Final = "rows:gone"
#: Event id and handler of the inbox row that records when an import replaced all rows: events
#: from before it concern rows that are gone.
REPLACED: Final = ("00000000-0000-0000-0000-000000000000", "import")
#: A queue without messages: its number of consumers is the number of live gateways.
GATEWAYS: Final = "callboard.gateways"
#: What gateways cache, and the subjects of the events of ``auth`` and ``crud`` that may change it.
CACHED_BY_GATEWAYS: Final[dict[str, frozenset[str]]] = {
    "actors": frozenset(
        {"person", "factor", "preview-account", "session", "project", "project-status"}
    ),
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
#: The queue of the event log, as its handler names it.
HISTORY_QUEUE: Final = "crud.log_events.ordered"
#: The exchange on which they send all events with what changed, many in one message, to be
#: described; and the queue of the handler that does it.
CHANGES: Final = "callboard.changes"
CHANGES_QUEUE: Final = "crud.publish_events.ordered"
#: The topic exchange of described events (``contracts.full_events``), routed by event name.
FULL: Final = "callboard.full"
#: The topic exchange of those that managers hear, for accounts of programs: routed by production
#: and name (``contracts.subscribers``).
SUBSCRIBERS: Final = "callboard.subscribers"
#: The stream of described events that gateways read; its limits in bytes and in age.
LIVE: Final = "callboard.live"
LIVE_LIMITS: Final = {"x-max-length-bytes": 500_000_000, "x-max-age": "1D"}
#: Deliveries of a message after which the broker dead-letters it, in case a handler kills its
#: process.
DELIVERIES: Final = 20
#: Arguments of a handler's queue, and of one that a single process consumes at a time.
QUEUE: Final = {
    "x-queue-type": "quorum",
    "x-delivery-limit": DELIVERIES,
    "x-dead-letter-exchange": DEAD,
    # Not to lose an event on its way to the dead letters; it requires ``reject-publish``.
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}
ORDERED: Final = {**QUEUE, "x-single-active-consumer": True}


def exchange_of(service: str) -> str:
    """The topic exchange of a service's events, named as nameko names it."""
    return f"{service}.events"


def declare_exchanges(session: Session) -> None:
    """Declare every service's events exchange, the dead letters, and the archive of all events.

    The archive is a stream, bound before anything is published: it keeps events that have no
    subscriber yet, for replay from an offset or a time. The event log's queue is, too: the log
    has the events of a first start, which may be published before its service is up.
    """
    session.exchange_declare(DEAD, "topic")
    session.queue_declare(DEAD, arguments={"x-queue-type": "quorum"})
    session.queue_bind(DEAD, DEAD, "#")
    stream = {"x-queue-type": "stream", "x-max-length-bytes": ARCHIVE_BYTES}
    session.queue_declare(ARCHIVE, arguments=stream)
    session.exchange_declare(HISTORY, "fanout")
    session.queue_declare(HISTORY_QUEUE, arguments=ORDERED)
    session.queue_bind(HISTORY_QUEUE, HISTORY, "")
    session.exchange_declare(CHANGES, "fanout")
    session.queue_declare(CHANGES_QUEUE, arguments=ORDERED)
    session.queue_bind(CHANGES_QUEUE, CHANGES, "")
    declare_live(session)
    for service in SERVICES:
        session.exchange_declare(exchange_of(service), "topic")
        session.queue_bind(ARCHIVE, exchange_of(service), "#")


def declare_live(session: Session) -> None:
    """Declare the exchanges of described events, and the stream that gateways read."""
    session.exchange_declare(FULL, "topic")
    session.exchange_declare(SUBSCRIBERS, "topic")
    session.exchange_bind(SUBSCRIBERS, FULL, f"{MANAGERS}.#")
    session.queue_declare(LIVE, arguments={"x-queue-type": "stream", **LIVE_LIMITS})
    session.queue_bind(LIVE, FULL, "#")
