"""Files that stand beside rows: removed when their row is, and swept up when there is none."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, ClassVar, Final, NamedTuple, cast
from uuid import UUID

import msgspec
import sqlalchemy as sa
from eventlet import tpool

from services.common.crud.rpc import CrudRpc
from services.common.errors import InvalidInput
from services.common.events.subscriber import Delivery, on
from services.common.files.storage import Storage, Upload, open_storage, sweep
from services.common.files.thumbnails.client import (
    PictureBroken,
    PictureTooLarge,
    Rendered,
    rendered,
)
from services.common.files.thumbnails.order import Shape
from services.common.runtime.scheduler import every

log = logging.getLogger(__name__)

UNOWNED_SECONDS: Final = 3600.0
"""How long an object may lie without a row: whoever stored it may still be writing the row."""
SWEEP_SECONDS: Final = 900.0
UPLOADS: Final = "uploads"
"""Where a file lies that becomes something else; nothing is meant to stay there."""


class OffTheHub:
    """An object whose methods run on threads of their own, with our request's id in their logs."""

    def __init__(self, target: Any) -> None:
        self.target = target

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.target, name)

        def run(*args: Any, **kwargs: Any) -> Any:
            return tpool.execute(copy_context().run, method, *args, **kwargs)

        return run


class Kept(NamedTuple):
    """What lies under a prefix: for each row of ``table``, ``<prefix>/<id><name>``."""

    table: str | None
    """None where nothing is meant to stay."""
    names: tuple[str, ...] = ("",)

    def keys(self, prefix: str, ident: UUID | str) -> list[str]:
        """All that may lie there for a row."""
        return [f"{prefix}/{ident}{name}" for name in self.names]


def the_file(files: list[dict[str, Any]]) -> Upload:
    """The part called ``file``. Raises InvalidInput without one."""
    for upload in msgspec.convert(files, list[Upload]):
        if upload.part == "file":
            return upload
    message = "File not provided."
    raise InvalidInput(message)


class FilesRpc(CrudRpc):
    """A service that keeps files; ``kept`` says which, by prefix."""

    kept: ClassVar[dict[str, Kept]] = {}

    @property
    def storage(self) -> Storage:
        """The file storage; each call runs on a thread of its own while the hub goes on.

        Only for what answers at once or not at all: no iterator may cross over.
        """
        return cast("Storage", OffTheHub(open_storage(self.settings.storage_url)))

    @contextmanager
    def drawn(self, key: str, shapes: Mapping[str, Shape]) -> Iterator[Rendered]:
        """Shapes of an upload that is to be a picture. Raises InvalidInput for one that is none."""
        try:
            with rendered(self.storage, key, shapes) as picture:
                yield picture
        except (PictureBroken, PictureTooLarge):
            message = "The file is not a picture that can be read."
            raise InvalidInput(message) from None

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
                self.storage.delete(*keys)

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
