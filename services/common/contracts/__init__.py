"""Events: what a service publishes after a change has committed.

There is a module per owning service; the ``<resource>:new``, ``:update`` and ``:delete`` of generic
CRUD are declared from the registries by ``declare``. The catalogue holds all events by name, and
refuses duplicates.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

import msgspec

#: Every event class by its name, which is its routing key.
CATALOGUE: Final[dict[str, type[Event]]] = {}

Known = Annotated[UUID | msgspec.UnsetType, "left out of the payload when it is not known"]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every event: a flat payload of ids, numbers, booleans and lists of ids.

    Evolve by adding optional fields; a changed meaning is a new name. ``stored`` events enter the
    log that ``GET /data/events/last`` reads, the others are only published.
    """

    event_name: ClassVar[str] = ""
    owner: ClassVar[str] = ""
    stored: ClassVar[bool] = True
    #: The services whose handlers of this event change what clients read there.
    handled_by: ClassVar[tuple[str, ...]] = ()
    #: Whether such a handler emits events itself: the write is then answered after it, not before.
    awaited: ClassVar[bool] = False

    def payload_json(self) -> str:
        """The message body: UTF-8 JSON of the payload."""
        return msgspec.json.encode(self).decode()

    @property
    def project(self) -> UUID | None:
        """The production concerned, for routing and access; None where the studio is."""
        found = getattr(self, "project_id", None)
        return found if isinstance(found, UUID) else None

    @property
    def handlers(self) -> tuple[str, ...]:
        """The services that handle this very event; others may have nothing to do for it."""
        return self.handled_by


class RowEvent(Event, frozen=True, kw_only=True):
    """Base of the events of generic CRUD: the row's id, and its production where it has one."""


def event(
    owner: str,
    name: str,
    *,
    stored: bool = True,
    handled_by: tuple[str, ...] = (),
    awaited: bool = False,
) -> Any:
    """Register an event class in the catalogue: ``@event("tasks", "task:assign")``.

    ``handled_by`` and ``awaited``: see ``Event``.
    """

    def enter(cls: type[Event]) -> type[Event]:
        if name in CATALOGUE:
            message = f"event {name!r} declared twice"
            raise TypeError(message)
        cls.event_name, cls.owner, cls.stored = name, owner, stored
        cls.handled_by, cls.awaited = handled_by, awaited
        CATALOGUE[name] = cls
        return cls

    return enter


def declare(owner: str, name: str, key: str, *, project: bool) -> type[Event]:
    """The event class of a generic CRUD change; one declared by hand takes precedence."""
    if name in CATALOGUE:
        return CATALOGUE[name]
    fields: list[Any] = [(key, UUID)]
    if project and key != "project_id":
        fields.append(("project_id", Known, msgspec.UNSET))
    title = "".join(part.capitalize() for part in name.replace(":", "-").split("-"))
    verb = {"new": "was created", "update": "was changed", "delete": "is gone"}[name.split(":")[1]]
    made = msgspec.defstruct(
        title,
        fields,
        bases=(RowEvent,),
        frozen=True,
        kw_only=True,
        namespace={"__doc__": f"A {name.split(':', maxsplit=1)[0].replace('-', ' ')} {verb}."},
    )
    return event(owner, name)(made)  # type: ignore[no-any-return]
