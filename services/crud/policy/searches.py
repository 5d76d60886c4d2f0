"""The policies of saved searches and their groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import sqlalchemy as sa

from services.common.access.policy import STUDIO, Policy, Sight
from services.common.access.rules import Facts, Rule
from services.common.crud import json_parts
from services.common.database.sql_types import Condition, Expression
from services.common.database.tables import table_of
from services.common.json_types import JsonObject
from services.crud.models import SearchFilter, SearchFilterGroup
from services.crud.policy import production_rows
from services.crud.policy.production_rows import PERSON, PROJECT

if TYPE_CHECKING:
    from services.common.access.context import CallContext
    from services.common.actor import Actor

MANAGERS: Final = ("admin", "manager")


class Viewer(NamedTuple):
    """The properties of an actor on which the statements depend; few, so each can be prepared."""

    is_admin: bool
    is_manager: bool

    @classmethod
    def of(cls, actor: Actor) -> Viewer:
        """The viewer's properties of an actor."""
        return cls(actor.is_admin, actor.role in MANAGERS)


def parameters(actor: Actor) -> JsonObject:
    """The parameters of the prepared statements: ``person``, ``departments``, ``managed``."""
    # Managers of a production see the searches of all of its departments.
    managed = [str(project) for project, role in actor.projects.items() if role == "manager"]
    return {
        "person": str(actor.id) if actor.id else None,
        "departments": [str(ident) for ident in actor.departments],
        "managed": managed,
    }


class Given(NamedTuple):
    """The caller in a statement: parameters where it is prepared, else values."""

    person: Expression = PERSON
    departments: Expression = json_parts.idents("departments")
    managed: Expression = json_parts.idents("managed")

    @classmethod
    def of(cls, actor: Actor) -> Given:
        """The values of an actor."""
        given = parameters(actor)
        arrays = (sa.cast(given[name], sa.ARRAY(sa.Uuid)) for name in ("departments", "managed"))
        return cls(sa.cast(given["person"], sa.Uuid), *map(sa.any_, arrays))


#: The caller as the parameters of a prepared statement.
PARAMETERS: Final = Given()


def visible_to(viewer: Viewer, table: sa.FromClause, given: Given = PARAMETERS) -> Condition:
    """The caller's own rows and those shared with them, of open productions or of none.

    Rows of a department are visible to its members, and to managers: of their production, or of the
    studio where they have none.
    """
    column = table.c
    reached = sa.select(PROJECT.c.id).where(
        production_rows.seen_by(given.person, is_admin=viewer.is_admin)
    )
    shared = sa.and_(
        column.is_shared, sa.or_(column.project_id.is_(None), column.project_id.in_(reached))
    )
    is_open = column.project_id.in_(sa.select(PROJECT.c.id).where(production_rows.IS_OPEN))
    seen = sa.and_(
        sa.or_(column.person_id == given.person, shared),
        sa.or_(column.project_id.is_(None), is_open),
    )
    if viewer.is_admin:
        return seen
    return sa.and_(
        seen,
        sa.or_(
            column.department_id.is_(None),
            column.department_id == given.departments,
            column.project_id == given.managed,
            column.project_id.is_(None) if viewer.is_manager else sa.false(),
        ),
    )


def seen_by_caller(ctx: CallContext, table: sa.FromClause) -> Condition:
    """``visible_to`` the caller, for a statement that is not prepared."""
    return visible_to(Viewer.of(ctx.actor), table, Given.of(ctx.actor))


def shares(ctx: CallContext, facts: Facts) -> bool:
    """Whether the caller may show a search of that production, or of none, to all."""
    project = facts["project_id"]
    role = ctx.actor.role if project is None else ctx.actor.role_in(project)
    return role in MANAGERS


#: Asked of a search as it is, and as it becomes.
sharer: Final = Rule(
    "to manage the production, or the studio where there is none", shares, ("project_id",)
)
OWN_AND_SHARED: Final = Sight("their own, and those shared with them", seen_by_caller)
_SEES: Final = dict.fromkeys((*STUDIO, "client", "vendor"), OWN_AND_SHARED)
SEARCHES: Final = Policy(
    kind="search-filters",
    table=table_of(SearchFilter),
    project=table_of(SearchFilter).c.project_id,
    sees=_SEES,
    may={"share, and change what is shared": sharer},
)
SEARCH_GROUPS: Final = Policy(
    kind="search-filter-groups",
    table=table_of(SearchFilterGroup),
    project=table_of(SearchFilterGroup).c.project_id,
    sees=_SEES,
    may={"share, and change what is shared": sharer},
)
