"""Who hears an event: decided by its audience and the listener's actor, without a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from gateway.live.assignments import Assignments
    from gateway.live.event import LiveEvent
    from services.common.actor import Actor

VENDOR: Final = "vendor"
NOTHING: Final[frozenset[str]] = frozenset()


class Hearing(Protocol):
    """Somebody who listens: who they are, and for vendors which tasks they have."""

    actor: Actor
    assigned: Assignments


def hears(who: Hearing, event: LiveEvent) -> bool:
    """Whether somebody may hear of an event.

    Administrators hear all. Others do whom it names, and those whose role counts: in its production
    if it has one, whatever they are in the studio, else in the studio.
    """
    actor, audience = who.actor, event.audience
    if actor.role == "admin":
        return True
    is_meant = actor.id in audience.people
    if is_meant and not audience.team:
        return True
    role = actor.projects.get(event.project) if event.project else actor.role
    if role is None or (role not in audience.roles and not is_meant):
        return False
    return role != VENDOR or _is_theirs(who, event)


def _is_theirs(who: Hearing, event: LiveEvent) -> bool:
    """Whether a vendor works on what the event is about."""
    audience = event.audience
    if audience.entity and not who.assigned.has_entity(audience.entity, event.position):
        return False
    if audience.task and not who.assigned.has_task(audience.task, event.position):
        return False
    return not audience.departments or not who.actor.departments.isdisjoint(audience.departments)


def hidden(actor: Actor, event: LiveEvent) -> frozenset[str]:
    """The changed fields that somebody who hears an event doesn't see."""
    if not event.audience.hidden or actor.is_admin:
        return NOTHING
    role = actor.projects.get(event.project, actor.role) if event.project else actor.role
    return event.audience.hidden_from(role)
