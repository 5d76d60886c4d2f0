"""The policy of the event log."""

from __future__ import annotations

from typing import Final

from services.common.access.policy import ALL, Policy
from services.common.database.tables import table_of
from services.crud.models import ApiEvent

EVENTS: Final = Policy(
    kind="events",
    table=table_of(ApiEvent),
    project=table_of(ApiEvent).c.project_id,
    sees={"manager": ALL},
    lists_closed=True,
)
