"""Files that stand beside rows: removed when their row is, and swept up when there is none."""

from __future__ import annotations

import logging
from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from eventlet import tpool

from services.common.crud.resource_service import ResourceService
from services.common.events.subscriber import Delivery, on
from services.common.files.storage import open_storage, sweep
from services.common.files.storage_access import storage_of
from services.common.runtime.scheduler import every

log = logging.getLogger(__name__)

#: How long an object may lie without a row: whoever stored it may still be writing the row.
UNOWNED_SECONDS: Final = 3600.0
SWEEP_SECONDS: Final = 900.0


class Kept(NamedTuple):
    """What lies under a prefix: for each row of ``table``, ``<prefix>/<id><name>``."""

    #: None where nothing is meant to stay.
    table: str | None
    names: tuple[str, ...] = ("",)

    def keys(self, prefix: str, ident: UUID | str) -> list[str]:
        """All that may lie there for a row."""
        return [f"{prefix}/{ident}{name}" for name in self.names]


class FilesRpc(ResourceService):
    """A service that keeps files; ``kept`` says which, by prefix."""

    kept: ClassVar[dict[str, Kept]] = {}

    # In any order: a row that is gone has no files, whatever else goes.
    @on("rows:gone", inbox=False)
    def remove_files(self, delivery: Delivery) -> None:
        """Rows of ours are gone: so are their files."""
        gone = delivery.payload
        if gone["service"] != self.name:
            return
        for prefix, kept in self.kept.items():
            if kept.table == gone["table"]:
                keys = [key for ident in gone["ids"] for key in kept.keys(prefix, ident)]
                storage_of(self).delete(*keys)

    @every(SWEEP_SECONDS)
    def sweep_files(self) -> None:
        """Remove what lies in the storage without a row, an hour after it was stored."""
        lock = sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(f"sweep {self.name}", 0))
        if self.tx.session.scalar(sa.select(lock)):
            self.sweep(UNOWNED_SECONDS)

    def sweep(self, seconds: float) -> int:
        """Remove what has lain that long without a row; how many files that were."""
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
        """Those keys whose row exists."""
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
    """The id in ``prefix/<id>…``; what isn't named that way belongs to no row."""
    try:
        return UUID(key.split("/")[1])
    except (IndexError, ValueError):
        return UUID(int=0)
