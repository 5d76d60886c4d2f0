"""Whose words are a client's: the author's role in the production decides, as for all rights.

The team is ``crud``'s, the role in the studio, which fills in where a membership has none, is
``auth``'s. Both are asked at once, and once a request; only for callers from whom it hides words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.database.sql_types import Condition, Expression
from services.common.errors import MethodUnknown, Unavailable
from services.common.json_types import JsonObject

CLIENT: Final = "client"
#: Where the answer is kept for the rest of the call.
KEPT: Final = "clients"


@dataclass(frozen=True)
class Clients:
    """The clients of some productions."""

    #: People whose role in the studio is client.
    studio: frozenset[UUID]
    #: Members with the role client, and members with another one, by production.
    clients: Mapping[UUID, frozenset[UUID]]
    others: Mapping[UUID, frozenset[UUID]]
    #: Productions that hide their clients' words from each other.
    isolated: frozenset[UUID]

    def include(self, project: UUID | None, person: UUID | str | None) -> bool:
        """Whether a person is a client in the production, or was and has left it."""
        if project is None or person is None:
            return False
        ident = UUID(str(person))
        if ident in self.clients.get(project, ()):
            return True
        return ident in self.studio and ident not in self.others.get(project, ())

    def wrote(self, production: Expression, author: Expression) -> Condition:
        """The condition that the author is a client in the production."""
        by_role = _pairs(production, author, self.clients)
        if not self.studio:
            return by_role
        by_studio = author == sa.any_(sa.cast(sorted(self.studio), sa.ARRAY(sa.Uuid)))
        elsewise = {project: people & self.studio for project, people in self.others.items()}
        return by_role | (by_studio & sa.not_(_pairs(production, author, elsewise)))


def _pairs(
    production: Expression, author: Expression, people: Mapping[UUID, Collection[UUID]]
) -> Condition:
    pairs = [(project, one) for project, found in people.items() for one in sorted(found)]
    return sa.tuple_(production, author).in_(pairs) if pairs else sa.false()


def clients_in(ctx: CallContext, projects: Collection[UUID]) -> Clients:
    """The clients of these productions, and maybe of others; asked for once a call."""
    wanted = frozenset(projects)
    kept: dict[frozenset[UUID], Clients] = ctx.call.setdefault(KEPT, {})
    found = next((clients for known, clients in kept.items() if wanted <= known), None)
    if found is None:
        ids = sorted(map(str, wanted))
        found = kept[wanted] = _ask(ctx, ids)
    return found


def _ask(ctx: CallContext, ids: list[str]) -> Clients:
    asked = [("crud", "list_client_roles", {"project_ids": ids}), ("auth", "list_clients", {})]
    try:
        roles, studio = ctx.ask_all(asked)
    except MethodUnknown:
        # Of the release before: until it is replaced, nobody is shown what may be hidden from them.
        message = "Who is a client can't be told yet."
        raise Unavailable(message) from None
    return _read(roles, studio)


def _read(roles: JsonObject, studio: list[str]) -> Clients:
    by_project = {UUID(project): found for project, found in roles.items()}
    return Clients(
        studio=frozenset(map(UUID, studio)),
        clients={p: frozenset(map(UUID, found["clients"])) for p, found in by_project.items()},
        others={p: frozenset(map(UUID, found["others"])) for p, found in by_project.items()},
        isolated=frozenset(p for p, found in by_project.items() if found["isolated"]),
    )
