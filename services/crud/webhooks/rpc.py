"""RPC methods of webhooks, besides generic CRUD's."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID, uuid4

import sqlalchemy as sa

from services.common import bodies, queries
from services.common.access.rules import manager
from services.common.contracts.crud.webhooks import DeliveryQuery, ReplayOrder
from services.common.contracts.types import UNSET
from services.common.crud import reading
from services.common.crud.listing.filters import Page
from services.common.crud.listing.lists import compressed
from services.common.crud.listing.pages import envelope
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import row_id
from services.common.database.tables import NOW, table_of
from services.common.errors import InvalidInput, Refused, Unavailable
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud.models import Webhook, event_history, webhook_cursor, webhook_delivery
from services.crud.policy.webhook_rules import new_secret, sealed, wake_senders

if TYPE_CHECKING:
    from services.common.contracts.types import UnsetType
    from services.common.json_types import Json, JsonObject, Values

T = TypeVar("T", int, datetime)
WEBHOOK: Final = table_of(Webhook)
CURSOR, SENT = webhook_cursor.c, webhook_delivery.c
#: How long the secret before signs, too.
OLD_SECRET: Final = timedelta(days=1)
#: Seconds to wait for what a receiver answers to a test: more than a request may take.
TEST_SECONDS: Final = 14.0
LOOK_SECONDS: Final = 0.05
#: Replays of one webhook at once.
REPLAYS: Final = 5


class WebhookRpc(ResourceService):
    """What is done with webhooks."""

    @command
    def pause_webhook(self, ident: str) -> Reply:
        """Send nothing more until it is resumed; what happens meanwhile is sent then.

        Raises NotFound, Forbidden. Emits ``webhook:update``.
        """
        return self._set_state(ident, "paused")

    @command
    def resume_webhook(self, ident: str) -> Reply:
        """Send again, from where it stopped.

        Raises NotFound, Forbidden. Emits ``webhook:update``.
        """
        return self._set_state(ident, "active")

    @command
    def renew_webhook_secret(self, ident: str) -> JsonObject:
        """Give it a new secret; the one before signs, too, for a day.

        Raises NotFound, Forbidden. Emits ``webhook:update``.
        """
        row = self._locked(ident)
        secret, until = new_secret(), datetime.now(UTC).replace(tzinfo=None) + OLD_SECRET
        values = {"secret": sealed(self, secret), "old_secret": row["secret"]}
        self._change(row, {**values, "old_secret_until": until})
        self.skip_idempotency()
        return {"secret": secret, "old_secret_until": until.isoformat(timespec="seconds")}

    @command
    def test_webhook(self, ident: str) -> Reply:
        """Send it ``webhook:test`` now, and answer what came back.

        Raises NotFound, Forbidden, Unavailable (no sender is at work).
        """
        row = self._locked(ident)
        test = self._add_cursor(row["id"], "test", 0)
        self.commit_now()
        ends_at = time.monotonic() + TEST_SECONDS
        # The sender is another process; it knows of this one's question by the cursor only.
        while (found := self._delivery(test)) is None and time.monotonic() < ends_at:
            time.sleep(LOOK_SECONDS)
        if found is None:
            message = "No sender of webhooks is at work."
            raise Unavailable(message)
        return Reply(found.encode())

    @query
    def list_deliveries(self, ident: str, query: dict[str, str] | None = None) -> Reply:
        """What was sent, newest first, by the page. Raises NotFound, Forbidden, InvalidInput."""
        asked, webhook = queries.read(DeliveryQuery, query), self._permitted(ident)
        page = Page(asked.page, asked.limit)
        own = SENT.webhook_id == webhook
        rows = (
            _deliveries().where(own).order_by(SENT.id.desc()).limit(page.rows).offset(page.offset)
        )
        with self.database.read() as connection:
            total = connection.scalar(
                sa.select(sa.func.count()).select_from(webhook_delivery).where(own)
            )
            texts = connection.scalars(rows_as_json(rows)).all()
        return compressed(envelope(",".join(texts), total or 0, *page))

    @command
    def replay_webhook(self, ident: str, data: Json = None) -> JsonObject:
        """Send the events of a range again, beside the others; a header marks them.

        Raises NotFound, Forbidden, InvalidInput, Refused (too many at once).
        """
        order = bodies.read(ReplayOrder, data)
        _check_order("position", order.from_position, order.to_position)
        _check_order("time", order.from_time, order.to_time)
        row = self._locked(ident)
        first = self._place(order.from_position, order.from_time, "from", -1)
        last = self._place(order.to_position, order.to_time, "to", 0)
        running = sa.select(sa.func.count()).where(
            CURSOR.webhook_id == row["id"], CURSOR.kind == "replay"
        )
        if (self.tx.connection.scalar(running) or 0) >= REPLAYS:
            message = f"At most {REPLAYS} replays of a webhook run at once."
            raise Refused(message)
        self._add_cursor(row["id"], "replay", first, last)
        return {"from_position": first + 1, "to_position": last}

    # --- rows -----------------------------------------------------------------------------------

    def _permitted(self, ident: str) -> UUID:
        webhook = row_id(ident)
        reading.permit(self, self.registry["webhooks"], manager, webhook)
        return webhook

    def _locked(self, ident: str) -> Values:
        """The webhook, locked. Raises InvalidInput, NotFound, Forbidden."""
        # Its production never changes, so what was permitted is permitted still.
        return self.tx.locked(WEBHOOK, self._permitted(ident))

    def _set_state(self, ident: str, state: str) -> Reply:
        row = self._locked(ident)
        self._change(row, {"state": state, "reason": None})
        if state == "active":
            # At once, whatever pause the last failure had earned.
            self.tx.connection.execute(
                sa.update(webhook_cursor)
                .where(CURSOR.webhook_id == row["id"])
                .values(failures=0, failing_since=None, next_at=sa.func.now())
            )
        return Reply(self.registry["webhooks"].view(self.tx, row["id"], relations=False))

    def _change(self, row: Values, values: Values) -> None:
        self.tx.connection.execute(
            sa.update(WEBHOOK)
            .where(WEBHOOK.c.id == row["id"])
            .values({**values, "updated_at": NOW})
        )
        self.tx.emit(self.registry.event(self.registry["webhooks"], "update", row))
        wake_senders(self, row["id"])

    def _add_cursor(
        self, webhook: UUID, kind: str, position: int, until: int | None = None
    ) -> UUID:
        ident = uuid4()
        values = {"id": ident, "webhook_id": webhook, "kind": kind}
        self.tx.connection.execute(
            sa.insert(webhook_cursor).values(**values, position=position, until=until)
        )
        wake_senders(self)
        return ident

    def _delivery(self, event: UUID) -> str | None:
        rows = rows_as_json(_deliveries().where(SENT.event_id == event))
        with self.database.read() as connection:
            text: str | None = connection.scalar(rows)
        return text

    def _place(
        self, position: int | UnsetType, moment: datetime | UnsetType, end: str, offset: int
    ) -> int:
        """The position at which a replay begins or ends. Raises InvalidInput."""
        if (position is UNSET) == (moment is UNSET):
            message = f"{end}_position or {end}_time is required, and not both."
            raise InvalidInput(message)
        head = sa.select(sa.func.coalesce(sa.func.max(event_history.c.position), 0))
        newest = int(self.tx.connection.scalar(head) or 0)
        if position is not UNSET:
            return min(position + offset, newest)
        since = sa.func.timezone("utc", sa.literal(moment))
        recorded = event_history.c.recorded_at
        before = head.where(recorded < since if end == "from" else recorded <= since)
        return int(self.tx.connection.scalar(before) or 0)


def _check_order(name: str, first: T | UnsetType, last: T | UnsetType) -> None:
    """Raise InvalidInput for a range that ends before it begins."""
    if first is not UNSET and last is not UNSET and last < first:
        message = f"to_{name} ({last}) must not be before from_{name} ({first})."
        raise InvalidInput(message)


def _deliveries() -> Any:
    sent_at = sa.func.date_trunc("second", sa.func.timezone("utc", SENT.sent_at))
    shown = {SENT.id: SENT.id.label("number"), SENT.sent_at: sent_at.label("sent_at")}
    return sa.select(*(shown.get(column, column) for column in webhook_delivery.c))
