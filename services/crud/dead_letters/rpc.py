"""Keeping dead letters, and what administrators do with them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import msgspec
import sqlalchemy as sa

from services.common import bodies, queries
from services.common.access.rules import admin
from services.common.contracts.crud.dead_letters import DeadLetterQuery, LettersOf
from services.common.crud.listing.filters import Page
from services.common.crud.listing.lists import compressed
from services.common.crud.listing.pages import envelope
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import row_id
from services.common.errors import NotFound, Refused, Unavailable
from services.common.events.dead_letters import Letter, decoded
from services.common.events.letter_collector import collect_dead_letters
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud.dead_letters import store
from services.crud.models import dead_letter

if TYPE_CHECKING:
    from services.common.database.sql_types import Condition
    from services.common.json_types import Json, JsonObject

log = logging.getLogger(__name__)

C: Final = dead_letter.c
#: Batches that one call replays: its caller waits for the broker's confirms of each.
BATCHES: Final = 20
#: Characters shown of a body that is no JSON.
SHOWN_TEXT: Final = 2000


class DeadLetterRpc(ResourceService):
    """Keeps the dead letters of all queues."""

    @collect_dead_letters()
    def keep_dead_letter(self, letter: Letter) -> None:
        """Store a letter; it is acknowledged after the commit."""
        store.keep(self.tx.connection, letter)

    @query
    def list_dead_letters(self, query: dict[str, str] | None = None) -> Reply:
        """Events on which a subscriber failed, newest first, by the page.

        For administrators. Raises Forbidden, InvalidInput.
        """
        admin.check(self, {})
        asked = queries.read(DeadLetterQuery, query)
        page, which = Page(asked.page, asked.limit), store.of_queue(asked.queue or None)
        rows = sa.select(*store.SHOWN).where(which).order_by(C.number.desc())
        counts = sa.select(C.queue, sa.func.count()).group_by(C.queue).order_by(C.queue)
        total = sa.select(sa.func.count()).select_from(dead_letter).where(which)
        with self.database.read() as connection:
            texts = connection.scalars(rows_as_json(rows.limit(page.rows).offset(page.offset)))
            data, number = ",".join(texts), connection.scalar(total) or 0
            by_queue = {str(queue): number for queue, number in connection.execute(counts)}
        queues = msgspec.json.encode(by_queue).decode()
        return compressed(envelope(data, number, *page, queues=queues))

    @query
    def read_dead_letter(self, ident: str) -> JsonObject:
        """A dead letter with its headers and its body. Raises Forbidden, NotFound, InvalidInput."""
        admin.check(self, {})
        shown = sa.select(*store.SHOWN, C.properties, C.body).where(C.id == row_id(ident))
        with self.database.read() as connection:
            row = connection.execute(shown).mappings().first()
        if row is None:
            raise NotFound
        return _in_full(dict(row))

    @command
    def replay_dead_letter(self, ident: str) -> JsonObject:
        """Publish a dead letter to the queue in which it died, then forget it.

        Raises Forbidden, NotFound, InvalidInput, Refused (its queue is gone, or it can't be read),
        Unavailable.
        """
        admin.check(self, {})
        which = C.id == row_id(ident)
        outcome = self._replay(which)
        if not outcome["replayed"] and not outcome["kept"]:
            raise NotFound
        for reason in outcome["kept"].values():
            message = f"The letter is kept: {reason}."
            raise Refused(message)
        return outcome

    @command
    def replay_dead_letters(self, data: Json = None) -> JsonObject:
        """Publish dead letters to the queues in which they died, then forget them.

        Those that no queue takes are kept. Raises Forbidden, InvalidInput, Unavailable.
        """
        admin.check(self, {})
        return self._replay(store.of_queue(bodies.read(LettersOf, data).queue))

    @command
    def discard_dead_letter(self, ident: str) -> Reply:
        """Delete a dead letter for good. Raises Forbidden, NotFound, InvalidInput."""
        admin.check(self, {})
        if not self._discard(C.id == row_id(ident)):
            raise NotFound
        return Reply(b"")

    @command
    def discard_dead_letters(self, data: Json = None) -> JsonObject:
        """Delete dead letters for good. Raises Forbidden, InvalidInput."""
        admin.check(self, {})
        which = store.of_queue(bodies.read(LettersOf, data).queue)
        return {"discarded": self._discard(which)}

    def _replay(self, which: Condition) -> dict[str, Any]:
        """Replay by the batch; letters that die again meanwhile are not among them."""
        kept: dict[str, str] = {}
        replayed = last = found = 0
        with self.database.read() as connection:
            newest = connection.scalar(sa.select(sa.func.max(C.number)).where(which)) or 0
        for _ in range(BATCHES):
            with self.database.read() as connection:
                rows = connection.execute(store.to_replay(which & (C.number <= newest), last)).all()
            found = len(rows)
            if not rows:
                break
            last = rows[-1].number
            # Published and confirmed before they are deleted: a crash in between leaves letters
            # that are replayed twice, which inboxes ignore, instead of losing them.
            left = self._publish(rows)
            kept |= {str(letter.id): letter.reason for letter in left}
            done = [row.id for row in rows if str(row.id) not in kept]
            self.tx.connection.execute(store.discard(C.id.in_(done)))
            self.commit_now()
            replayed += len(done)
        log.info("dead letters replayed", extra={"count": replayed, "by": str(self.actor.id)})
        return {"replayed": replayed, "kept": kept, "more": found == store.BATCH}

    def _publish(self, rows: Any) -> Any:
        try:
            return store.replay(self.settings.amqp_uri, rows)
        except OSError as error:
            message = "The message broker is away."
            raise Unavailable(message) from error

    def _discard(self, which: Condition) -> int:
        count = self.tx.connection.execute(store.discard(which)).rowcount
        log.info("dead letters discarded", extra={"count": count, "by": str(self.actor.id)})
        return count


def _in_full(shown: dict[str, Any]) -> JsonObject:
    """A letter as JSON, whatever its headers and its body hold."""
    properties, body = bytes(shown.pop("properties")), bytes(shown.pop("body"))
    headers = (decoded(properties).headers or {}) if properties else {}
    text = None
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        content, text = None, body.decode("utf-8", "replace")[:SHOWN_TEXT]
    whole = {**shown, "headers": headers, "body": content, "text": text}
    found: JsonObject = msgspec.to_builtins(whole, enc_hook=str)
    return found
