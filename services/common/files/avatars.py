"""Avatars of persons, productions and the studio: square thumbnails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Rule, only_persons
from services.common.contracts import Event
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.tables import NOW, table_of
from services.common.errors import NotAllowed, NotFound
from services.common.files.row_files import RowFiles
from services.common.files.storage import FileAnswer
from services.common.files.storage_access import UPLOADS, rendered_upload, storage_of, the_file
from services.common.files.thumbnails.order import Shape
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply

NAME: Final = "avatar"
EXTENSION: Final = ".png"
#: Pixels of each side.
SIZE: Final = 400


@dataclass(frozen=True)
class Avatar:
    """Who may read and write the avatars of a resource, and the event that a new one emits."""

    read: Rule
    write: Rule
    new_event: Callable[[UUID], Event]
    #: What is said to who uploads to the address with the extension; nothing: that is taken.
    only_without_extension: str = ""
    #: Refuses a write that even administrators may not make.
    check: Callable[[CallContext, UUID], object] = lambda _ctx, _ident: None


def avatar_of(kind: str, table: str) -> RowFiles:
    """The stored avatar of the rows of ``table``."""
    return RowFiles(kind, table, (NAME,), flag="has_avatar")


class AvatarRpc(ResourceService):
    """RPC methods for avatars; ``avatars`` lists the resources that have one, by path."""

    avatars: ClassVar[dict[str, Avatar]] = {}

    @query
    def send_avatar(self, kind: str, file: str) -> FileAnswer:
        """The avatar of a row, by ``<id>.png``. Raises NotFound, also without one; Forbidden."""
        ident = known_id(file.removesuffix(EXTENSION))
        row = self._row(kind, ident)
        if not row["has_avatar"]:
            raise NotFound
        # A production's avatar is read by its team: ``ident`` is the production then.
        self.avatars[kind].read.check(self, {"id": ident, "project_id": ident})
        return FileAnswer(
            key=self._files(kind).key(ident, NAME, row["upload_id"]),
            content_type="image/png",
            inline=True,
            last_modified=row["updated_at"],
        )

    @command
    def upload_avatar(
        self, kind: str, ident: str, data: JsonObject, files: list[JsonObject]
    ) -> Reply:
        """Set the avatar of a row from any picture.

        Raises NotAllowed, NotFound, Forbidden, InvalidInput.
        Emits ``<resource>:update`` and ``<resource>:set-thumbnail``.
        """
        del data
        refusal = self.avatars[kind].only_without_extension
        if refusal and ident.endswith(EXTENSION):
            raise NotAllowed(refusal)
        uuid = known_id(ident.removesuffix(EXTENSION))
        self._row(kind, uuid)
        self._check_write(kind, uuid)
        # Rendered and stored before the transaction, which the storage refuses to run in.
        upload, row_files = the_file(files), self._files(kind)
        key = f"{UPLOADS}/{upload.id}"
        with rendered_upload(self, key, {NAME: Shape("cover", SIZE, SIZE)}) as picture:
            storage_of(self).put(row_files.key(uuid, NAME, upload.id), picture.files[NAME])
        self._mark(kind, uuid, has_avatar=True)
        self.tx.emit(self.avatars[kind].new_event(uuid))
        row_files.take(self, uuid, UUID(upload.id), key)
        paths = {"thumbnail_path": f"pictures/thumbnails/{kind}/{uuid}.png"}
        return Reply(msgspec.json.encode(paths))

    @command
    def clear_avatar(self, kind: str, ident: str | None = None) -> Reply:
        """Remove the avatar of a row; of the caller without ``ident``.

        Raises NotFound, Forbidden. Emits ``<resource>:update``.
        """
        uuid = only_persons(self) if ident is None else known_id(ident)
        self._row(kind, uuid)
        self._check_write(kind, uuid)
        self._mark(kind, uuid, has_avatar=False)
        self._files(kind).drop(self, uuid)
        return Reply(b"")

    def _check_write(self, kind: str, ident: UUID) -> None:
        """Raise Forbidden."""
        avatar = self.avatars[kind]
        avatar.write.check(self, {"id": ident, "project_id": ident})
        avatar.check(self, ident)

    def _files(self, kind: str) -> RowFiles:
        return avatar_of(kind, self.registry[kind].table.name)

    def _row(self, kind: str, ident: UUID) -> Any:
        table = self.registry[kind].table
        columns = (table.c.has_avatar, table.c.updated_at, self._files(kind).upload(self))
        statement = sa.select(*columns).where(table.c.id == ident)
        with self.database.read() as connection:
            row = connection.execute(statement).mappings().first()
        if row is None:
            raise NotFound
        return row

    def _mark(self, kind: str, ident: UUID, *, has_avatar: bool) -> None:
        resource = self.registry[kind]
        table = table_of(resource.model)
        change = sa.update(table).where(table.c.id == ident)
        row = (
            self.tx.connection.execute(
                change.values(has_avatar=has_avatar, updated_at=NOW).returning(*table.c)
            )
            .mappings()
            .first()
        )
        if row is None:
            raise NotFound
        self.tx.emit(self.registry.event(resource, "update", dict(row)))
