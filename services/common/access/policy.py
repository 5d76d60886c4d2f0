"""Policies: what each role of a production sees of one kind of thing, and may do to it.

A service declares one ``Policy`` a kind in its ``policy`` package. Lists take their conditions from
it, single reads their rule, answers their masks; ``docs/rights.md`` is the table of them all. What
somebody can't read by a thing's own route they can't read by another: whatever shows a thing asks
its policy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Facts, Rule
from services.common.actor import Actor
from services.common.database.sql_types import Columns, Condition, Expression
from services.common.json_types import Json


@dataclass(frozen=True, eq=False)
class Sight:
    """Rows of a kind that somebody sees, by the name that the table of rights has for them."""

    name: str
    #: The condition on the rows of a table or alias; None for all rows. It may ask other services,
    #: so it is made before a connection is taken.
    rows: Callable[[CallContext, sa.FromClause], Condition] | None = None
    #: The test of one row, where its facts tell without a statement.
    one: Callable[[CallContext, Facts], bool] | None = None
    #: The facts that ``one`` reads, besides ``id`` and ``project_id``.
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse one that single reads narrow and lists don't."""
        if self.one is not None and self.rows is None:
            message = f"{self.name} has no rows"
            raise TypeError(message)


#: All rows of the production. Roles that see nothing have no entry in ``Policy.sees``.
ALL: Final = Sight("all")
#: The studio's people in a production, who see all of most kinds.
STUDIO: Final[Mapping[str, Sight]] = {"manager": ALL, "supervisor": ALL, "user": ALL}
#: A part of a column's value, as an expression of the row: what people of these departments see.
Part = Callable[[frozenset[UUID]], Expression]


@dataclass(frozen=True, eq=False)
class Mask:
    """Columns shown with another value than their own.

    A constant (null, a number, an empty list of ids), or a part of the value.
    """

    name: str
    values: Mapping[str, Json | Part]


@dataclass(frozen=True, eq=False, kw_only=True)
class Policy:
    """The policy of one kind of thing, by role in the thing's production.

    Administrators see all of it, unmasked.
    """

    #: The kind in the plural, as routes name it: ``preview-files``.
    kind: str
    table: sa.FromClause
    #: The production of a row.
    project: Expression
    #: What lists show, by role.
    sees: Mapping[str, Sight]
    #: What may be read one by one, where that differs from ``sees``.
    reads: Mapping[str, Sight] | None = None
    masks: Mapping[str, Mask] = field(default_factory=dict)
    #: Who may do what, besides generic CRUD's verbs, which the ``Resource`` declares.
    may: Mapping[str, Rule] = field(default_factory=dict)
    #: Whether lists of all productions show those of closed ones.
    lists_closed: bool = False

    # --- rows -------------------------------------------------------------------------------

    def listed(self, ctx: CallContext, *, table: sa.FromClause | None = None) -> Condition:
        """The condition for lists of all the caller's productions."""
        return self.rows_in(ctx, self.listed_projects(ctx.actor), table=table)

    def listed_projects(self, actor: Actor) -> frozenset[UUID]:
        """The productions whose rows a list of all productions shows to somebody."""
        return frozenset(actor.projects) if self.lists_closed else actor.open_projects

    def rows_in(
        self,
        ctx: CallContext,
        projects: Collection[UUID],
        *,
        table: sa.FromClause | None = None,
        project: Expression | None = None,
    ) -> Condition:
        """The condition for rows of these productions that the caller sees.

        ``table`` and ``project`` name an alias, where the statement has one.
        """
        rows, column = self._names(table, project)
        if ctx.actor.is_admin:
            return column.in_(projects)
        groups = self._by_sight(ctx.actor, projects)
        conditions = [
            column.in_(ids) & sight.rows(ctx, rows) if sight.rows else column.in_(ids)
            for sight, ids in groups.items()
        ]
        return sa.or_(sa.false(), *conditions)

    def _names(
        self, table: sa.FromClause | None, project: Expression | None
    ) -> tuple[sa.FromClause, Expression]:
        return (
            self.table if table is None else table,
            self.project if project is None else project,
        )

    def _by_sight(self, actor: Actor, projects: Collection[UUID]) -> dict[Sight, list[UUID]]:
        grouped: dict[Sight, list[UUID]] = defaultdict(list)
        for project in sorted(projects):
            sight = self.sees.get(actor.role_in(project) or "")
            if sight is not None:
                grouped[sight].append(project)
        return grouped

    def whole_projects(self, actor: Actor) -> frozenset[UUID]:
        """The productions in which a list shows them every row."""
        listed = self.listed_projects(actor)
        return frozenset(p for p in listed if self.sees.get(actor.projects.get(p, "")) is ALL)

    def seen_projects(self, actor: Actor) -> frozenset[UUID]:
        """The productions of which a list shows them anything."""
        listed = self.listed_projects(actor)
        return frozenset(p for p in listed if actor.projects.get(p) in self.sees)

    @cached_property
    def lister(self) -> Rule:
        """The rule for a list of one production: a role there that sees any of it."""
        return Rule(f"access to the {self.kind} of the production", self._lists, ("project_id",))

    def _lists(self, ctx: CallContext, facts: Facts) -> bool:
        return ctx.actor.role_in(facts["project_id"]) in {"admin", *self.sees}

    @cached_property
    def reader(self) -> Rule:
        """The rule for reading one row; its facts are ``id``, ``project_id``, the sights' needs."""
        needs = (name for sight in self._readable.values() for name in sight.needs)
        named = tuple(dict.fromkeys(("project_id", "id", *needs)))
        return Rule(f"access to the {self.kind}", self._reads, named)

    @property
    def _readable(self) -> Mapping[str, Sight]:
        return self.sees if self.reads is None else self.reads

    def _reads(self, ctx: CallContext, facts: Facts) -> bool:
        role = ctx.actor.role_in(facts["project_id"])
        sight = ALL if role == "admin" else self._readable.get(role or "")
        if sight is not None and sight.one is not None:
            return sight.one(ctx, facts)
        if sight is None or sight.rows is None:
            return sight is not None
        seen = sa.exists().where(self.table.c.id == facts["id"], sight.rows(ctx, self.table))
        with ctx.database.read() as connection:
            return bool(connection.scalar(sa.select(seen)))

    # --- columns ----------------------------------------------------------------------------

    def shown(self, actor: Actor, columns: Columns, project: Expression | None = None) -> Columns:
        """The columns as somebody sees them: in productions where their role has a mask, masked."""
        masked = self._masked(actor)
        if not masked:
            return columns
        everywhere = {self.masks.get(role) for role in actor.projects.values()}
        if len(everywhere) == 1:
            return _blanked(columns, *masked, actor.departments)
        column = self.project if project is None else project
        groups = tuple((mask, frozenset(ids)) for mask, ids in masked.items())
        return _by_project(columns, column, groups, actor.departments)

    def masked_names(self, actor: Actor) -> frozenset[str]:
        """Columns masked anywhere for them: no filter may tell their values."""
        return frozenset(name for mask in self._masked(actor) for name in mask.values)

    def _masked(self, actor: Actor) -> dict[Mask, list[UUID]]:
        if actor.is_admin or not self.masks:
            return {}
        grouped: dict[Mask, list[UUID]] = defaultdict(list)
        for project, role in actor.projects.items():
            if role in self.masks:
                grouped[self.masks[role]].append(project)
        return grouped


# Cached: prepared statements are found by the identity of their columns.
@lru_cache(maxsize=512)
def _blanked(columns: Columns, mask: Mask, departments: frozenset[UUID]) -> Columns:
    return tuple(
        _value(mask.values[column.name], departments).label(column.name)
        if column.name in mask.values
        else column
        for column in columns
    )


@lru_cache(maxsize=512)
def _by_project(
    columns: Columns,
    project: Expression,
    groups: tuple[tuple[Mask, frozenset[UUID]], ...],
    departments: frozenset[UUID],
) -> Columns:
    shown: list[Expression] = []
    for column in columns:
        name, own = getattr(column, "name", ""), getattr(column, "element", column)
        whens = [
            (project.in_(sorted(ids)), _value(mask.values[name], departments))
            for mask, ids in groups
            if name in mask.values
        ]
        shown.append(sa.case(*whens, else_=own).label(name) if whens else column)
    return tuple(shown)


def _value(value: Json | Part, departments: frozenset[UUID]) -> Expression:
    """What stands in a masked column's place, as SQL."""
    if callable(value):
        part: Expression = value(departments)
        return part
    if value is None:
        return sa.null()
    if value == []:
        return sa.literal_column("'{}'::uuid[]")
    return sa.literal_column(str(int(value)), sa.Integer)
