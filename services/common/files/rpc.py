"""Stored files that belong to rows: deleted with the row, or by a sweep of orphans."""

from __future__ import annotations

import logging
from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from eventlet import tpool

from services.common.crud.resource_service import ResourceService
from services.common.events.subscriber import Delivery, Inbox, on
from services.common.files.storage import open_storage, sweep
from services.common.files.storage_access import storage_of
from services.common.runtime.scheduler import every

log = logging.getLogger(__name__)

#: Seconds an object may exist without a row: its writer may not have committed the row yet.
UNOWNED_SECONDS: Final = 3600.0
#: Seconds between sweeps.
SWEEP_SECONDS: Final = 900.0


class Kept(NamedTuple):
    """The objects under a prefix: ``<prefix>/<id><name>`` for each row of ``table``."""

    #: None for temporary objects, which no row owns.
    table: str | None
    names: tuple[str, ...] = ("",)

    def keys(self, prefix: str, ident: UUID | str) -> list[str]:
        """The keys of all objects that a row may own."""
        return [f"{prefix}/{ident}{name}" for name in self.names]


class FilesRpc(ResourceService):
    """A service that stores files; ``kept`` declares which, by prefix."""

    kept: ClassVar[dict[str, Kept]] = {}

    # Unordered, and without inbox: deleting files is idempotent.
    @on("rows:gone", inbox=Inbox.NONE)
    def remove_files(self, delivery: Delivery) -> None:
        """Delete the files of rows of this service that were deleted."""
        gone = delivery.payload
        if gone["service"] != self.name:
            return
        for prefix, kept in self.kept.items():
            if kept.table == gone["table"]:
                keys = [key for ident in gone["ids"] for key in kept.keys(prefix, ident)]
                storage_of(self).delete(*keys)

    @every(SWEEP_SECONDS)
    def sweep_files(self) -> None:
        """Delete objects without a row, an hour after they were stored."""
        lock = sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(f"sweep {self.name}", 0))
        # One replica at a time: listing a bucket takes many requests.
        if self.tx.session.scalar(sa.select(lock)):
            self.sweep(UNOWNED_SECONDS)

    def sweep(self, seconds: float) -> int:
        """Delete objects older than ``seconds`` without a row; returns their number."""
        storage, removed = open_storage(self.settings.storage_url), 0
        for prefix, kept in self.kept.items():

            def owned(keys: list[str], table: str | None = kept.table) -> set[str]:
                return self._owned(keys, table)

            removed += sweep(storage, prefix, owned, seconds, tpool.execute)
        tpool.execute(storage.drop_torn, seconds)
        if removed:
            log.info("%s files without a row removed", removed)
        return removed

    def _owned(self, keys: list[str], table: str | None) -> set[str]:
        """The keys whose row exists."""
        if table is None:
            return set()
        by_id: dict[UUID, list[str]] = {}
        for key in keys:
            by_id.setdefault(_ident_of(key), []).append(key)
        column: Any = self.metadata.tables[table].c.id
        with self.database.read() as connection:
            found = connection.scalars(sa.select(column).where(column.in_(list(by_id)))).all()
        return {key for ident in found for key in by_id[ident]}


def _ident_of(key: str) -> UUID:
    """The id in ``prefix/<id>…``; the nil UUID, which no row has, for other keys."""
    try:
        return UUID(key.split("/")[1])
    except (IndexError, ValueError):
        return UUID(int=0)
