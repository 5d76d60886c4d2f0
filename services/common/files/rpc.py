"""Deletion of stored files: with the row that owns them, or by a sweep of orphans."""

from __future__ import annotations

import logging
from typing import Any, ClassVar, Final
from uuid import UUID

import sqlalchemy as sa
from eventlet import tpool

from services.common.crud.resource_service import ResourceService
from services.common.database import stored_files
from services.common.database.transaction import refuse_in_transaction
from services.common.events.subscriber import Delivery, Inbox, on
from services.common.files import row_files as rows
from services.common.files.row_files import RowFiles
from services.common.files.storage import open_storage, sweep
from services.common.files.storage_access import storage_of
from services.common.runtime.scheduler import every

log = logging.getLogger(__name__)

#: Seconds that an object may exist without a row: its writer may not have committed the row yet.
UNOWNED_SECONDS: Final = 3600.0
#: Seconds between sweeps.
SWEEP_SECONDS: Final = 900.0
#: Parts of a key ``<prefix>/<id>/<upload>/<name>``.
VERSIONED: Final = 4


class FilesRpc(ResourceService):
    """A service that stores files; ``row_files`` declares which."""

    row_files: ClassVar[tuple[RowFiles, ...]] = ()

    # Unordered, and without inbox: deleting files is idempotent.
    @on("rows:gone", inbox=Inbox.NONE)
    def remove_files(self, delivery: Delivery) -> None:
        """Delete the files of rows of this service that were deleted."""
        message = delivery.payload
        if message["service"] != self.name:
            return
        ids = [UUID(ident) for ident in message["ids"]]
        for files in self.row_files:
            if files.table and files.table == message["table"]:
                uploads = rows.uploads_of(self, files.table, ids)
                keys = [
                    key for ident in ids for key in _every_key(files, ident, uploads.get(ident))
                ]
                storage_of(self).delete(*keys)
                # Last: until the objects are deleted, the pointers say where they are.
                rows.forget(self, files.table, ids)

    @every(SWEEP_SECONDS)
    def sweep_files(self) -> None:
        """Delete objects without a row, an hour after they were stored."""
        # One replica at a time: listing a bucket takes many requests. A lease instead of a lock,
        # for which a transaction would be open all the while.
        values = {"name": "sweep", "seconds": SWEEP_SECONDS / 2}
        lease = self.tx.connection.execute(stored_files.TAKE_LEASE, values).first()
        self.commit_now()
        if lease:
            self.sweep(UNOWNED_SECONDS)

    def sweep(self, seconds: float) -> int:
        """Delete objects older than ``seconds`` without a row; returns their number."""
        refuse_in_transaction("the sweep")
        storage, removed = open_storage(self.settings.storage_url), 0
        for files in self.row_files:

            def owned(keys: list[str], files: RowFiles = files) -> set[str]:
                return self._owned(keys, files)

            removed += sweep(storage, files.prefix, owned, seconds, tpool.execute)
        tpool.execute(storage.drop_torn, seconds)
        if removed:
            log.info("%s files without a row removed", removed)
        return removed

    def _owned(self, keys: list[str], files: RowFiles) -> set[str]:
        """The keys whose row exists, and names the upload that they are from."""
        if files.table is None:
            return set()
        by_id: dict[UUID, list[str]] = {}
        for key in keys:
            by_id.setdefault(_id_in(key, 1), []).append(key)
        table: Any = self.metadata.tables[files.table]
        statement = sa.select(table.c.id, files.upload(self)).where(table.c.id.in_(list(by_id)))
        if files.flag:
            statement = statement.where(table.c[files.flag].is_(True))
        with self.database.read() as connection:
            uploads: dict[UUID, UUID | None] = dict(connection.execute(statement).all())
        return {
            key for ident, upload in uploads.items() for key in by_id[ident] if _of(key) == upload
        }


def _every_key(files: RowFiles, ident: UUID, upload: UUID | None) -> list[str]:
    """All keys the row may have used: of its last upload, waiting, and of earlier releases.

    Earlier releases stored objects without an upload's id.
    """
    keys = files.keys(ident, None) + [files.key(ident, name) for name in files.waiting]
    return keys + (files.keys(ident, upload) if upload else [])


def _of(key: str) -> UUID | None:
    """The upload id in an object's key; None if it has none."""
    return _id_in(key, 2) if len(key.split("/")) == VERSIONED else None


def _id_in(key: str, part: int) -> UUID:
    """A part of a key as an id; for keys of another form the nil UUID, which no row has."""
    try:
        return UUID(key.split("/")[part])
    except (IndexError, ValueError):
        return UUID(int=0)
