"""The stored objects that rows own: their keys, and how a row gets and loses them.

A file is stored first, under keys that no other upload has (``storage``), without a transaction.
Then ``RowFiles.take`` points the row at the upload, in the transaction that changes the row.
Replaced objects and the upload itself are deleted after the commit; if the process dies before
that, the sweep deletes them.
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
class RowFiles:
    """The objects ``<prefix>/<id>[/<upload>]/<name>`` of the rows of a table."""

    prefix: str
    #: None for temporary objects, which no row owns.
    table: str | None
    names: tuple[str, ...] = ("",)
    #: Names of objects to be processed later; their keys have no upload's id.
    waiting: tuple[str, ...] = ()
    #: A boolean column of the row: whether it has objects at all.
    flag: str = ""

    def key(self, ident: UUID | str, name: str = "", upload: UUID | str | None = None) -> str:
        """The key of one object."""
        return "/".join(str(part) for part in (self.prefix, ident, upload, name) if part)

    def keys(self, ident: UUID | str, upload: UUID | str | None) -> list[str]:
        """The keys of all objects that a row has from an upload."""
        return [self.key(ident, name, upload) for name in self.names]

    def upload(self, ctx: CallContext) -> Expression:
        """A column for statements on the table: the id of the upload that a row points at."""
        rows = ctx.metadata.tables[str(self.table)]
        return stored_files.upload_of(_pointers(ctx), rows, rows.c.id).label("upload_id")

    def take(self, ctx: CallContext, ident: UUID, upload: UUID, source: str) -> None:
        """Point a row at the objects of an upload, in the caller's transaction.

        ``source`` is the key of the raw upload, which is deleted after the commit. The row must be
        locked.
        """
        self._replace(ctx, ident, upload, [source, *self._waiting(ident)])

    def drop(self, ctx: CallContext, ident: UUID) -> None:
        """Detach a row's objects, and delete them after the commit. The row must be locked."""
        self._replace(ctx, ident, None, [])

    def _waiting(self, ident: UUID) -> list[str]:
        return [self.key(ident, name) for name in self.waiting]

    def _replace(
        self, ctx: CallContext, ident: UUID, upload: UUID | None, unused: list[str]
    ) -> None:
        connection, table, rows = ctx.tx.connection, _pointers(ctx), str(self.table)
        # The lock on the row serializes this: without it, two uploads would both replace the same
        # objects, and those of the loser would stay until the sweep.
        previous = stored_files.uploads_of(connection, table, rows, [ident]).get(ident)
        stored_files.point(connection, table, rows, ident, upload)
        # The same upload again is a retried call: its objects are the current ones.
        if previous != upload or upload is None:
            unused = [*unused, *self.keys(ident, previous)]
        storage = storage_of(ctx)
        # Never before the commit: after a rollback the row still needs its former objects.
        ctx.tx.after_commit(lambda: storage.delete(*unused))


def uploads_of(ctx: CallContext, table: str, ids: list[UUID]) -> dict[UUID, UUID]:
    """``{row id: upload id}`` of rows of a table, as committed."""
    with ctx.database.read() as connection:
        return stored_files.uploads_of(connection, _pointers(ctx), table, ids)


def forget(ctx: CallContext, table: str, ids: list[UUID]) -> None:
    """Delete the pointers of deleted rows."""
    pointers = _pointers(ctx)
    of_rows = sa.and_(pointers.c.table_name == table, pointers.c.row_id.in_(ids))
    ctx.tx.connection.execute(sa.delete(pointers).where(of_rows))


def _pointers(ctx: CallContext) -> sa.Table:
    return stored_files.pointers(ctx.metadata, ctx.name)
