"""Resources: what generic CRUD serves, one declaration each.

A model says what a row is; a ``Resource`` adds only what the model can't: its path, who may do
what, which rows an actor's list holds, what stays hidden or fixed. What no column can say is in its
``rules``. ``crud.CrudRpc`` serves every resource of a service's ``Registry``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Facts, Rule, admin
from services.common.actor import Actor
from services.common.contracts import Event, RowEvent, declare
from services.common.crud.row_json import as_json, rendered
from services.common.database.sql_types import Columns, Condition, Expression, Select
from services.common.database.tables import Many, table_of
from services.common.database.transaction import Transaction
from services.common.errors import NotFound
from services.common.json_types import JsonObject, Row, Values
from services.common.wire.rpc_protocol import Reply

P = TypeVar("P")
VERBS: Final = ("new", "update", "delete")
#: Narrows a SELECT of the resource to what the caller may list.
Scope = Callable[[CallContext, Select], Select]
#: The condition that a text in the query stands for.
Filter = Callable[[CallContext, str], Condition]


def kebab(name: str) -> str:
    """``TaskType`` → ``task-type``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class CrudContext(CallContext, Protocol):
    """A call of a service that serves resources by generic CRUD."""

    @property
    def registry(self) -> Registry:
        """The service's resources."""


class ResourceRules(Generic[P]):
    """What generic CRUD does for a resource beyond its columns; by default nothing.

    One instance serves all requests, so it keeps no state: ``prepare`` runs before the transaction,
    which is where other services are asked, and what it returns is handed to the hooks of the same
    write. These run inside the transaction, after permission and validation, and may refuse it by
    raising a ``ServiceError``.
    """

    #: For which of ``list``, ``read``, ``new`` and ``update`` the answer goes to ``complete``.
    completes: ClassVar[frozenset[str]] = frozenset()

    def rewrite(self, body: JsonObject, /) -> JsonObject:
        """What a create makes of the body before anything is checked."""
        return dict(body)

    def rewrite_update(self, body: JsonObject, /) -> JsonObject:
        """What an update makes of the body before anything is checked."""
        return dict(body)

    def facts_for_create(self, _ctx: CrudContext, _body: JsonObject, /) -> Facts | None:
        """The facts that decide a create; None takes them from the body."""
        return None

    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None, /) -> P:
        """What the hooks of this write need; ``ident`` is None for a create.

        A delete has the body ``{"force": …}``.
        """
        raise NotImplementedError

    def on_create(self, ctx: CrudContext, values: Values, body: JsonObject, prepared: P, /) -> None:
        """Complete or refuse the values of a new row."""

    def created(self, ctx: CrudContext, row: Row, body: JsonObject, prepared: P, /) -> None:
        """Follow a create, after its event."""

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, body: JsonObject, prepared: P, /
    ) -> None:
        """Change or refuse what an update sets; the row is locked."""

    def updated(
        self, ctx: CrudContext, before: Row, row: Row, body: JsonObject, prepared: P, /
    ) -> None:
        """Follow an update, after its event."""

    def on_delete(self, ctx: CrudContext, row: Row, prepared: P, /) -> None:
        """Prepare or refuse a delete; the row is locked."""

    def deleted(self, ctx: CrudContext, row: Row, prepared: P, /) -> None:
        """Follow a delete, after its event."""

    def complete(
        self, ctx: CrudContext, rows: list[JsonObject], verb: str, prepared: P | None, /
    ) -> None:
        """Add what no column holds to the JSON of the verbs in ``completes``.

        ``prepared`` is None for a ``list`` and a ``read``.
        """

    def as_asked(self, _ctx: CrudContext, reply: Reply, _query: Mapping[str, str], /) -> Reply:
        """What a single read makes of its answer, given the query."""
        return reply

    def before_list(self, ctx: CrudContext, /) -> None:
        """Run before each list."""


class SimpleRules(ResourceRules[None]):
    """Rules that need nothing prepared."""

    def prepare(self, _ctx: CrudContext, _body: JsonObject, _ident: UUID | None, /) -> None:
        """Nothing."""


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
    scope: Scope | None = None
    kind: str | sa.ColumnElement[str] = ""
    event: str | Callable[[Row], str] = ""
    #: All names that ``event`` may answer, when it depends on the row.
    events: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    #: Fields that an update ignores, besides the id, the times and ``project_id``.
    fixed: frozenset[str] | Callable[[Actor], frozenset[str]] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    virtual: Mapping[str, Expression] = field(default_factory=dict)
    single: Mapping[str, Expression] = field(default_factory=dict)
    facts: Mapping[str, Expression] = field(default_factory=dict)
    #: The names shown to an actor in a list or (``True``) a single read; None for all.
    visible: Callable[[Actor, bool], frozenset[str] | None] = lambda _actor, _single: None
    filterable: Callable[[Actor], frozenset[str] | None] = lambda _actor: None
    #: Filters that are no column.
    filters: Mapping[str, Filter] = field(default_factory=dict)
    #: Filters that take several parameters together.
    conditions: Callable[[Mapping[str, str]], Sequence[Condition]] = lambda _query: ()
    #: Lists that the answer of an update shows.
    updated_lists: tuple[str, ...] = ()
    #: Whether the answer of a create shows the lists.
    created_relations: bool = True
    #: Lists that a narrowed view shows as ``[]`` when relations are off.
    empty_lists: frozenset[str] = frozenset()
    list_cap: int | None = None
    #: Whether every change to its lists moves this service's version.
    versioned: bool = True
    #: Whether the database counts its rows by production (see ``row_counts``).
    #:
    #: Its scope then leaves whole the productions of which ``Actor.sees_all_of`` says so.
    counted: bool = False
    always_relations: bool = False
    bad_id_is_unknown: bool = False
    #: References that don't hold a delete back, ``service.table.column``; events empty them.
    frees: frozenset[str] = frozenset()
    force_cascades: bool = False
    #: What to say, instead of the usual, when other rows hold a delete back.
    still_linked: str = ""
    #: Body fields that are no column: the rules read them.
    extra_body: frozenset[str] = frozenset()
    #: What its writes and answers do beyond its columns.
    rules: ResourceRules[Any] = field(default_factory=SimpleRules)
    #: The order of a plain list, where clients rely on one.
    order: Sequence[sa.SQLColumnExpression[Any]] = ()
    #: Whether a list that is asked for without any query string holds the to-many lists.
    relations_without_query: bool = False

    @property
    def table(self) -> sa.Table:
        """The model's table."""
        return table_of(self.model)

    def __post_init__(self) -> None:
        """What other services add to a list has no version here."""
        if "list" in self.rules.completes:
            object.__setattr__(self, "versioned", False)

    @property
    def lists(self) -> Mapping[str, Many]:
        """The to-many lists the model declares."""
        lists: Mapping[str, Many] = self.model.lists
        return lists

    @cached_property
    def writable_lists(self) -> frozenset[str]:
        """Lists that a body may replace."""
        return frozenset(name for name, many in self.lists.items() if many.writable)

    @cached_property
    def json_kind(self) -> sa.ColumnElement[str]:
        """The ``type`` of its JSON."""
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
        """The SELECT list of its JSON, named as in the JSON."""
        return _columns(self, only, relations, single, lists)

    def fact(self, name: str) -> Expression:
        """One fact: an expression of the resource, or the column of that name."""
        found = self.facts.get(name)
        return self.table.c[name] if found is None else found

    def fixed_for(self, actor: Actor) -> frozenset[str]:
        """Fields that an update by this actor ignores."""
        own = self.fixed(actor) if callable(self.fixed) else self.fixed
        return own | ({"project_id"} & set(self.table.c.keys()))

    def names(self) -> frozenset[str]:
        """Every name its JSON may hold."""
        shown = {self.renamed.get(name, name) for name in self.table.columns.keys()}  # noqa: SIM118 - not a dict
        return frozenset(shown | set(self.virtual) | set(self.single) | set(self.lists))

    def event_name(self, facts: Row) -> str:
        """The object part of its events' names, such as ``task-type``."""
        if callable(self.event):
            return self.event(facts)
        return self.event or kebab(self.model.__name__)

    def view(self, tx: Transaction, ident: UUID, *, relations: bool = True) -> bytes:
        """The JSON of one row, inside a transaction. Raises NotFound."""
        columns = self.columns(None, relations=relations)
        found = tx.connection.scalar(as_json(columns, self.table, self.table.c.id == ident))
        if found is None:
            raise NotFound
        return str(found).encode()


def embedded(resource: Resource, where: Condition, outer: sa.Table) -> Expression:
    """The whole row of ``resource`` that a row of ``outer`` points at, as one JSON value."""
    row = sa.select(*resource.columns(None, relations=False)).where(where).correlate(outer)
    value = sa.func.row_to_json(sa.literal_column("r"))
    return sa.select(value).select_from(row.subquery("r")).scalar_subquery()


@lru_cache(maxsize=4096)
def _columns(
    resource: Resource,
    only: frozenset[str] | None,
    relations: bool,
    single: bool,
    lists: tuple[str, ...],
) -> Columns:
    shown: list[Expression] = []
    for column in resource.table.c:
        name = resource.renamed.get(column.name, column.name)
        if column.name not in resource.hidden and (only is None or name in only):
            shown.append(rendered(column).label(name))
    extras = {**resource.virtual, **(resource.single if single else {})}
    for name, expression in extras.items():
        if only is None or name in only:
            shown.append(expression.label(name))
    for name, many in resource.lists.items():
        if (relations or name in lists) and (only is None or name in only):
            ids = sa.select(many.other).where(many.own == resource.table.c.id)
            shown.append(sa.func.array(ids.scalar_subquery()).label(name))
        elif only is not None and name in only and name in resource.empty_lists:
            shown.append(sa.literal_column("'[]'::json").label(name))
    shown.append(resource.json_kind.label("type"))
    return tuple(shown)


@cache
def _required_names(cls: type[Event]) -> list[str]:
    """The fields that each emitter of an event fills in, and the production where it is known."""
    fields = msgspec.structs.fields(cls)
    return [field.name for field in fields if field.required or field.name == "project_id"]


class Registry:
    """The resources of one service, by path; declares their events on construction."""

    def __init__(self, service: str, *resources: Resource) -> None:
        self.service = service
        self.by_path: dict[str, Resource] = {resource.path: resource for resource in resources}
        if len(self.by_path) != len(resources):
            message = f"two resources of {service} share a path"
            raise TypeError(message)
        for resource in resources:
            for prefix in resource.events or (resource.event_name({}),):
                for verb in VERBS:
                    self.declare(prefix, verb, resource)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.by_path.values())

    def __getitem__(self, path: str) -> Resource:
        """The resource at that path. Raises NotFound."""
        found = self.by_path.get(path)
        if found is None:
            raise NotFound
        return found

    def declare(self, prefix: str, verb: str, resource: Resource) -> type[Event]:
        """The event of a change to a row of ``resource``."""
        key = f"{prefix.replace('-', '_')}_id"
        project = "project_id" in resource.table.c
        return declare(self.service, f"{prefix}:{verb}", key, project=project)

    def event(self, resource: Resource, verb: str, facts: Row) -> Event:
        """The event that tells of a change to the row with these facts.

        What a class of the contracts leaves optional is for its other emitters.
        """
        prefix = resource.event_name(facts)
        cls = self.declare(prefix, verb, resource)
        known = {**facts, f"{prefix.replace('-', '_')}_id": facts["id"]}
        payload = {name: known[name] for name in _required_names(cls) if name in known}
        if payload.get("project_id", self) is None and issubclass(cls, RowEvent):
            del payload["project_id"]
        return cls(**payload)
