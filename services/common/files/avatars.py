"""Avatars of persons, productions and the studio: square thumbnails."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.access.rules import Rule, only_persons
from services.common.contracts import Event
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.tables import NOW, table_of
from services.common.errors import NotFound, ServiceError
from services.common.files.rpc import Kept
from services.common.files.storage import FileAnswer
from services.common.files.storage_access import UPLOADS, rendered_upload, storage_of, the_file
from services.common.files.thumbnails.order import Shape
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply

NAME: Final = "avatar"
#: Pixels of each side.
SIZE: Final = 400


@dataclass(frozen=True)
class Avatar:
    """Who may read and write the avatars of a resource, and the event that a new one emits."""

    read: Rule
    write: Rule
    new_event: Callable[[UUID], Event]


def avatar_of(table: str) -> Kept:
    """The objects that belong to an avatar of a row of ``table``."""
    return Kept(table, (f"/{NAME}",))


class AvatarRpc(ResourceService):
    """RPC methods for avatars; ``avatars`` lists the resources that have one, by path."""

    avatars: ClassVar[dict[str, Avatar]] = {}

    @query
    def send_avatar(self, kind: str, file: str) -> FileAnswer:
        """The avatar of a row, by ``<id>.png``. Raises NotFound, also without one; Forbidden."""
        ident = known_id(file.removesuffix(".png"))
        row = self._row(kind, ident)
        if not row["has_avatar"]:
            raise NotFound
        self.avatars[kind].read.check(self, {"id": ident, "project_id": ident})
        return FileAnswer(
            key=f"{kind}/{ident}/{NAME}",
            content_type="image/png",
            inline=True,
            last_modified=row["updated_at"],
        )

    @command
    def upload_avatar(
        self, kind: str, ident: str, data: JsonObject, files: list[JsonObject]
    ) -> Reply:
        """Set the avatar of a row from any picture. Raises NotFound, Forbidden, InvalidInput.

        Emits ``<resource>:update`` and ``<resource>:set-thumbnail``.
        """
        del data
        uuid = known_id(ident)
        self._row(kind, uuid)
        self.avatars[kind].write.check(self, {"id": uuid, "project_id": uuid})
        key = f"{UPLOADS}/{the_file(files).id}"
        shape = {NAME: Shape("cover", SIZE, SIZE)}
        with rendered_upload(self, key, shape) as picture:
            self._mark(kind, uuid, has_avatar=True)
            self.tx.emit(self.avatars[kind].new_event(uuid))
            # Before the commit: if that fails, the old avatar's row shows the new picture, and no
            # row is left without its file.
            storage_of(self).put(f"{kind}/{uuid}/{NAME}", picture.files[NAME])
        with suppress(ServiceError):  # the sweep removes what is left
            storage_of(self).delete(key)
        shown = {"thumbnail_path": f"pictures/thumbnails/{kind}/{uuid}.png"}
        return Reply(msgspec.json.encode(shown))

    @command
    def clear_avatar(self, kind: str, ident: str | None = None) -> Reply:
        """Remove the avatar of a row; of the caller without ``ident``.

        Raises NotFound, Forbidden. Emits ``<resource>:update``.
        """
        uuid = only_persons(self) if ident is None else known_id(ident)
        self._row(kind, uuid)
        self.avatars[kind].write.check(self, {"id": uuid, "project_id": uuid})
        self._mark(kind, uuid, has_avatar=False)
        with suppress(ServiceError):  # the sweep removes what is left
            storage_of(self).delete(f"{kind}/{uuid}/{NAME}")
        return Reply(b"")

    def _row(self, kind: str, ident: UUID) -> Any:
        table = self.registry[kind].table
        statement = sa.select(table.c.has_avatar, table.c.updated_at).where(table.c.id == ident)
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
