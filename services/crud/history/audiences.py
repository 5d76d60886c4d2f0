"""Who hears of words that may be a client's: this service knows the teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.common.access.context import CallContext
    from services.common.contracts.full_events import Audience, Description
    from services.crud.history.names import Names

CLIENT: Final = "client"
Seat = tuple[UUID, UUID]
ROLES: Final = """
SELECT project_id, person_id, role FROM project_person_link
JOIN unnest(%(projects)s::uuid[], %(people)s::uuid[]) AS wanted (project_id, person_id)
  USING (project_id, person_id)
"""


def decided(ctx: CallContext, names: Names, described: Sequence[Description]) -> list[Audience]:
    """The audience of each event; a client's role in the production counts, else in the studio."""
    seats = {(one.project_id, one.person_id) for one in described if one.by_client is not None}
    roles = _roles(ctx, [(p, q) for p, q in seats if p is not None and q is not None])
    return [_decided(one, names, roles) for one in described]


def _decided(described: Description, names: Names, roles: dict[Seat, str | None]) -> Audience:
    project, author = described.project_id, described.person_id
    if described.by_client is None or project is None or author is None:
        return described.audience
    person = names.people.get(author)
    if person is None:
        # Deleted, with their words: whoever hears them from a client and from others, too.
        both = [role for role in described.by_client.roles if role in described.audience.roles]
        return replace(described.audience, roles=_unless_isolated(names, project, both))
    if (roles.get((project, author)) or person.get("role")) != CLIENT:
        return described.audience
    led = described.by_client
    return replace(led, roles=_unless_isolated(names, project, led.roles))


def _unless_isolated(names: Names, project: UUID, roles: Iterable[str]) -> tuple[str, ...]:
    """The roles, without clients where the production isolates them."""
    production = names.projects.get(project)
    isolated = production is not None and production.isolated
    return tuple(role for role in roles if not (isolated and role == CLIENT))


def _roles(ctx: CallContext, seats: Iterable[Seat]) -> dict[Seat, str | None]:
    """The roles that memberships give; None where the role in the studio counts."""
    wanted = [*seats]
    if not wanted:
        return {}
    projects, people = ([*map(str, ids)] for ids in zip(*wanted, strict=True))
    rows = ctx.database.rows(ROLES, projects=projects, people=people)
    return {(UUID(str(project)), UUID(str(person))): role for project, person, role in rows}
