"""Described events: an event with what changed, and the names that a receiver needs to act on it.

The owner of an event describes it (``Description``) and says who may hear it (``Audience``);
``crud`` asks the owners, numbers the events, keeps them, and publishes each as a ``FullEvent`` to
the exchange ``callboard.full``.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import msgspec

from services.common.contracts.types import about as told

#: Roles in a production, from those that see all of it to those that see least.
STUDIO: Final = ("manager", "supervisor", "user")
ALL: Final = (*STUDIO, "client", "vendor")
#: The key of ``Audience.hidden`` for every role but administrators.
OTHERS: Final = "others"
#: The message header with the audience, as JSON.
AUDIENCE: Final = "audience"


class Audience(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who may hear an event, as somebody with the actor in hand decides it without a query.

    Administrators hear all of it. Somebody else hears it who is one of ``people``, or whose role
    counts: in the event's production if it has one, else in the studio. Rights to hear are those to
    read the row by its id.
    """

    #: The roles that hear it.
    roles: tuple[str, ...] = ()
    #: People who hear it whatever their role is.
    people: tuple[UUID, ...] = ()
    #: Whether they do so only in the team of its production, vendors only as below.
    team: bool = False
    #: Of vendors, only those who have a task on this entity, or who are assigned to this task.
    entity: UUID | None = None
    task: UUID | None = None
    #: Of vendors, only those of one of these departments; empty: all.
    departments: tuple[UUID, ...] = ()
    #: Changed fields that a role does not hear of; ``OTHERS`` are all but administrators.
    hidden: dict[str, tuple[str, ...]] = {}

    def hidden_from(self, role: str) -> frozenset[str]:
        """The changed fields that somebody with a role, who is no administrator, does not see."""
        return frozenset((*self.hidden.get(role, ()), *self.hidden.get(OTHERS, ())))

    def shown_to(self, role: str, changes: Changes) -> Changes:
        """The changes that somebody with a role, who is no administrator, sees of these."""
        hidden = self.hidden_from(role)
        return {name: change for name, change in changes.items() if name not in hidden}


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A row by its id and name."""

    id: Annotated[UUID, told("The id of the row.")]
    name: Annotated[str | None, told("Its name.", "Lighthouse")]


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """A field before and after: null before the row was there, and after it is gone."""

    before: Annotated[Any, told("Free JSON; null where the row was not there.")] = None
    after: Annotated[Any, told("Free JSON; null where the row is gone.")] = None


Changes = dict[str, FieldChange]


class Description(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the owner of an event's row knows of it."""

    audience: Audience
    #: The audience instead, if it turns out that ``person_id`` is a client in the production;
    #: without clients where the production isolates them.
    by_client: Audience | None = None
    changes: Changes = {}
    #: The event's production, where its payload has none.
    project_id: UUID | None = None
    entity_id: UUID | None = None
    person_id: UUID | None = None
    task: Named | None = None
    task_type: Named | None = None
    task_status: Named | None = None


class EntityNamed(msgspec.Struct, frozen=True, kw_only=True):
    """An entity: its kind and its path, from the episode down."""

    id: Annotated[UUID, told("The id of the entity.")]
    name: Annotated[str | None, told("Its name.", "P01")]
    kind: Annotated[str | None, told("Asset, Shot, Sequence and so on.", "Shot")]
    path: Annotated[str, told("Where it belongs, and its name.", "E01 / S01 / P01")]


class PersonNamed(msgspec.Struct, frozen=True, kw_only=True):
    """A person."""

    id: Annotated[UUID, told("The id of the person.")]
    full_name: Annotated[str, told("First and last name.", "Ema Doe")]


class About(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an event is about; what does not apply is left out."""

    project: Annotated[Named | None, told("The production.")] = None
    entity: Annotated[EntityNamed | None, told("The asset, shot, sequence and so on.")] = None
    task: Annotated[Named | None, told("The task.")] = None
    task_type: Annotated[Named | None, told("The type of the task.")] = None
    task_status: Annotated[Named | None, told("The status of the task, after the event.")] = None
    person: Annotated[
        PersonNamed | None,
        told("Whom it concerns: the assignee, the author of the comment, the receiver."),
    ] = None


class DescribedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A described event that has no position yet."""

    id: Annotated[UUID, told("The id of the event.")]
    name: Annotated[str, told("What happened.", "task:update")]
    time: Annotated[str, told("When it was emitted, in UTC.", "2026-01-05T10:00:00")]
    project_id: Annotated[UUID | None, told("The production that it is about.")]
    actor: Annotated[PersonNamed | None, told("Who made the change; null for the system.")]
    data: Annotated[dict[str, Any], told("The payload, as the service's own exchange has it.")]
    changes: Annotated[Changes, told("The fields of the row that changed, by their names.")]
    about: Annotated[About, told("What it is about.")]


class FullEvent(DescribedEvent, frozen=True, kw_only=True):
    """A described event, as streams, web hooks and the exchange ``callboard.full`` carry it."""

    position: Annotated[
        int, told("Its place among all events: grows from one to the next, with gaps.", 4711)
    ]


class Recorded(NamedTuple):
    """An event as the history keeps it; body and audience are JSON."""

    position: int
    id: UUID
    name: str
    project_id: UUID | None
    #: A ``DescribedEvent``.
    body: str
    audience: str

    @property
    def text(self) -> str:
        """The ``FullEvent`` as JSON."""
        return f'{{"position":{self.position},{self.body[1:]}'

    @property
    def headers(self) -> dict[str, Any]:
        """The headers of its message; the production is for bindings: queues can't read bodies."""
        project = {"project_id": str(self.project_id)} if self.project_id else {}
        headers = {"event_id": str(self.id), "position": self.position, AUDIENCE: self.audience}
        return {**headers, **project}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An event that its owner is asked to describe; the rows are those of ``Delivery``."""

    name: str
    payload: dict[str, Any]
    project_id: UUID | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
