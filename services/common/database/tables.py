"""Declaring tables: columns, references, lists, and the tables every service has for the kernel.

Every service has a MetaData of its own (``Base`` with ``metadata = new_metadata()``), its own
schema and its own role; the role's search path names the schema, so no table here does.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Final, Literal, NamedTuple, cast
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.common.database.sql_types import Column

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
# Columns of resources hold UTC without a time zone, as clients read and write it.
NOW: Final = sa.text("timezone('utc', now())")
TRANSACTION: Final = sa.text("pg_current_xact_id()::text::bigint")


#: What a deleted target does to the row that references it, and who tells of it:
#:
#: * ``part``: the row is deleted, too. It is part of the target, so its event says that.
#: * ``delete``: the row is deleted, too, and its own ``:delete`` event tells of it.
#: * ``null``: the column is set to null. Nothing can reference what an event said is gone.
#: * ``update``: the column is set to null, and the row's ``:update`` event tells of it, for the
#:   target may be a part of something else, without an event of its own.
OnGone = Literal["part", "delete", "null", "update"]


class Ref(NamedTuple):
    """A reference to another service's table, and what a deleted target does to the row."""

    service: str
    table: str
    on_gone: OnGone


class Many(NamedTuple):
    """A to-many list shown in a resource's JSON: rows of ``table`` whose ``owner`` is the row.

    ``target`` holds the ids shown. A list that isn't ``writable`` is the far side of a reference
    and is only read. ``doc`` says what it holds where its name does not.
    """

    owner: Column
    target: Column
    writable: bool = True
    doc: str = ""

    @property
    def table(self) -> sa.Table:
        """The table that holds both columns."""
        return self.owner.table


def table_of(model: Any) -> sa.Table:
    """The table of a model."""
    return cast("sa.Table", model.__table__)


class Base(DeclarativeBase):
    """Root of all tables; each service derives one with a ``metadata`` of its own."""

    type_annotation_map: ClassVar = {
        int: sa.Integer,
        float: sa.Double,
        bool: sa.Boolean,
        str: sa.Text,
        datetime: sa.TIMESTAMP,
        date: sa.Date,
        dict[str, Any]: JSONB(none_as_null=True),
        list[Any]: JSONB(none_as_null=True),
        list[str]: ARRAY(sa.Text),
        UUID: sa.Uuid,
    }

    def __init_subclass__(cls, **options: Any) -> None:
        """Index what is read by the page."""
        super().__init_subclass__(**options)
        if getattr(cls, "paged", False) and "__table__" in vars(cls):
            _newest_index(table_of(cls))


class TimestampedRow:
    """The columns every resource has: a random id and two UTC times, kept to the microsecond."""

    lists: ClassVar[dict[str, Many]] = {}
    #: Whether all of its rows are listed by the page (``crud.pages``).
    paged: ClassVar[bool] = True

    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, sort_order=-3, doc="The id of the row."
    )
    created_at: Mapped[datetime | None] = mapped_column(
        server_default=NOW, sort_order=-2, doc="When it was created, in UTC."
    )
    updated_at: Mapped[datetime | None] = mapped_column(
        server_default=NOW, sort_order=-1, doc="When it was last changed, in UTC."
    )


def column(*kind: Any, doc: str = "", example: Any = None, **options: Any) -> Mapped[Any]:
    """A column, as ``mapped_column`` makes it from the annotation.

    ``doc`` says what it holds and in which unit, ``example`` is a value as JSON has it: the
    description of the API shows both.
    """
    info = options.pop("info", {})
    if example is not None:
        info = {**info, "example": example}
    return mapped_column(*kind, doc=doc or None, info=info, **options)


def text(length: int | None = None, **options: Any) -> Mapped[Any]:
    """Text of at most ``length`` characters, or of any length."""
    return column(sa.String(length) if length else sa.Text(), **options)


def choice(*values: str, **options: Any) -> Mapped[Any]:
    """Text that is one of ``values``; validated by the API only, so an import may keep old values.

    ``invalid`` is the error message for other values, where clients expect a specific one.
    """
    info = {"choices": values, "invalid": options.pop("invalid", "")}
    return column(sa.Text(), info=info, **options)


def shotgrid_id(**options: Any) -> Mapped[Any]:
    """The row's id in ShotGrid, kept from imports."""
    doc = "Its id in ShotGrid, where it was imported from there."
    return column(sa.Integer(), doc=doc, example=1204, **options)


def json_column(shape: Any, *, for_null: str = "", **options: Any) -> Mapped[Any]:
    """Nullable JSON of a shape, which is a type as ``msgspec.convert`` takes it.

    ``for_null`` is the JSON that is shown in place of the nulls of old rows.

    Every way in checks it. Readers must bear with anything else all the same: an import keeps what
    was stored elsewhere (``values.object_or_empty``, ``array_or_empty``).
    """
    kind = JSONB(none_as_null=True)
    return column(kind, nullable=True, info={"shape": shape, "for_null": for_null}, **options)


def link(target: str, *, on_gone: OnGone, use_alter: bool = False, **options: Any) -> Mapped[Any]:
    """A reference to a table of this service: ``link("entity_type", on_gone="null")``.

    The database refuses to delete the target; ``on_gone`` says what a forced delete does here.
    ``use_alter`` is for one side of two tables that point at each other.
    """
    options.setdefault("index", True)
    key = sa.ForeignKey(f"{target}.id", use_alter=use_alter)
    return column(sa.Uuid(), key, info={"on_gone": on_gone}, **options)


def ref(target: str, *, on_gone: OnGone, **options: Any) -> Mapped[Any]:
    """A reference to another service, such as ``auth.person``: validated by RPC, no foreign key.

    Events about the target's deletion apply ``on_gone``.
    """
    service, table = target.split(".")
    options.setdefault("index", True)
    return column(sa.Uuid(), info={"ref": Ref(service, table, on_gone)}, **options)


def on_gone_of(column: Column) -> OnGone:
    """What a deleted target does to a row, by the column that references it."""
    ref: Ref | None = column.info.get("ref")
    return ref.on_gone if ref else cast("OnGone", column.info["on_gone"])


def links(
    metadata: sa.MetaData, name: str, owner: tuple[str, str], target: tuple[str, str], *extra: Any
) -> sa.Table:
    """A pure link table of two ids, each ``(column, target)``; a target with a dot is a ref.

    A link goes with either of them, whose event says so.
    """

    def side(column: str, end: str) -> Column:
        if "." in end:
            service, table = end.split(".")
            info = {"ref": Ref(service, table, "part")}
            return sa.Column(column, sa.Uuid(), primary_key=True, info=info)
        key = sa.ForeignKey(f"{end}.id")
        return sa.Column(column, sa.Uuid(), key, primary_key=True, info={"on_gone": "part"})

    index = sa.Index(None, target[0])
    return sa.Table(name, metadata, side(*owner), side(*target), *extra, index)


#: The order of pages, as indexes have it; ``id`` follows.
NEWEST_FIRST: Final = ("updated_at DESC", "created_at DESC")


def production_copy() -> Mapped[Any]:
    """The ``project_id`` of what the row belongs to, copied for lists that are scoped by it.

    It is no field of the resource: neither shown nor written by the API, nor part of a dump.
    """
    return mapped_column(sa.Uuid(), nullable=True, info={"internal": True})


def is_internal(column: Column) -> bool:
    """Whether a column is for our own queries only."""
    return bool(column.info.get("internal"))


def production_column(table: sa.Table) -> Column | None:
    """The column that says which production a row belongs to; None where nothing does."""
    for name in ("project_id", "production_id"):
        if name in table.c:
            return table.c[name]
    return None


def page_index(
    table: str, column: str = "project_id", name: str = "page", scope: str | None = None
) -> sa.Index:
    """The index that pages of the rows of one production (or type …) are read from, in order.

    It holds the column that lists are scoped by, too, so that they are filtered in it.
    """
    include = None if scope is None else [scope]
    updated, created = map(sa.text, NEWEST_FIRST)
    columns = (column, updated, created, "id")
    return sa.Index(f"ix_{table}_{name}", *columns, postgresql_include=include)


def _newest_index(table: sa.Table) -> None:
    """The index that pages of all rows are read from; it holds what lists are scoped by, too."""
    updated, created = map(sa.text, NEWEST_FIRST)
    column = production_column(table)
    include = None if column is None else [column.name]
    # It joins the table by its column.
    sa.Index(f"ix_{table.name}_newest", updated, created, table.c.id, postgresql_include=include)


def new_metadata() -> sa.MetaData:
    """An empty MetaData with the house's constraint names and the kernel's tables."""
    metadata = sa.MetaData(naming_convention=NAMING)
    _event_tables(metadata)
    _gone_rows(metadata)
    sa.Table(
        "change_count",
        metadata,
        sa.Column("project_id", sa.Uuid, primary_key=True),
        sa.Column("changes", sa.BigInteger, nullable=False),
    )
    # What triggers note of each statement that adds or removes rows: see ``row_counts``.
    sa.Table(
        "row_count",
        metadata,
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Index(None, "table_name", "project_id"),
    )
    sa.Table(
        "idempotency_key",
        metadata,
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("reply", sa.LargeBinary, nullable=False),
        _inserted_at(),
        sa.Index(None, "created_at"),
    )
    return metadata


def _event_tables(metadata: sa.MetaData) -> None:
    """The outbox, what its events changed, and the inbox of handled events."""
    sa.Table(
        "outbox",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("project_id", sa.Uuid),
        sa.Column("request_id", sa.Text),
        sa.Column("stored", sa.Boolean, nullable=False),
        _inserted_at(),
        sa.Column("traceparent", sa.Text),
        # The transaction that emitted it, for ``row_change``.
        sa.Column("tx", sa.BigInteger, server_default=TRANSACTION),
    )
    # Triggers write it: whichever code changes a row, its events say what changed.
    sa.Table(
        "row_change",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("tx", sa.BigInteger, nullable=False, server_default=TRANSACTION),
        sa.Column("row_id", sa.Uuid, nullable=False),
        sa.Column("table_name", sa.Text, nullable=False),
        # The row, without secrets; null before it was there, and after it is gone.
        sa.Column("before", JSONB(none_as_null=True)),
        sa.Column("after", JSONB(none_as_null=True)),
        _inserted_at(),
        sa.Index(None, "tx", "row_id"),
    )
    sa.Table(
        "inbox",
        metadata,
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("handler", sa.Text, primary_key=True),
        _inserted_at(),
        # What handling the event led to, for whoever waits for all of it (``runtime.positions``).
        sa.Column("caused", JSONB(none_as_null=True)),
        # Old rows are deleted by age.
        sa.Index(None, "created_at"),
    )


def _inserted_at() -> sa.Column[datetime]:
    # Not now(), which is when the transaction began: the age of an event counts from its own
    # insert.
    stamp = sa.text("clock_timestamp()")
    return sa.Column(
        "created_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=stamp
    )


def _gone_rows(metadata: sa.MetaData) -> None:
    """What other services deleted: random ids, so they need no table's name beside them."""
    sa.Table(
        "gone_row",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        _inserted_at(),
        sa.Index(None, "created_at"),
    )
