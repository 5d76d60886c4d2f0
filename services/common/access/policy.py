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
from functools import cached_property, lru_cache, partial
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
    #: The same, where it takes what other services know of the productions concerned.
    within: Callable[[CallContext, sa.FromClause, Collection[UUID]], Condition] | None = None
    #: The test of one row, where its facts tell without a statement.
    one: Callable[[CallContext, Facts], bool] | None = None
    #: The facts that ``one`` reads, besides ``id`` and ``project_id``.
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse one that single reads narrow and lists don't."""
        if self.one is not None and self.is_all:
            message = f"{self.name} has no rows"
            raise TypeError(message)

    @property
    def is_all(self) -> bool:
        """Whether it is every row."""
        return self.rows is None and self.within is None

    def of(self, ctx: CallContext, table: sa.FromClause, projects: Collection[UUID]) -> Condition:
        """The condition on rows of these productions."""
        if self.within is not None:
            return self.within(ctx, table, projects)
        return sa.true() if self.rows is None else self.rows(ctx, table)


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
        """The condition for rows of these productions that lists show to the caller.

        ``table`` and ``project`` name an alias, where the statement has one.
        """
        return self._rows(ctx, self.sees, projects, table, project)

    def readable_in(
        self,
        ctx: CallContext,
        projects: Collection[UUID],
        *,
        table: sa.FromClause | None = None,
        project: Expression | None = None,
    ) -> Condition:
        """The condition for those that the caller may read one by one; see ``rows_in``."""
        return self._rows(ctx, self._readable, projects, table, project)

    def _rows(
        self,
        ctx: CallContext,
        sights: Mapping[str, Sight],
        projects: Collection[UUID],
        table: sa.FromClause | None,
        project: Expression | None,
    ) -> Condition:
        rows = self.table if table is None else table
        column = self.project if project is None else project
        if ctx.actor.is_admin:
            return column.in_(projects)
        conditions = [
            column.in_(ids) if sight.is_all else column.in_(ids) & sight.of(ctx, rows, ids)
            for sight, ids in _by_sight(sights, ctx.actor, projects).items()
        ]
        return sa.or_(sa.false(), *conditions)

    def whole_projects(self, actor: Actor) -> frozenset[UUID]:
        """The productions in which a list shows them every row."""
        return frozenset(p for p in self.listed_projects(actor) if self.is_whole(actor, p))

    def is_whole(self, actor: Actor, project: UUID) -> bool:
        """Whether a list of that production shows them every row."""
        return actor.is_admin or self.sees.get(actor.role_in(project) or "") is ALL

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
        return self._rule(self._readable)

    @cached_property
    def viewer(self) -> Rule:
        """The rule for a row that lists show, maybe in part only; facts as for ``reader``."""
        return self._rule(self.sees)

    @property
    def _readable(self) -> Mapping[str, Sight]:
        return self.sees if self.reads is None else self.reads

    def _rule(self, sights: Mapping[str, Sight]) -> Rule:
        needs = (name for sight in sights.values() for name in sight.needs)
        named = tuple(dict.fromkeys(("project_id", "id", *needs)))
        return Rule(f"access to the {self.kind}", partial(self._shows, sights), named)

    def _shows(self, sights: Mapping[str, Sight], ctx: CallContext, facts: Facts) -> bool:
        project = facts["project_id"]
        role = ctx.actor.role_in(project)
        sight = ALL if role == "admin" else sights.get(role or "")
        if sight is not None and sight.one is not None:
            return sight.one(ctx, facts)
        if sight is None or sight.is_all:
            return sight is not None
        condition = sight.of(ctx, self.table, [project])
        seen = sa.exists().where(self.table.c.id == facts["id"], condition)
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


def _by_sight(
    sights: Mapping[str, Sight], actor: Actor, projects: Collection[UUID]
) -> dict[Sight, list[UUID]]:
    grouped: dict[Sight, list[UUID]] = defaultdict(list)
    for project in sorted(projects):
        sight = sights.get(actor.role_in(project) or "")
        if sight is not None:
            grouped[sight].append(project)
    return grouped


# Cached: prepared statements are found by the identity of their columns.
@lru_cache(maxsize=512)
def _blanked(columns: Columns, mask: Mask, departments: frozenset[UUID]) -> Columns:
    return tuple(
        _value(mask.values[column.name], departments, column).label(column.name)
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
            (project.in_(sorted(ids)), _value(mask.values[name], departments, own))
            for mask, ids in groups
            if name in mask.values
        ]
        shown.append(sa.case(*whens, else_=own).label(name) if whens else column)
    return tuple(shown)


def _value(value: Json | Part, departments: frozenset[UUID], column: Expression) -> Expression:
    """What stands in a masked column's place, as SQL."""
    if callable(value):
        part: Expression = value(departments)
        return part
    if value is None:
        return sa.null()
    if isinstance(column.type, sa.JSON):  # a number whose text is made beforehand
        return sa.literal_column(f"'{value}'::json", column.type)
    if value == []:
        return sa.literal_column("'{}'::uuid[]")
    return sa.literal_column(str(int(value)), sa.Integer)
