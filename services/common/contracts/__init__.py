"""Events: what a service publishes after a change has committed.

There is one module per owning service; the ``<resource>:new``, ``:update`` and ``:delete`` events
of generic CRUD are declared from the registries by ``declare``. The catalogue maps names to classes
and rejects duplicates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

import msgspec

#: Every event class by its name, which is its routing key.
CATALOGUE: Final[dict[str, type[Event]]] = {}

#: How names of fields begin that are sent in a message's headers, for this system's own processes:
#: subscribers know the payload without them.
HEADER: Final = "@"

Known = Annotated[UUID | msgspec.UnsetType, "omitted from the payload when unknown"]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every event: a flat payload of ids, numbers, booleans and lists of ids.

    Evolve by adding optional fields; a changed meaning gets a new name. ``stored`` events are
    written to the log that ``GET /data/events/last`` reads; the others are only published.
    """

    event_name: ClassVar[str] = ""
    owner: ClassVar[str] = ""
    stored: ClassVar[bool] = True
    #: Whether clients on sockets get it: they know the documented events, and no others of ours.
    on_sockets: ClassVar[bool] = True
    #: The services whose handlers of this event change what clients read there.
    handled_by: ClassVar[tuple[str, ...]] = ()
    #: Whether such a handler emits events itself: the write is then answered after it, not before.
    awaited: ClassVar[bool] = False

    def payload_json(self) -> str:
        """The message body: UTF-8 JSON of the payload, and of what its relay makes headers of."""
        return msgspec.json.encode(self).decode()

    @property
    def project(self) -> UUID | None:
        """The production of the event, for routing and access; None for studio-wide events."""
        # Not a field of the base class: many events have no production, and Known may be UNSET.
        value = getattr(self, "project_id", None)
        return value if isinstance(value, UUID) else None

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
    on_sockets: bool = True,
    handled_by: tuple[str, ...] = (),
    awaited: bool = False,
) -> Any:
    """Register an event class in the catalogue: ``@event("tasks", "task:assign")``.

    ``on_sockets``, ``handled_by`` and ``awaited``: see ``Event``.
    """

    def register(cls: type[Event]) -> type[Event]:
        if name in CATALOGUE:
            message = f"event {name!r} declared twice"
            raise TypeError(message)
        cls.event_name, cls.owner = name, owner
        cls.stored, cls.on_sockets = stored, on_sockets
        cls.handled_by, cls.awaited = handled_by, awaited
        CATALOGUE[name] = cls
        return cls

    return register


def declare(owner: str, name: str, key: str, *, project: bool) -> type[Event]:
    """The event class of a generic CRUD change; a hand-written declaration takes precedence."""
    if name in CATALOGUE:  # hand-written, with more fields than these
        return CATALOGUE[name]
    fields: list[Any] = [(key, UUID)]
    if project and key != "project_id":
        fields.append(("project_id", Known, msgspec.UNSET))
    title = "".join(part.capitalize() for part in name.replace(":", "-").split("-"))
    verb = {"new": "was created", "update": "was changed", "delete": "was deleted"}[
        name.split(":")[1]
    ]
    declared = msgspec.defstruct(
        title,
        fields,
        bases=(RowEvent,),
        frozen=True,
        kw_only=True,
        namespace={"__doc__": f"A {name.split(':', maxsplit=1)[0].replace('-', ' ')} {verb}."},
    )
    return event(owner, name)(declared)  # type: ignore[no-any-return]


def subject_of(name: str) -> str:
    """What an event is about: ``task`` of ``task:assign``."""
    return name.partition(":")[0]


def subject_id(name: str, payload: Mapping[str, Any]) -> UUID | None:
    """The id of the row that an event is about: ``task_id`` of ``task:assign``; None for others."""
    ident = payload.get(f"{subject_of(name).replace('-', '_')}_id")
    try:
        return UUID(ident) if ident else None
    except (TypeError, ValueError, AttributeError):
        return None
