"""Which of the events that somebody may hear they want to hear."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from services.common.contracts import Event
from services.common.contracts.assets import events as assets
from services.common.contracts.auth import events as auth
from services.common.contracts.chat import events as chat
from services.common.contracts.crud import events as crud
from services.common.contracts.tasks import events as tasks
from services.common.contracts.types import UNSET
from services.common.errors import invalid_field
from services.common.wire.topology import ROWS_GONE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from gateway.live.event import LiveEvent
    from services.common.contracts.crud.live_events import EventFilter

#: What a name may be filtered by: an event's name with ``*`` for any part of it.
PATTERN: Final = re.compile(r"[a-z0-9_:*-]{1,80}")
PATTERNS: Final = 50
#: More would make matching slow on a name with many equal letters.
STARS: Final = 3
#: Events of this system's own, which clients on sockets don't know and don't get.
OFF_SOCKETS: Final = frozenset(
    {
        ROWS_GONE,
        *(
            cls.event_name
            for module in (assets, auth, chat, crud, tasks)
            for cls in vars(module).values()
            if isinstance(cls, type) and issubclass(cls, Event) and not cls.on_sockets
        ),
    }
)


class Filters(NamedTuple):
    """Events that match all that is given."""

    project: UUID | None = None
    entity: UUID | None = None
    task: UUID | None = None
    person: UUID | None = None
    names: re.Pattern[str] | None = None
    #: Names of events that don't match.
    without: frozenset[str] = frozenset()

    @classmethod
    def of(cls, query: EventFilter) -> Filters:
        """Those of a query. Raises InvalidInput."""
        return cls(
            project=query.project_id or None,
            entity=query.entity_id or None,
            task=query.task_id or None,
            person=query.person_id or None,
            names=_names(query.name) if query.name is not UNSET else None,
        )

    def want(self, event: LiveEvent) -> bool:
        """Whether an event matches."""
        return (
            event.name not in self.without
            and (self.project is None or event.project == self.project)
            and (self.entity is None or event.entity == self.entity)
            and (self.task is None or event.task == self.task)
            and (self.person is None or event.person == self.person)
            and (self.names is None or self.names.fullmatch(event.name) is not None)
        )


#: What sockets get, whose clients choose by listening.
DOCUMENTED: Final = Filters(without=OFF_SOCKETS)


def _names(patterns: Iterable[str]) -> re.Pattern[str]:
    given = list(patterns)
    if len(given) > PATTERNS:
        raise invalid_field("name", f"{len(given)} names were given; {PATTERNS} are the most.")
    for pattern in given:
        if not PATTERN.fullmatch(pattern) or pattern.count("*") > STARS:
            message = f"{pattern!r} is no event name such as task:update or task:*."
            raise invalid_field("name", message)
    return re.compile("|".join(re.escape(one).replace(r"\*", "[a-z0-9_:-]*") for one in given))
