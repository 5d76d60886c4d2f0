"""RPC methods of the console: how services, queues and webhooks do."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec
import sqlalchemy as sa

from services.common.access.rules import admin
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.service_state import ask_broker, state_of
from services.common.database.tables import table_of
from services.common.errors import ServiceError, Unavailable
from services.common.runtime.rpc_server import query
from services.common.runtime.spawned import spawned
from services.common.wire.rpc_protocol import Reply
from services.common.wire.topology import GATEWAYS, SERVICES
from services.crud.models import Webhook, event_history, webhook_cursor

if TYPE_CHECKING:
    from services.common.database.sql_types import Expression
    from services.common.json_types import JsonObject

#: Seconds for a service to tell of itself.
SECONDS: Final = 4.0
W: Final = table_of(Webhook).c
CURSOR: Final = webhook_cursor.c
UNKNOWN: Final[dict[str, Any]] = {
    "version": None,
    "outbox_events": None,
    "outbox_age_seconds": None,
    "queues": [],
}


class ConsoleRpc(ResourceService):
    """What the console asks for, besides dead letters and generic CRUD."""

    @query
    def list_services(self) -> list[JsonObject]:
        """The services and the gateway: processes, queues, outboxes, releases.

        For administrators. Raises Forbidden.
        """
        admin.check(self, {})
        threads = {name: spawned(self._state, name) for name in SERVICES}
        depths = {}
        with suppress(Unavailable):
            depths = ask_broker(self, [*map(_requests, SERVICES), GATEWAYS])
        result = []
        for name, thread in threads.items():
            depth = depths.get(_requests(name))
            numbers = (None, None) if depth is None else (depth.consumers, depth.waiting)
            known = dict(zip(("processes", "waiting"), numbers, strict=True))
            result.append({"name": name, **known, **thread.wait()})
        gateways = depths[GATEWAYS].consumers if GATEWAYS in depths else None
        return [
            {"name": "gateway", "processes": gateways, "waiting": None, **UNKNOWN, "error": None},
            *result,
        ]

    def _state(self, name: str) -> dict[str, Any]:
        """What a service tells of itself, or why it does not."""
        try:
            if name == self.name:
                return {**state_of(self), "error": None}
            body = self.call_service(name, "report_state", {}, seconds=SECONDS)
        except ServiceError as error:
            return {**UNKNOWN, "error": error.message}
        return {**msgspec.json.decode(body), "error": None}

    @query
    def list_webhook_states(self) -> Reply:
        """All webhooks, and how far each is behind.

        For administrators. Raises Forbidden.
        """
        admin.check(self, {})
        with self.database.read() as connection:
            texts = connection.scalars(rows_as_json(_webhooks())).all()
        return Reply(f"[{','.join(texts)}]".encode())


def _requests(service: str) -> str:
    return f"rpc-{service}"


def _webhooks() -> Any:
    position = event_history.c.position
    head = sa.select(sa.func.coalesce(sa.func.max(position), 0)).scalar_subquery()
    # The index of positions: one look-up for each webhook.
    oldest = (
        sa.select(sa.func.extract("epoch", sa.func.now() - event_history.c.recorded_at))
        .where(position > CURSOR.position)
        .order_by(position)
        .limit(1)
        .scalar_subquery()
    )
    replay = sa.alias(webhook_cursor, "replay")
    replays = (
        sa.select(sa.func.count())
        .where(replay.c.webhook_id == W.id, replay.c.kind == "replay")
        .scalar_subquery()
    )
    lag = sa.func.round(sa.func.greatest(sa.func.coalesce(oldest, 0), 0), 1)
    live = sa.and_(CURSOR.webhook_id == W.id, CURSOR.kind == "live")
    return (
        sa.select(
            *(W[name] for name in ("id", "url", "description", "names", "project_id")),
            *(W[name] for name in ("state", "reason")),
            sa.func.greatest(head - sa.func.coalesce(CURSOR.position, head), 0).label("behind"),
            lag.label("lag_seconds"),
            sa.func.coalesce(CURSOR.failures, 0).label("failures"),
            _moment(CURSOR.failing_since).label("failing_since"),
            sa.case((CURSOR.failures > 0, _moment(CURSOR.next_at))).label("next_at"),
            replays.label("replays"),
        )
        .select_from(table_of(Webhook).outerjoin(webhook_cursor, live))
        .order_by(W.created_at, W.id)
    )


def _moment(column: Expression) -> Any:
    return sa.func.date_trunc("second", sa.func.timezone("utc", column))
