"""What a service tells of itself to administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.common.errors import Unavailable
from services.common.events.subscriber import handler_queues
from services.common.runtime.database_collector import WAITING
from services.common.version import VERSION
from services.common.wire.queue_depths import Depth, depths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.common.json_types import JsonObject
    from services.common.runtime.service import Service

AWAY: Final = "The message broker is away."


def state_of(service: Service) -> JsonObject:
    """The release of a service, its outbox, and the queues of its event handlers.

    Raises Unavailable.
    """
    with service.database.read() as connection:
        rows, age = connection.exec_driver_sql(WAITING).one()
    queues = sorted(handler_queues(type(service)))
    return {
        "version": VERSION,
        "outbox_events": rows,
        "outbox_age_seconds": round(max(0.0, float(age)), 1),
        "queues": [
            {"name": name, **depth._asdict()} for name, depth in ask_broker(service, queues).items()
        ],
    }


def ask_broker(service: Service, queues: Iterable[str]) -> dict[str, Depth]:
    """How full queues are. Raises Unavailable."""
    try:
        return depths(service.settings.amqp_uri, queues)
    except OSError as error:
        raise Unavailable(AWAY) from error
