"""Events of the history as one webhook hears them: filtered, and without what is hidden."""

from __future__ import annotations

import fnmatch
import re
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

import msgspec

from services.common.contracts.full_events import Audience, FullEvent
from services.common.contracts.subscribers import MANAGER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.contracts.full_events import Recorded

_audience: Final = msgspec.json.Decoder(Audience).decode
_event: Final = msgspec.json.Decoder(FullEvent).decode


class Hearer(NamedTuple):
    """Whose rights to hear count."""

    id: UUID
    is_admin: bool


class Subscription(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What a webhook wants to hear; null means all."""

    names: Sequence[str] = ()
    project_id: UUID | None = None
    entity_id: UUID | None = None
    task_id: UUID | None = None
    person_id: UUID | None = None

    @cached_property
    def _name(self) -> re.Pattern[str]:
        patterns = (fnmatch.translate(name) for name in self.names or ("*",))
        return re.compile("|".join(patterns))

    def body_for(self, event: Recorded, hearer: Hearer) -> bytes | None:
        """What is sent of an event; None if it is not for this webhook."""
        if not self._name.match(event.name):
            return None
        if self.project_id is not None and event.project_id != self.project_id:
            return None
        about = self.entity_id or self.task_id or self.person_id
        # Most events are sent as they are, unparsed.
        if hearer.is_admin and about is None:
            return event.text.encode()
        full = _event(event.text)
        if not self._is_about(full):
            return None
        if hearer.is_admin:
            return event.text.encode()
        return _told(full, _audience(event.audience), hearer)

    def _is_about(self, event: FullEvent) -> bool:
        about = event.about
        pairs = (
            (self.entity_id, about.entity),
            (self.task_id, about.task),
            (self.person_id, about.person),
        )
        return all(wanted is None or (one and one.id == wanted) for wanted, one in pairs)


def _told(event: FullEvent, audience: Audience, hearer: Hearer) -> bytes | None:
    """What a manager of the event's production is told of it."""
    if MANAGER not in audience.roles and hearer.id not in audience.people:
        return None
    shown = audience.shown_to(MANAGER, event.changes)
    return msgspec.json.encode(msgspec.structs.replace(event, changes=shown))
