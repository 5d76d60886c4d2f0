"""Describes all events, numbers and keeps them, and publishes them in full."""

from __future__ import annotations

from collections import defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.contracts.crud.live_events import POSITION
from services.common.contracts.full_events import Asked, DescribedEvent, Description, Recorded
from services.common.contracts.subscribers import as_managers_hear, routing_key
from services.common.crud import describing
from services.common.crud.listing.lists import compressed
from services.common.crud.resource_service import ResourceService
from services.common.errors import InvalidInput, MethodUnknown, NotFound, Unavailable
from services.common.events.subscriber import Delivery, Inbox, on
from services.common.runtime.publishing import Message, Publishing
from services.common.runtime.rpc_server import query
from services.common.values import BadValue, parse_id, parse_moment
from services.common.wire.rpc_protocol import Reply
from services.common.wire.topology import CHANGES, FULL, SUBSCRIBERS
from services.crud.history.audiences import decided as audiences_of
from services.crud.history.descriptions import DESCRIBER
from services.crud.history.names import Names
from services.crud.models.history import event_history, event_history_cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: Messages handled together; each holds up to a relay's batch of events.
BATCH: Final = 20
#: Most events of an answer.
PAGE: Final = 1000
#: What is expected of where to go on.
AFTER: Final = "the position or the id of an event"
#: The columns of ``Recorded``.
COLUMNS: Final = tuple(event_history.c[name] for name in Recorded._fields)
# A redelivered event is older than this only if the broker kept it for longer than inboxes do.
RECENT: Final = sa.text("recorded_at > now() - interval '7 days'")
LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('event_history', 0))"
# Ordered by place: positions are given in the order of the events. What was recorded already, by a
# process that died before it could acknowledge it, isn't recorded again.
RECORD: Final = """
INSERT INTO event_history (id, name, project_id, body, audience)
SELECT id, name, project_id, body, audience
FROM ROWS FROM (json_to_recordset(%(events)s) AS (id uuid, name text, project_id uuid, body text,
  audience text)) WITH ORDINALITY AS event (id, name, project_id, body, audience, place)
WHERE NOT EXISTS (SELECT FROM event_history AS recorded
  WHERE recorded.id = event.id AND recorded.recorded_at > now() - interval '7 days')
ORDER BY place RETURNING position, id
"""


class HistoryRpc(ResourceService):
    """Writes and reads the history."""

    publishing = Publishing()

    # Ordered: the history's order is that of publication, and of each row's changes.
    @on(batch=BATCH, batches_of=CHANGES, inbox=Inbox.NONE, gather=0.04, ordered=True)
    def publish_events(self, deliveries: Sequence[Delivery]) -> None:
        """Describe, record and publish events. Raises Unavailable while an owner is away.

        A redelivery is published again, in its place.
        """
        events = self._described(deliveries)
        # Whoever was the consumer before may still be at it.
        self.tx.defer(LOCK)
        self.tx.defer("SELECT pg_notify('webhooks', '')")  # their senders follow
        rows = msgspec.json.encode([event._asdict() for event in events])
        recorded = self.tx.run(RECORD, events=rows.decode())
        # Committed first: nothing is published that isn't in the history.
        self.commit_now()
        by_id = {event.id: event for event in events}
        fresh = [by_id.pop(UUID(str(ident)))._replace(position=place) for place, ident in recorded]
        earlier = self._recorded(by_id) if by_id else []
        self.publishing.publish(
            message
            for event in sorted([*earlier, *fresh], key=attrgetter("position"))
            for message in _messages(event)
        )

    def _described(self, deliveries: Sequence[Delivery]) -> list[Recorded]:
        """The events as they are to be recorded; positions come then."""
        names = Names.of(self)
        names.follow(deliveries)
        described = self._ask_owners(deliveries)
        names.learn(self, described, {one.actor_id for one in deliveries if one.actor_id})
        audiences = audiences_of(self, names, described)
        return [
            Recorded(
                0,
                delivery.event_id,
                delivery.name,
                description.project_id,
                _body(delivery, description, names),
                msgspec.json.encode(audience).decode(),
            )
            for delivery, description, audience in zip(
                deliveries, described, audiences, strict=True
            )
        ]

    def _ask_owners(self, deliveries: Sequence[Delivery]) -> list[Description]:
        """A description for each event, in their order; each owner is asked once, all at a time."""
        by_owner: dict[str, list[int]] = defaultdict(list)
        for index, delivery in enumerate(deliveries):
            by_owner[delivery.source].append(index)
        asked = {
            owner: [_asked(deliveries[index]) for index in indexes]
            for owner, indexes in by_owner.items()
        }
        own = asked.pop(self.name, [])
        answers = self._ask_others(asked)
        if own:
            answers[self.name] = describing.described(self, DESCRIBER, self.registry, own)
        described: dict[int, Description] = {}
        for owner, indexes in by_owner.items():
            described.update(zip(indexes, answers[owner], strict=True))
        return [described[index] for index in range(len(deliveries))]

    def _ask_others(self, asked: Mapping[str, list[Asked]]) -> dict[str, list[Description]]:
        try:
            replies = self.ask_all_raw(
                [
                    (owner, "describe_events", {"events": msgspec.to_builtins(events)})
                    for owner, events in asked.items()
                ]
            )
        except MethodUnknown:
            message = "A service is of an earlier release, and can't describe its events yet."
            raise Unavailable(message) from None
        answers = (msgspec.json.decode(reply, type=list[Description]) for reply in replies)
        return dict(zip(asked, answers, strict=True))

    def _recorded(self, ids: Iterable[UUID]) -> list[Recorded]:
        """Events that were recorded before."""
        wanted = event_history.c.id.in_(sorted(ids))
        with self.database.read() as connection:
            rows = connection.execute(sa.select(*COLUMNS).where(wanted, RECENT))
            return [Recorded(*row) for row in rows]

    @query
    def list_history(
        self,
        after: str | None = None,
        since: str | None = None,
        limit: int = PAGE,
    ) -> Reply:
        """Events after a position or an event's id, or since a time, oldest first, for gateways.

        ``{"events": [{"position", "audience", "event"}], "cut": …, "head": …}``: ``cut`` is the
        highest position that is no longer kept, ``head`` the highest of all (0: none). Without
        either, the events that are kept. Raises InvalidInput, and NotFound for an event that is not
        in the history.
        """
        table = event_history
        with self.database.read() as connection:
            cut = connection.scalar(sa.select(sa.func.max(event_history_cut.c.position))) or 0
            # Before the events are read: up to it, none is missing from their last page.
            head = connection.scalar(sa.select(sa.func.max(table.c.position))) or cut
            position = _position(connection, after, since)
            rows = connection.execute(
                sa.select(*COLUMNS)
                .where(table.c.position > position)
                .order_by(table.c.position)
                .limit(max(1, min(limit, PAGE)))
            )
            events = ",".join(
                f'{{"position":{one.position},"audience":{one.audience},"event":{one.text}}}'
                for one in (Recorded(*row) for row in rows)
            )
        return compressed(f'{{"cut":{cut},"head":{head},"events":[{events}]}}'.encode())


def _position(connection: sa.Connection, after: str | None, since: str | None) -> int:
    """The position after which a reader wants to go on."""
    table = event_history
    if after is not None:
        if POSITION.fullmatch(after):
            return int(after)
        try:
            ident = parse_id(after)
        except BadValue:
            raise InvalidInput(BadValue(after, AFTER).about("after")) from None
        found = connection.scalar(sa.select(table.c.position).where(table.c.id == ident))
        if found is None:
            raise NotFound
        return int(found)
    if since is None:
        return 0
    try:
        moment = parse_moment(since)
    except BadValue as error:
        raise InvalidInput(error.about("since")) from None
    earlier = table.c.recorded_at < sa.func.timezone("utc", sa.literal(moment))
    newest = sa.select(sa.func.max(table.c.position)).where(earlier)
    return int(connection.scalar(newest) or 0)


def _messages(event: Recorded) -> list[Message]:
    """The messages of an event: one, unless managers hear of it and don't see all of it."""
    told = as_managers_hear(event)
    if told is None:
        return [Message(event.text, FULL, event.name, event.headers)]
    # Whoever is bound to FULL by the event's name gets the message as without this key, which the
    # broker removes; accounts of programs are bound behind it.
    keys = {"BCC": [routing_key(event)]}
    if told is event:
        return [Message(event.text, FULL, event.name, {**event.headers, **keys})]
    return [
        Message(event.text, FULL, event.name, event.headers),
        Message(told.text, SUBSCRIBERS, event.name, {**told.headers, **keys}),
    ]


def _asked(delivery: Delivery) -> Asked:
    return Asked(
        name=delivery.name,
        payload=delivery.payload,
        project_id=delivery.project_id,
        before=delivery.before,
        after=delivery.after,
    )


def _body(delivery: Delivery, description: Description, names: Names) -> str:
    event = DescribedEvent(
        id=delivery.event_id,
        name=delivery.name,
        time=delivery.time,
        project_id=description.project_id,
        actor=names.person(delivery.actor_id),
        data=delivery.payload,
        changes=description.changes,
        about=names.about(description),
    )
    return msgspec.json.encode(event).decode()
