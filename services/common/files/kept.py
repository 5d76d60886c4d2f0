"""The stored objects that rows own: their keys, and how a row gets and loses them.

A file is stored first, under keys that no other upload has (``storage``), without a transaction.
Then ``Kept.take`` makes it the row's in the transaction that says so. What it replaces, and what
the upload came as, is deleted after the commit; if the process dies before, the sweep does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.database import stored_files
from services.common.database.sql_types import Expression
from services.common.files.storage_access import storage_of


@dataclass(frozen=True)
class Kept:
    """The objects ``<prefix>/<id>[/<upload>]/<name>`` of the rows of a table."""

    prefix: str
    #: None for temporary objects, which no row owns.
    table: str | None
    names: tuple[str, ...] = ("",)
    #: Names of objects that wait for being processed, without an upload's id.
    waiting: tuple[str, ...] = ()
    #: A flag of the row that says whether it has objects at all.
    flag: str = ""

    def key(self, ident: UUID | str, name: str = "", upload: UUID | str | None = None) -> str:
        """The key of one object."""
        return "/".join(str(part) for part in (self.prefix, ident, upload, name) if part)

    def keys(self, ident: UUID | str, upload: UUID | str | None) -> list[str]:
        """The keys of all objects that a row has from an upload."""
        return [self.key(ident, name, upload) for name in self.names]

    def upload(self, ctx: CallContext) -> Expression:
        """A column for statements on the table: the upload that its objects are from."""
        rows = ctx.metadata.tables[str(self.table)]
        return stored_files.upload_of(_pointers(ctx), rows, rows.c.id).label("upload_id")

    def take(self, ctx: CallContext, ident: UUID, upload: UUID, source: str) -> None:
        """Make what was stored under an upload's keys the row's own, as its transaction commits.

        ``source`` is the key that the upload came under, which nobody needs then. The row must be
        locked.
        """
        self._replace(ctx, ident, upload, [source, *self._waiting(ident)])

    def drop(self, ctx: CallContext, ident: UUID) -> None:
        """Take a row's objects from it, as its transaction commits. The row must be locked."""
        self._replace(ctx, ident, None, [])

    def _waiting(self, ident: UUID) -> list[str]:
        return [self.key(ident, name) for name in self.waiting]

    def _replace(self, ctx: CallContext, ident: UUID, upload: UUID | None, idle: list[str]) -> None:
        connection, table, rows = ctx.tx.connection, _pointers(ctx), str(self.table)
        before = stored_files.uploads_of(connection, table, rows, [ident]).get(ident)
        stored_files.point(connection, table, rows, ident, upload)
        if before != upload or upload is None:
            idle = [*idle, *self.keys(ident, before)]
        storage = storage_of(ctx)
        ctx.tx.after_commit(lambda: storage.delete(*idle))


def uploads_of(ctx: CallContext, table: str, ids: list[UUID]) -> dict[UUID, UUID]:
    """The uploads that the objects of these rows are from, as committed."""
    with ctx.database.read() as connection:
        return stored_files.uploads_of(connection, _pointers(ctx), table, ids)


def forget(ctx: CallContext, table: str, ids: list[UUID]) -> None:
    """Delete the pointers of rows that are gone."""
    pointers = _pointers(ctx)
    mine = sa.and_(pointers.c.table_name == table, pointers.c.row_id.in_(ids))
    ctx.tx.connection.execute(sa.delete(pointers).where(mine))


def _pointers(ctx: CallContext) -> sa.Table:
    return stored_files.pointers(ctx.metadata, ctx.name)
