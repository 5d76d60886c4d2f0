"""What accounts for programs hear of events, and the routing keys by which the broker decides it.

They hear what managers do: of their productions, or with all productions of the studio, too.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final, NamedTuple, Self
from uuid import UUID

import msgspec

from services.common.contracts.full_events import Audience, DescribedEvent, Recorded

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The role whose rights accounts have, and the first word of their routing keys.
MANAGER, MANAGERS = "manager", "managers"
#: The word of an event without a production.
STUDIO: Final = "-"
STAR: Final = "*"
KEY: Final = re.compile(rf"{MANAGERS}\.(\*|[0-9a-f-]{{36}})\.([^.#]+)\.([^.#]+)")
_audience: Final = msgspec.json.Decoder(Audience).decode
_described: Final = msgspec.json.Decoder(DescribedEvent).decode


class Heard(NamedTuple):
    """What an account hears: productions (None: all, and the studio), and names of events."""

    productions: frozenset[UUID] | None
    names: frozenset[str]

    @property
    def keys(self) -> set[str]:
        """The routing keys by which its queue is bound."""
        productions = [STAR] if self.productions is None else [*map(str, self.productions)]
        return {_key(*pair) for pair in itertools.product(productions, self.names)}

    @property
    def patterns(self) -> list[str]:
        """The names as patterns of SQL."""
        return sorted(name.replace("_", r"\_").replace(STAR, "%") for name in self.names)

    @classmethod
    def of_keys(cls, keys: Iterable[str]) -> Self:
        """What a queue with these bindings hears; keys that nobody here makes are left out."""
        words = [found.groups() for key in keys if (found := KEY.fullmatch(key))]
        productions = {production for production, _, _ in words}
        return cls(
            None if STAR in productions else frozenset(map(UUID, productions)),
            frozenset(f"{subject}:{happened}" for _, subject, happened in words),
        )


def routing_key(event: Recorded) -> str:
    """The key by which accounts get an event that managers hear."""
    return _key(str(event.project_id or STUDIO), event.name)


def _key(production: str, name: str) -> str:
    subject, _, happened = name.partition(":")
    return f"{MANAGERS}.{production}.{subject}.{happened}"


def as_managers_hear(event: Recorded) -> Recorded | None:
    """An event without the changes that managers don't see; None where they don't hear of it.

    It is the same object if they see all of it, as nearly always.
    """
    audience = _audience(event.audience)
    if MANAGER not in audience.roles:
        return None
    if not audience.hidden_from(MANAGER):
        return event
    described = _described(event.body)
    shown = audience.shown_to(MANAGER, described.changes)
    if len(shown) == len(described.changes):
        return event
    body = msgspec.json.encode(msgspec.structs.replace(described, changes=shown))
    return event._replace(body=body.decode())
