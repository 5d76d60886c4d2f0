"""Cache invalidation by the events of ``auth`` and ``crud``."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from pamqp.commands import Basic

from services.common.contracts.crud.events import PEOPLE
from services.common.wire.session import message_bytes
from services.common.wire.topology import GATEWAYS, HEARD, IMPORT_DONE, exchange_of

if TYPE_CHECKING:
    from gateway.answers import AnswerCache
    from gateway.identity import Authenticator
    from gateway.positions import HeardEvents
    from services.common.wire.frames import Incoming
    from services.common.wire.session import Session

EXCHANGES: Final = (exchange_of("auth"), exchange_of("crud"))
#: Events that change the memberships of the people whom their header ``PEOPLE`` names.
TEAMS: Final = frozenset({"project:new", "project:update", "project:delete"})
#: Subjects of events that change the person they name.
PERSONS: Final = frozenset({"person", "factor", "preview-account"})
#: Subjects of events that may change anybody's memberships.
ANYBODYS: Final = frozenset({"project-status", "import"})


class Invalidation:
    """Consumes events, and invalidates the caches."""

    def __init__(
        self, authenticator: Authenticator, answers: AnswerCache, heard: HeardEvents
    ) -> None:
        self.authenticator, self.answers, self.heard = authenticator, answers, heard

    def listen(self, session: Session) -> None:
        """Declare and consume a queue of this process, which lives as long as the connection."""
        queue = f"callboard.gateway.{uuid.uuid4()}"
        session.queue_declare(queue, durable=False, exclusive=True, auto_delete=True)
        for exchange in EXCHANGES:
            session.exchange_declare(exchange, "topic")
            session.queue_bind(queue, exchange, "#")
        session.consume(queue, self._changed, tag="changes", no_ack=True)
        # Never receives a message: an import counts its consumers, to wait for all gateways.
        session.queue_declare(GATEWAYS, auto_delete=True)
        session.consume(GATEWAYS, lambda _: None, tag="gateway", no_ack=True)
        session.exchange_declare(HEARD, "fanout")

    def lost(self) -> None:
        """Clear the caches: events may have been missed while disconnected."""
        self.authenticator.forget_all()
        self.answers.forget_all()

    def _changed(self, message: Incoming) -> None:
        subject = message.routing_key.partition(":")[0]
        payload = _payload(message)
        person = payload.get("person_id")
        if subject in PERSONS:
            self.authenticator.forget_people([person])
        elif subject == "session":
            self.authenticator.forget_session(payload.get("jti"))
        elif message.routing_key in TEAMS and isinstance(message.headers.get(PEOPLE), str):
            self.authenticator.forget_people(set(message.headers[PEOPLE].split(",")) - {""})
        # The release before names nobody, and a malformed message may have been any of them.
        elif subject in ANYBODYS or message.routing_key in TEAMS or message.error is not None:
            self.authenticator.forget_all()
        self.answers.changed(subject, person)
        self.heard.hear(subject, message.headers)
        if message.routing_key == IMPORT_DONE:
            self.answers.forget_all()
            self._confirm_import(message)

    def _confirm_import(self, message: Incoming) -> None:
        """Confirm to the import that no older data is served from this cache."""
        ident = str(message.headers.get("event_id", "")).encode()
        session = cast("Session", message.origin)
        session.write(message_bytes(session, ident, HEARD, "", Basic.Properties(delivery_mode=1)))


def _payload(message: Incoming) -> dict[str, Any]:
    """The event's payload; empty if it can't be decoded."""
    try:
        payload = msgspec.json.decode(message.body)
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}
