"""Resources: what generic CRUD serves, one declaration each.

A model says what a row is; a ``Resource`` adds only what the model can't: its path, who may do
what, which rows an actor's list holds, what stays hidden or fixed, and hooks for the few rules that
are no permission. ``crud.CrudRpc`` serves every resource of a service's ``Registry``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSON

from services.common.access.rules import Actor, Rule, Work, admin
from services.common.contracts import Event, RowEvent, declare
from services.common.database.tables import table_of
from services.common.errors import NotFound

if TYPE_CHECKING:
    from services.common.database.tables import Many
    from services.common.database.transaction import Transaction
    from services.common.wire.rpc_protocol import Reply

VERBS: Final = ("new", "update", "delete")
Scope = Callable[[Work, Any], Any]
"""Narrows a SELECT of the resource to what the caller may list."""
Values = dict[str, Any]
Rows = list[dict[str, Any]]


def kebab(name: str) -> str:
    """``TaskType`` → ``task-type``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def no_hook(*_args: Any) -> None:
    """The hook of a resource that has nothing to add."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Resource:
    """One resource of generic CRUD, at ``/data/<path>``.

    Hooks run inside the write's transaction, after permission and validation:
    ``on_create(work, values, body)`` may complete or refuse the values of a new row;
    ``created(work, row, body)`` and ``updated(work, before, after, body)`` follow a write;
    ``on_update(work, row, values, body)`` may change or refuse what an update sets;
    ``on_delete(work, row, force)`` prepares or refuses a delete, ``deleted(work, row)`` follows it.
    ``prepare(work, body, ident)`` runs before the transaction (``ident`` is None for a create), and
    is where other services are asked; rules and hooks find what it returns in ``work.prepared``.
    """

    path: str
    model: type[Any]
    list: Rule = admin
    read: Rule = admin
    create: Rule = admin
    update: Rule = admin
    delete: Rule = admin
    scope: Scope | None = None
    kind: str | sa.ColumnElement[str] = ""
    event: str | Callable[[Mapping[str, Any]], str] = ""
    events: tuple[str, ...] = ()
    """All names that ``event`` may answer, when it depends on the row."""
    hidden: frozenset[str] = frozenset()
    fixed: frozenset[str] | Callable[[Actor], frozenset[str]] = frozenset()
    """Fields that an update ignores, besides the id, the times and ``project_id``."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    virtual: Mapping[str, sa.ColumnElement[Any]] = field(default_factory=dict)
    single: Mapping[str, sa.ColumnElement[Any]] = field(default_factory=dict)
    facts: Mapping[str, sa.ColumnElement[Any]] = field(default_factory=dict)
    visible: Callable[[Actor, bool], frozenset[str] | None] = lambda _actor, _single: None
    """The names shown to an actor in a list or (``True``) a single read; None for all."""
    filterable: Callable[[Actor], frozenset[str] | None] = lambda _actor: None
    filters: Mapping[str, Callable[[Any, str], sa.ColumnElement[bool]]] = field(
        default_factory=dict
    )
    """Filters that are no column: ``(work, text) -> condition``."""
    conditions: Callable[[Mapping[str, str]], Any] = lambda _query: ()
    """Filters that take several parameters together."""
    updated_lists: tuple[str, ...] = ()
    """Lists that the answer of an update shows."""
    created_relations: bool = True
    """Whether the answer of a create shows the lists."""
    empty_lists: frozenset[str] = frozenset()
    """Lists that a narrowed view shows as ``[]`` when relations are off."""
    list_cap: int | None = None
    versioned: bool = True
    """Whether every change to its lists moves this service's version."""
    counted: bool = False
    """Whether the database counts its rows by production (see ``counting``). Its scope then leaves
    whole the productions of which ``Actor.sees_all_of`` says so."""
    always_relations: bool = False
    bad_id_is_unknown: bool = False
    frees: frozenset[str] = frozenset()
    """References that don't hold a delete back, ``service.table.column``; events empty them."""
    force_cascades: bool = False
    still_linked: str = ""
    """What to say, instead of the usual, when other rows hold a delete back."""
    extra_body: frozenset[str] = frozenset()
    """Body fields that are no column: the hooks read them."""
    facts_for_create: Callable[[Any, Mapping[str, Any]], Mapping[str, Any]] | None = None
    """Where the facts that decide a create come from, when not from the body itself."""
    rewrite: Callable[[Mapping[str, Any]], dict[str, Any]] = dict
    """What a create makes of the body before anything is checked."""
    rewrite_update: Callable[[Mapping[str, Any]], dict[str, Any]] = dict
    """The same for an update."""
    prepare: Callable[[Any, Mapping[str, Any], UUID | None], Any] = no_hook
    on_create: Callable[[Any, Values, Mapping[str, Any]], None] = no_hook
    created: Callable[[Any, Mapping[str, Any], Mapping[str, Any]], None] = no_hook
    on_update: Callable[[Any, Mapping[str, Any], Values, Mapping[str, Any]], None] = no_hook
    updated: Callable[..., None] = no_hook
    on_delete: Callable[[Any, Mapping[str, Any], bool], None] = no_hook
    deleted: Callable[[Any, Mapping[str, Any]], None] = no_hook
    complete: Callable[[Any, Rows, str], None] | None = None
    """``complete(work, rows, verb)`` adds what no column holds to the JSON of a ``list``, ``read``,
    ``new`` or ``update``; ``verbs_completed`` says which of them it is asked for."""
    completed_verbs: frozenset[str] = frozenset({"list", "read", "new", "update"})
    as_asked: Callable[[Any, Reply, Mapping[str, str]], Reply] = lambda _work, reply, _query: reply
    """What a single read makes of its answer, given the query."""
    before_list: Callable[[Any], None] = no_hook
    order: tuple[Any, ...] = ()
    """The order of a plain list, where clients rely on one."""
    relations_without_query: bool = False
    """Whether a list that is asked for without any query string holds the to-many lists."""

    @property
    def table(self) -> sa.Table:
        """The model's table."""
        return table_of(self.model)

    def __post_init__(self) -> None:
        """What other services add to a list has no version here."""
        if self.complete is not None and "list" in self.completed_verbs:
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
    ) -> tuple[sa.ColumnElement[Any], ...]:
        """The SELECT list of its JSON, named as in the JSON."""
        return _columns(self, only, relations, single, lists)

    def fact(self, name: str) -> sa.ColumnElement[Any]:
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

    def event_name(self, facts: Mapping[str, Any]) -> str:
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


JSON_TEXT: Final = sa.cast(sa.func.row_to_json(sa.literal_column("r")), sa.Text)
"""A row of the subquery called ``r``, as JSON text built by PostgreSQL."""


def rows_as_json(rows: sa.Select[Any]) -> sa.Select[Any]:
    """SELECT one JSON text for each of ``rows``."""
    return sa.select(JSON_TEXT).select_from(rows.subquery("r"))


def as_json(columns: Any, table: sa.Table, *where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """SELECT one JSON text for each row of ``table`` that meets the conditions."""
    return rows_as_json(sa.select(*columns).select_from(table).where(*where))


def embedded(
    resource: Resource, where: sa.ColumnElement[bool], outer: sa.Table
) -> sa.ColumnElement[Any]:
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
) -> tuple[sa.ColumnElement[Any], ...]:
    shown: list[sa.ColumnElement[Any]] = []
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


def rendered(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Times to the second; numbers that are floats always with a point, as clients see them."""
    if isinstance(column.type, sa.TIMESTAMP):
        return sa.func.date_trunc("second", column)
    if isinstance(column.type, sa.Double):
        whole = sa.cast(sa.cast(sa.cast(column, sa.BigInteger), sa.Text) + ".0", JSON)
        is_whole = sa.and_(column == sa.func.trunc(column), sa.func.abs(column) < 1e15)  # noqa: PLR2004
        return sa.case((is_whole, whole), else_=sa.func.to_json(column))
    return column


@cache
def _told(cls: type[Event]) -> list[str]:
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

    def event(self, resource: Resource, verb: str, facts: Mapping[str, Any]) -> Event:
        """The event that tells of a change to the row with these facts.

        What a class of the contracts leaves optional is for its other emitters.
        """
        prefix = resource.event_name(facts)
        cls = self.declare(prefix, verb, resource)
        known = {**facts, f"{prefix.replace('-', '_')}_id": facts["id"]}
        payload = {name: known[name] for name in _told(cls) if name in known}
        if payload.get("project_id", self) is None and issubclass(cls, RowEvent):
            del payload["project_id"]
        return cls(**payload)
