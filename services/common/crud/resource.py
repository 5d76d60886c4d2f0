"""Resources: what generic CRUD serves, one declaration each.

A model declares columns; a ``Resource`` adds only what the model can't: its path, its authorization
rules, the scope of lists, hidden and fixed fields. Behaviour beyond columns is in its ``rules``.
``crud.rpc.CrudRpc`` serves every resource of a service's ``Registry``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.policy import Policy
from services.common.access.rules import Rule, admin
from services.common.actor import Actor
from services.common.contracts.types import ListQuery, RowQuery
from services.common.crud.resource_rules import ResourceRules, SimpleRules
from services.common.crud.row_json import as_json, rendered
from services.common.database.sql_types import Column, Columns, Condition, Expression, Select
from services.common.database.tables import Many, is_internal, production_column, table_of
from services.common.database.transaction import Transaction
from services.common.errors import InvalidInput, NotFound
from services.common.json_types import JsonObject, Row

#: Narrows a SELECT of the resource to the rows the caller may list.
Scope = Callable[[CallContext, Select], Select]
#: The condition for the text of a query parameter.
Filter = Callable[[CallContext, str], Condition]


def kebab(name: str) -> str:
    """``TaskType`` → ``task-type``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


@dataclass(frozen=True, eq=False, kw_only=True)
class Resource:
    """One resource of generic CRUD, at ``/data/<path>``."""

    path: str
    model: type[Any]
    list: Rule = admin
    read: Rule = admin
    create: Rule = admin
    update: Rule = admin
    delete: Rule = admin
    #: What each role of a production sees of it: scopes and masks its lists.
    policy: Policy | None = None
    #: Narrows lists for all but administrators; None lists all rows. A policy does it instead.
    scope: Scope | None = None
    #: Whether an actor's lists show all rows in spite of the scope.
    unscoped: Callable[[Actor], bool] = lambda _actor: False
    #: The ``type`` in the JSON; the model's name by default.
    kind: str | sa.ColumnElement[str] = ""
    #: The object part of the events' names; the model's name in kebab case by default.
    event: str | Callable[[Row], str] = ""
    #: All names that ``event`` may return, when it is a function of the row.
    events: tuple[str, ...] = ()
    #: Whether the events name the production; by default if the table does, or their class.
    tells_project: bool | None = None
    #: Columns that are never shown, and never filtered on.
    hidden: frozenset[str] = frozenset()
    #: Fields that an update ignores, besides the id, the times and ``project_id``.
    fixed: frozenset[str] | Callable[[Actor], frozenset[str]] = frozenset()
    #: Columns and lists that other routes or events keep: a create and an update ignore them, so
    #: that nobody forges what those would have checked.
    owned: frozenset[str] = frozenset()
    #: Who alone may change which columns: an update asks for them what a create asks. Checked under
    #: the row's lock, so these rules ask no other service.
    writes: Mapping[Rule, frozenset[str]] = field(default_factory=dict)
    #: JSON names of columns that differ from the columns' own.
    renamed: Mapping[str, str] = field(default_factory=dict)
    #: Fields computed by SQL, in lists and single reads; below, in single reads only.
    virtual: Mapping[str, Expression] = field(default_factory=dict)
    single: Mapping[str, Expression] = field(default_factory=dict)
    #: Those that a single read shows along with the to-many lists; ``rules.adds`` has their types.
    related: Mapping[str, Expression] = field(default_factory=dict)
    #: Values for rules and hooks that are no column of the row.
    facts: Mapping[str, Expression] = field(default_factory=dict)
    #: The names shown to an actor in a list or (``True``) a single read; None for all.
    visible: Callable[[Actor, bool], frozenset[str] | None] = lambda _actor, _single: None
    filterable: Callable[[Actor], frozenset[str] | None] = lambda _actor: None
    #: Filters on something else than a column.
    filters: Mapping[str, Filter] = field(default_factory=dict)
    #: The parameters of a list besides its filters, and those of a single read.
    list_query: type[ListQuery] = ListQuery
    row_query: type[RowQuery] = RowQuery
    #: Conditions of all lists, and those for parameters of ``list_query``.
    conditions: Callable[[ListQuery], Sequence[Condition]] = lambda _asked: ()
    #: To-many lists that the answer of an update shows.
    updated_lists: tuple[str, ...] = ()
    #: Whether the answer of a create shows the to-many lists.
    created_relations: bool = True
    #: To-many lists shown as ``[]`` without relations, by the restricted view that shows them so.
    empty_lists: Mapping[frozenset[str], frozenset[str]] = field(default_factory=dict)
    #: The column by whose values rows are counted, besides by production: pages of lists that are
    #: filtered by it count nothing.
    counted: str = ""
    #: Most rows of a list without pages.
    list_cap: int | None = None
    #: Services whose changes change what lists show to an actor, too.
    elsewhere: Callable[[Actor], tuple[str, ...]] = lambda _actor: ()
    #: Whether these services' change versions cover all that lists show, so that ETags are right.
    versioned: bool = True
    #: Whether a single read shows to-many lists even with ``relations=false``.
    always_relations: bool = False
    #: Whether reading a malformed id raises NotFound instead of InvalidInput.
    bad_id_is_unknown: bool = False
    #: Rows that everybody may reference, whoever's production they are in.
    shared: Condition | None = None
    #: References that don't prevent a delete, ``service.table.column``; ``rows:gone`` nulls them.
    frees: frozenset[str] = frozenset()
    #: Whether ``force=true`` deletes the rows that reference this one, too.
    force_cascades: bool = False
    #: The error message when other rows prevent a delete; empty for the default one.
    still_linked: str = ""
    #: Body fields without a column, which the hooks read.
    extra_body: frozenset[str] = frozenset()
    #: Its hooks.
    rules: ResourceRules[Any] = field(default_factory=SimpleRules)
    #: What a list without pages is sorted by. The id is added, so that rows that are
    #: equal in them keep their places. By default the oldest come first, as they were inserted.
    order: Sequence[Expression] = ()
    #: Whether a list that is asked for without any query string holds the to-many lists.
    relations_without_query: bool = False

    @property
    def table(self) -> sa.Table:
        """The model's table."""
        return table_of(self.model)

    @cached_property
    def fields(self) -> tuple[Column, ...]:
        """The columns that the API knows."""
        return tuple(column for column in self.table.c if not is_internal(column))

    def __post_init__(self) -> None:
        """Complete the order; switch ETags off where ``complete`` adds other services' data."""
        columns = self.table.c
        order = self.order or (columns.created_at,)
        object.__setattr__(self, "order", (*order, columns.id))
        if "list" in self.rules.completes:
            object.__setattr__(self, "versioned", False)

    @property
    def lists(self) -> Mapping[str, Many]:
        """The to-many lists the model declares."""
        lists: Mapping[str, Many] = self.model.lists
        return lists

    @cached_property
    def writable_lists(self) -> frozenset[str]:
        """The to-many lists that a body may replace."""
        return frozenset(name for name, many in self.lists.items() if many.writable)

    @cached_property
    def json_kind(self) -> sa.ColumnElement[str]:
        """The SQL expression of the JSON's ``type``."""
        if isinstance(self.kind, str):
            return sa.literal_column(f"'{self.kind or self.model.__name__}'", sa.Text)
        return self.kind

    def columns(
        self,
        only: frozenset[str] | None,
        *,
        relations: bool,
        single: bool = False,
        lists: tuple[str, ...] = (),
    ) -> Columns:
        """The SELECT list, labelled as in the JSON; ``only`` restricts the names."""
        return _columns(self, only, relations, single, lists)

    def fact(self, name: str) -> Expression:
        """One fact: an expression of the resource, or the column of that name."""
        expression = self.facts.get(name)
        return self.table.c[name] if expression is None else expression

    def scoped(self, ctx: CallContext, statement: Select) -> Select:
        """Narrow a SELECT of it to the rows that the caller may list."""
        if ctx.actor.is_admin:
            return statement
        if self.policy is not None:
            return statement.where(self.policy.listed(ctx))
        if self.scope is None or self.unscoped(ctx.actor):
            return statement
        return self.scope(ctx, statement)

    def lists_all(self, actor: Actor) -> bool:
        """Whether a list shows the actor every row."""
        if actor.is_admin or self.unscoped(actor):
            return True
        return self.scope is None and self.policy is None

    def whole_productions(self, actor: Actor) -> frozenset[UUID] | None:
        """The productions whose rows, all of them, are the actor's list; None if that isn't so."""
        if self.policy is None or production_column(self.table) is None:
            return None
        whole = self.policy.whole_projects(actor)
        return whole if whole == self.policy.seen_projects(actor) else None

    def sees_all_of(self, actor: Actor, project: UUID) -> bool:
        """Whether the production's rows need no filter for the actor."""
        return self.policy is not None and project in self.policy.whole_projects(actor)

    def shown(self, actor: Actor, columns: Columns) -> Columns:
        """The columns as the actor's roles see them: masked by its policy."""
        return columns if self.policy is None else self.policy.shown(actor, columns)

    def may_filter(self, actor: Actor, name: str) -> bool:
        """Whether they may filter by a column; a hidden one's values could be guessed so."""
        allowed = self.filterable(actor)
        if name in self.hidden or (allowed is not None and name not in allowed):
            return False
        return self.policy is None or name not in self.policy.masked_names(actor)

    def check_filter(self, actor: Actor, name: str) -> None:
        """Raise InvalidInput unless they may filter by a column."""
        if not self.may_filter(actor, name):
            message = f"Filtering on {name} is not allowed."
            raise InvalidInput(message)

    @cached_property
    def project(self) -> Expression | None:
        """The production of a row: the fact or the column ``project_id``; None without either."""
        return self.facts.get("project_id", self.table.c.get("project_id"))

    @cached_property
    def references(self) -> tuple[str, ...]:
        """The columns that reference rows, here or in another service."""
        return tuple(c.name for c in self.table.c if c.foreign_keys or c.info.get("ref"))

    def fixed_for(self, actor: Actor) -> frozenset[str]:
        """Fields that an update by this actor ignores."""
        fixed = self.fixed(actor) if callable(self.fixed) else self.fixed
        return fixed | self.owned | ({"project_id"} & set(self.table.c.keys()))

    def columns_in(self, body: JsonObject) -> JsonObject:
        """The body with each renamed column by its own name, as clients send back what they read.

        In what they read, ``type`` is the kind of the row and not the column that gave way to it.
        """
        columns = dict(body)
        for column, name in self.renamed.items():
            if name in columns:
                columns[column] = columns.pop(name)
            elif columns.get(column) == self.model.__name__:
                del columns[column]
        return columns

    def names(self) -> frozenset[str]:
        """Every name that its JSON may have."""
        names = {self.renamed.get(column.name, column.name) for column in self.fields}
        return frozenset(names.union(self.virtual, self.single, self.related, self.lists))

    def event_name(self, facts: Row) -> str:
        """The object part of its events' names, such as ``task-type``."""
        if callable(self.event):
            return self.event(facts)
        return self.event or kebab(self.model.__name__)

    def view(
        self, tx: Transaction, ident: UUID, *, relations: bool = True, actor: Actor | None = None
    ) -> bytes:
        """The JSON of one row, inside a transaction, as ``actor`` sees it. Raises NotFound."""
        columns = self.columns(None, relations=relations)
        if actor is not None:
            columns = self.shown(actor, columns)
        text = tx.connection.scalar(as_json(columns, self.table, self.table.c.id == ident))
        if text is None:
            raise NotFound
        return str(text).encode()


def embedded(resource: Resource, where: Condition, outer: sa.Table) -> Expression:
    """A scalar subquery: the row of ``resource`` that ``outer`` references, as a JSON object."""
    row = sa.select(*resource.columns(None, relations=False)).where(where).correlate(outer)
    value = sa.func.row_to_json(sa.literal_column("r"))
    return sa.select(value).select_from(row.subquery("r")).scalar_subquery()


# The same tuple for the same view: statements built from it are cached by it, too.
@lru_cache(maxsize=4096)
def _columns(
    resource: Resource,
    only: frozenset[str] | None,
    relations: bool,
    single: bool,
    lists: tuple[str, ...],
) -> Columns:
    columns: list[Expression] = []
    for column in resource.fields:
        name = resource.renamed.get(column.name, column.name)
        if column.name not in resource.hidden and (only is None or name in only):
            columns.append(rendered(column).label(name))
    for name, expression in _computed(resource, relations, single).items():
        if only is None or name in only:
            columns.append(expression.label(name))
    for name, many in resource.lists.items():
        if (relations or name in lists) and (only is None or name in only):
            ids = sa.select(many.target).where(many.owner == resource.table.c.id)
            columns.append(sa.func.array(ids.scalar_subquery()).label(name))
        elif only is not None and name in resource.empty_lists.get(only, ()):
            columns.append(sa.literal_column("'[]'::json").label(name))
    columns.append(resource.json_kind.label("type"))
    return tuple(columns)


def _computed(resource: Resource, relations: bool, single: bool) -> dict[str, Expression]:
    """The fields that SQL computes."""
    fields = {**resource.virtual, **(resource.single if single else {})}
    return {**fields, **(resource.related if single and relations else {})}
