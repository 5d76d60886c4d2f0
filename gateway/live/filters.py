"""Which of the events that somebody may hear they want to hear."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from services.common.contracts.types import UNSET
from services.common.errors import invalid_field

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


class Filters(NamedTuple):
    """Events that match all that is given."""

    project: UUID | None = None
    entity: UUID | None = None
    task: UUID | None = None
    person: UUID | None = None
    names: re.Pattern[str] | None = None

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
            (self.project is None or event.project == self.project)
            and (self.entity is None or event.entity == self.entity)
            and (self.task is None or event.task == self.task)
            and (self.person is None or event.person == self.person)
            and (self.names is None or self.names.fullmatch(event.name) is not None)
        )


def _names(patterns: Iterable[str]) -> re.Pattern[str]:
    given = list(patterns)
    if len(given) > PATTERNS:
        raise invalid_field("name", f"{len(given)} names were given; {PATTERNS} are the most.")
    for pattern in given:
        if not PATTERN.fullmatch(pattern) or pattern.count("*") > STARS:
            message = f"{pattern!r} is no event name such as task:update or task:*."
            raise invalid_field("name", message)
    return re.compile("|".join(re.escape(one).replace(r"\*", "[a-z0-9_:-]*") for one in given))
