"""Routes of live events, which the gateway answers itself (``gateway.live``).

The RPC method is the one that the events come from where this process has no longer got them.
"""

from gateway.routes.table import Route
from services.common.contracts.crud.live_events import EventFilter, EventPoll, LiveEvents
from services.common.contracts.full_events import FullEvent

HISTORY = "crud.list_history"

# fmt: off
ROUTES = (
    Route("GET", "/events",        HISTORY, answer="poll",   query=EventPoll,   returns=LiveEvents, summary="Events after a position; waits for the next one if there is none."),
    Route("GET", "/events/stream", HISTORY, answer="stream", query=EventFilter, returns=FullEvent, summary="Events as they happen, as Server-Sent Events."),
)
# fmt: on
