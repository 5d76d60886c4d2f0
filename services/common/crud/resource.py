"""Resources: what generic CRUD serves, one declaration each.

A model declares columns; a ``Resource`` adds only what the model can't: its path, its authorization
rules, the scope of lists, hidden and fixed fields. Behaviour beyond columns is in its ``rules``.
``crud.rpc.CrudRpc`` serves every resource of a service's ``Registry``.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.policy import Policy
from services.common.access.rules import Facts, Rule, admin
from services.common.actor import Actor
from services.common.contracts import Event, RowEvent, declare
from services.common.crud.row_json import as_json, rendered
from services.common.database.sql_types import Column, Columns, Condition, Expression, Select
from services.common.database.tables import Many, is_internal, production_column, table_of
from services.common.database.transaction import Transaction
from services.common.errors import InvalidInput, NotFound
from services.common.json_types import JsonObject, Row, Values
from services.common.wire.rpc_protocol import Reply

P = TypeVar("P")
VERBS: Final = ("new", "update", "delete")
#: Narrows a SELECT of the resource to the rows the caller may list.
Scope = Callable[[CallContext, Select], Select]
#: The condition for the text of a query parameter.
Filter = Callable[[CallContext, str], Condition]


def kebab(name: str) -> str:
    """``TaskType`` → ``task-type``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class CrudContext(CallContext, Protocol):
    """The context of a call to a service with generic CRUD."""

    @property
    def registry(self) -> Registry:
        """The service's resources."""


class ResourceRules(ABC, Generic[P]):
    """Hooks of generic CRUD for a resource; by default they do nothing.

    One instance serves all requests, so it must be stateless: ``prepare`` runs before the
    transaction, where it may call other services, and what it returns is passed to the hooks of the
    same write. These run inside the transaction, after authorization and validation, and may refuse
    the write by raising a ``ServiceError``.
    """

    #: Those of ``list``, ``read``, ``new``, ``update`` whose answers ``complete`` is called for.
    completes: ClassVar[frozenset[str]] = frozenset()
    #: The fields that it adds or may leave out, with their types.
    adds: ClassVar[Mapping[str, Any]] = {}

    #: Tables of other services, ``service.table``, whose ids it holds in no declared column.
    holds: ClassVar[frozenset[str]] = frozenset()

    def release(self, tx: Transaction, table: str, ids: Collection[UUID], /) -> None:
        """Forget deleted rows of a table of ``holds``. May be called again for the same ids."""

    def rewrite(self, body: JsonObject, /) -> JsonObject:
        """Return the body of a create to validate in place of the client's."""
        return dict(body)

    def rewrite_update(self, body: JsonObject, /) -> JsonObject:
        """Return the body of an update to validate in place of the client's."""
        return dict(body)

    def facts_for_create(self, _ctx: CrudContext, _body: JsonObject, /) -> Facts | None:
        """The facts for the rule of a create; None takes them from the body."""
        return None

    def before_delete(self, ctx: CrudContext, ident: UUID, /, *, force: bool) -> None:
        """Refuse a delete, or release references, before other services are asked for references.

        Runs before the transaction, and may call other services.
        """

    @abstractmethod
    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None, /) -> P:
        """Load what the hooks of this write need; may call other services.

        ``ident`` is None for a create. A delete has the body ``{"force": …}``.
        """

    def on_create(self, ctx: CrudContext, values: Values, body: JsonObject, prepared: P, /) -> None:
        """Complete or refuse the values of a new row."""

    def created(self, ctx: CrudContext, row: Row, body: JsonObject, prepared: P, /) -> None:
        """Called in the transaction after a row was created and its event emitted."""

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, body: JsonObject, prepared: P, /
    ) -> None:
        """Change or refuse the values of an update; the row is locked."""

    def updated(
        self, ctx: CrudContext, before: Row, row: Row, body: JsonObject, prepared: P, /
    ) -> None:
        """Called in the transaction after a row was updated and its event emitted."""

    def on_delete(self, ctx: CrudContext, row: Row, prepared: P, /) -> None:
        """Clean up before a delete, or refuse it; the row is locked."""

    def deleted(self, ctx: CrudContext, row: Row, prepared: P, /) -> None:
        """Called in the transaction after a row was deleted and its event emitted."""

    def complete(
        self, ctx: CrudContext, rows: list[JsonObject], verb: str, prepared: P | None, /
    ) -> None:
        """Add what no column holds to the JSON of the verbs in ``completes``.

        ``prepared`` is None for a ``list`` and a ``read``.
        """

    def reply_for(self, _ctx: CrudContext, reply: Reply, _query: Mapping[str, str], /) -> Reply:
        """Return the reply of a single read in the form that the query asks for."""
        return reply

    def before_list(self, ctx: CrudContext, /) -> None:
        """Called before a list is read."""


class SimpleRules(ResourceRules[None]):
    """Rules without a ``prepare`` step."""

    def prepare(self, _ctx: CrudContext, _body: JsonObject, _ident: UUID | None, /) -> None:
        """Prepare nothing."""


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
    #: Filters that take several parameters together.
    conditions: Callable[[Mapping[str, str]], Sequence[Condition]] = lambda _query: ()
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


@cache
def _required_names(cls: type[Event]) -> list[str]:
    """The required fields of an event, the optional production and task, the people concerned."""
    fields = msgspec.structs.fields(cls)
    optional = {"project_id", "task_id", "person_ids"}
    return [field.name for field in fields if field.required or field.name in optional]


class Registry:
    """The resources of one service, by path; declares their events on construction."""

    def __init__(self, service: str, *resources: Resource) -> None:
        self.service = service
        self.by_path: dict[str, Resource] = {resource.path: resource for resource in resources}
        self._by_table = {str(resource.table.name): resource for resource in resources}
        if len(self.by_path) != len(resources):
            message = f"two resources of {service} share a path"
            raise TypeError(message)
        self._by_subject: dict[str, Resource] = {}
        for resource in resources:
            for prefix in resource.events or (resource.event_name({}),):
                self._by_subject[prefix] = resource
                for verb in VERBS:
                    self.declare(prefix, verb, resource)

    def of_subject(self, subject: str) -> Resource | None:
        """The resource whose rows events of that subject are about: ``task`` of ``task:assign``."""
        return self._by_subject.get(subject)

    def of_table(self, table: str) -> Resource | None:
        """The resource that serves a table, if one does."""
        return self._by_table.get(table)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.by_path.values())

    def __getitem__(self, path: str) -> Resource:
        """The resource at that path. Raises NotFound."""
        resource = self.by_path.get(path)
        if resource is None:
            raise NotFound
        return resource

    def declare(self, prefix: str, verb: str, resource: Resource) -> type[Event]:
        """The event class for a change to a row of ``resource``; declared on the first call."""
        key = f"{prefix.replace('-', '_')}_id"
        project = resource.tells_project or "project_id" in resource.table.c
        return declare(self.service, f"{prefix}:{verb}", key, project=project)

    def event(self, resource: Resource, verb: str, facts: Row) -> Event:
        """The event for a change to the row with these facts.

        Optional fields of an event class declared in the contracts are left to its other emitters.
        """
        prefix = resource.event_name(facts)
        cls = self.declare(prefix, verb, resource)
        facts_by_name = {**facts, f"{prefix.replace('-', '_')}_id": facts["id"]}
        payload = {
            name: facts_by_name[name] for name in _required_names(cls) if name in facts_by_name
        }
        is_told = payload.get("project_id") is not None and resource.tells_project is not False
        if not is_told and issubclass(cls, RowEvent):
            payload.pop("project_id", None)
        return cls(**payload)
