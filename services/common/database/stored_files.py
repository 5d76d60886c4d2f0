"""Pointers from rows to stored objects: each upload has keys of its own, a row has one upload.

Objects are stored before the transaction that points a row at them, under the id of the upload, and
never change. If anything fails, the row keeps its former objects, and a sweep deletes objects that
no row points at. Pointers have a table of their own, so that no resource shows them and no client
can set them. A row without a pointer has objects without an upload's id, as earlier releases and
imports store them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.engine import Connection

    from services.common.database.sql_types import Column, Expression

#: Kernel table: jobs that only one replica at a time runs.
LEASES: Final = "job_lease"
#: Takes a lease unless another replica has it. By the database's clock: those of replicas differ.
TAKE_LEASE: Final = sa.text(
    f"INSERT INTO {LEASES} (name, until) "  # noqa: S608 - a constant
    "VALUES (:name, clock_timestamp() + make_interval(secs => :seconds)) "
    "ON CONFLICT (name) DO UPDATE SET until = excluded.until "
    f"WHERE {LEASES}.until < clock_timestamp() RETURNING name"
)


def declare(metadata: sa.MetaData, service: str) -> None:
    """Declare the pointers and leases of a service that stores files."""
    # Named after its service: a dump holds the tables of all services.
    sa.Table(
        f"{service}_stored_file",
        metadata,
        sa.Column("table_name", sa.Text, primary_key=True),
        sa.Column("row_id", sa.Uuid, primary_key=True),
        sa.Column("upload_id", sa.Uuid, nullable=False),
    )
    sa.Table(
        LEASES,
        metadata,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("until", sa.TIMESTAMP(timezone=True), nullable=False),
    )


def pointers(metadata: sa.MetaData, service: str) -> sa.Table:
    """The table of the pointers of a service."""
    return metadata.tables[f"{service}_stored_file"]


def upload_of(table: sa.Table, rows: sa.Table, ident: Column) -> Expression:
    """A scalar subquery: the id of the upload that a row points at, or NULL."""
    of_row = sa.and_(table.c.table_name == str(rows.name), table.c.row_id == ident)
    return sa.select(table.c.upload_id).where(of_row).correlate(rows).scalar_subquery()


def uploads_of(
    connection: Connection, table: sa.Table, rows: str, ids: Collection[UUID]
) -> dict[UUID, UUID]:
    """``{row id: upload id}`` of rows of the table ``rows``; without those that have no pointer."""
    of_rows = sa.and_(table.c.table_name == rows, table.c.row_id.in_(ids))
    pointers = connection.execute(sa.select(table.c.row_id, table.c.upload_id).where(of_rows))
    return dict(pointers.all())


def point(
    connection: Connection, table: sa.Table, rows: str, ident: UUID, upload: UUID | None
) -> None:
    """Point a row at an upload; None removes the pointer."""
    if upload is None:
        of_row = sa.and_(table.c.table_name == rows, table.c.row_id == ident)
        connection.execute(sa.delete(table).where(of_row))
        return
    values = {"table_name": rows, "row_id": ident, "upload_id": upload}
    key = [table.c.table_name, table.c.row_id]
    statement = insert(table).values(values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=key, set_={"upload_id": upload})
    )
