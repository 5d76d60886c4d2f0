"""Sending the files of previews, to those who may read their task."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.errors import InvalidInput, NotFound
from services.common.files.storage import FileAnswer
from services.common.json_types import Row
from services.common.runtime.rpc_server import query
from services.common.slugs import slug
from services.tasks.models import TaskType
from services.tasks.policy.previews import PREVIEWS
from services.tasks.previews import kinds
from services.tasks.previews.facts import preview_facts
from services.tasks.rows import distinct_ids

CONTENT_TYPES: Final = {"png": "image/png", "mp4": "video/mp4", "pdf": "application/pdf"}
UNKNOWN: Final = "application/octet-stream"


class PreviewDownloadRpc(ResourceService):
    """Files of previews, for ``/pictures`` and ``/movies``."""

    @query
    def send_picture(self, file: str, shape: str) -> FileAnswer:
        """A shape of a picture, by ``<id>.png``. Raises NotFound, Forbidden."""
        facts = self._readable(file.removesuffix(".png"))
        return _answer(facts, shape, CONTENT_TYPES["png"])

    @query
    def send_original(self, file: str) -> FileAnswer:
        """The file as it was uploaded (a picture as PNG), by ``<id>.<extension>``.

        Raises NotFound, Forbidden, InvalidInput (an extension that no preview has).
        """
        ident, _, extension = file.partition(".")
        if extension not in {kinds.PICTURE, kinds.MOVIE} | kinds.OTHERS:
            message = f"Extension not allowed: {extension}"
            raise InvalidInput(message)
        facts = self._readable(ident)
        if facts["extension"] != extension:
            raise NotFound
        return _answer(facts, kinds.ORIGINAL, CONTENT_TYPES.get(extension, UNKNOWN))

    @query
    def send_movie(self, file: str) -> FileAnswer:
        """A movie, by ``<id>.mp4``, as it was uploaded: no other resolutions are rendered.

        Raises NotFound, Forbidden.
        """
        facts = self._readable(file.removesuffix(".mp4"))
        if facts["extension"] != kinds.MOVIE:
            raise NotFound
        return _answer(facts, kinds.ORIGINAL, CONTENT_TYPES["mp4"])

    @query
    def send_tiles(self, file: str) -> FileAnswer:
        """The sprite sheet of a movie's frames, which is never rendered. Raises NotFound."""
        self._readable(file.removesuffix(".png"))
        raise NotFound

    @query
    def download_preview(self, ident: str) -> FileAnswer:
        """The file as a download, named after its production, entity, task type and revision.

        With the studio's ``use_original_file_name`` it keeps the name of the uploaded file.
        Raises NotFound, Forbidden.
        """
        facts = self._readable(ident)
        extension = facts["extension"] or ""
        name = f"{self._name_of(facts)}.{extension}"
        # Not with the type of the file: browsers would show it instead of saving it.
        reply = _answer(facts, kinds.ORIGINAL, CONTENT_TYPES.get(extension, UNKNOWN))
        return FileAnswer(
            key=reply.key, content_type=UNKNOWN, name=name, last_modified=reply.last_modified
        )

    def _readable(self, ident: str) -> Row:
        """The preview, if the caller may read it. Raises NotFound, Forbidden."""
        facts = preview_facts(self, known_id(ident))
        PREVIEWS.reader.check(self, facts)
        return facts

    def _name_of(self, facts: Row) -> str:
        # Of a task without an entity, or a preview without a task, there are none.
        project, entity = distinct_ids([facts["project_id"]]), distinct_ids([facts["entity_id"]])
        projects, entities, organisations = self.ask_all(
            [
                ("crud", "list_project_names", {"ids": project}),
                ("assets", "list_entities_in_brief", {"ids": entity}),
                ("auth", "list_rows", {"path": "organisations"}),
            ]
        )
        if facts["original_name"] and any(
            organisation["use_original_file_name"] for organisation in organisations
        ):
            return str(facts["original_name"])
        parts = [
            *projects.values(),
            *(one["entity_name"] for one in entities.values()),
            self._task_type(facts["task_type_id"]),
        ]
        return f"{slug(' '.join(part for part in parts if part))}_v{facts['revision']}"

    def _task_type(self, ident: UUID | None) -> str | None:
        with self.database.read() as connection:
            name: str | None = connection.scalar(
                sa.select(TaskType.name).where(TaskType.id == ident)
            )
        return name


def _answer(facts: Row, name: str, kind: str) -> FileAnswer:
    return FileAnswer(
        # By upload: while a file is replaced, its readers get the old one or the new one, never a
        # mix.
        key=kinds.FILES.key(facts["id"], name, facts["upload_id"]),
        content_type=kind,
        inline=True,
        last_modified=facts["updated_at"],
    )
