"""RPC methods of preview backgrounds' files, and of production settings for previews."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.rules import admin
from services.common.contracts.crud.events import BackgroundFileAdded
from services.common.crud.deletion import removal
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.tables import NOW
from services.common.errors import InvalidInput, NotFound
from services.common.files.row_files import RowFiles
from services.common.files.storage import FileAnswer, Upload
from services.common.files.storage_access import UPLOADS, rendered_upload, storage_of, the_file
from services.common.files.thumbnails.order import Shape
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud.models import PreviewBackgroundFile, Project

PREFIX: Final = "backgrounds"
PICTURES: Final = {
    "jpe": "image/jpeg",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
}
PANORAMAS: Final = frozenset({"exr", "hdr"})
ORIGINAL, SMALL = "original", "thumbnail"
THUMBNAIL: Final = {SMALL: Shape("fit", 150, 100)}
FILES: Final = RowFiles(PREFIX, "preview_background_file", (ORIGINAL, SMALL))
UNKNOWN: Final = "application/octet-stream"


class BackgroundRpc(ResourceService):
    """Backgrounds of 3D previews."""

    @query
    def sets_main_previews(self, project_id: str) -> bool:
        """Whether a production sets each new preview as the main one of its entity."""
        column = Project.is_set_preview_automated
        with self.database.read() as connection:
            setting = connection.scalar(sa.select(column).where(Project.id == UUID(project_id)))
        return bool(setting)

    @command
    def upload_background(self, ident: str, data: JsonObject, files: list[JsonObject]) -> Reply:
        """Upload the file of a background; a file of an unknown kind deletes the background.

        Raises NotFound, Forbidden, InvalidInput. Emits ``preview-background-file:update`` and
        ``preview-background-file:add-file``.
        """
        del data
        uuid = self._background(ident)["id"]
        admin.check(self, {})
        upload = the_file(files)
        # Clients create the row first; without a usable file it would stay empty in their lists.
        if upload.extension not in PANORAMAS | set(PICTURES):
            self._remove(uuid)
            message = f"Wrong file format, extension: {upload.extension}"
            raise InvalidInput(message)
        key = f"{UPLOADS}/{upload.id}"
        if upload.extension in PICTURES:
            with rendered_upload(self, key, THUMBNAIL) as picture:
                storage_of(self).put(FILES.key(uuid, SMALL, upload.id), picture.files[SMALL])
        storage_of(self).copy(key, FILES.key(uuid, ORIGINAL, upload.id))
        self._keep_background(uuid, upload)
        FILES.take(self, uuid, UUID(upload.id), key)
        resource = self.registry["preview-background-files"]
        return Reply(resource.view(self.tx, uuid, relations=False))

    def _keep_background(self, ident: UUID, upload: Upload) -> None:
        row = self.tx.get(PreviewBackgroundFile, ident, lock=True)
        row.original_name = upload.name.rpartition(".")[0] or upload.name
        row.extension, row.file_size = upload.extension, upload.size
        self.tx.session.flush()
        # Explicitly: an upload of the same name, kind and size changes no other column, and
        # ``updated_at`` is what caches compare.
        change = sa.update(PreviewBackgroundFile).where(PreviewBackgroundFile.id == ident)
        self.tx.session.execute(change.values(updated_at=NOW))
        resource = self.registry["preview-background-files"]
        self.tx.emit(self.registry.event(resource, "update", {"id": ident}))
        event = BackgroundFileAdded(preview_background_file_id=ident, extension=upload.extension)
        self.tx.emit(event)

    def _remove(self, ident: UUID) -> None:
        resource = self.registry["preview-background-files"]
        table = resource.table.name
        removal.remove(self, table, [ident])
        self.tx.emit(self.registry.event(resource, "delete", {"id": ident}))
        # Committed before the refusal, which would roll the delete back.
        self.commit_now()

    @query
    def send_background(self, file: str) -> FileAnswer:
        """The file of a background, by ``<id>.<extension>``. Raises NotFound."""
        ident, _, extension = file.partition(".")
        row = self._background(ident)
        if row["extension"] != extension:
            raise NotFound
        return FileAnswer(
            key=FILES.key(row["id"], ORIGINAL, row["upload_id"]),
            content_type=PICTURES.get(extension, UNKNOWN),
            inline=extension in PICTURES,
            last_modified=row["updated_at"],
        )

    @query
    def send_background_thumbnail(self, file: str) -> FileAnswer:
        """The thumbnail of a background, by ``<id>.png``; panoramas have none. Raises NotFound."""
        row = self._background(file.removesuffix(".png"))
        return FileAnswer(
            key=FILES.key(row["id"], SMALL, row["upload_id"]),
            content_type="image/png",
            inline=True,
            last_modified=row["updated_at"],
        )

    def _background(self, text: str) -> Any:
        ident = known_id(text)
        file = PreviewBackgroundFile
        columns = (file.id, file.extension, file.updated_at, FILES.upload(self))
        statement = sa.select(*columns).where(file.id == ident)
        with self.database.read() as connection:
            row = connection.execute(statement).mappings().first()
        if row is None:
            raise NotFound
        return row
