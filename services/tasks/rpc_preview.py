"""Previews: announced by a comment, then filled with a file.

A picture is made into its shapes before the transaction, beside the service; then the row is
locked, the files are stored and the row says so. Should that not commit, the next upload writes
over them. Movies are kept as they came: nothing here normalises them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa

from services.common.contracts.tasks import (
    PreviewFileAdded,
    PreviewNew,
    PreviewReceived,
    PreviewSetMain,
    PreviewUpdate,
)
from services.common.crud import cross_references
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.tables import NOW
from services.common.errors import InvalidInput, NotFound, Refused, ServiceError, invalid_field
from services.common.events.subscriber import Delivery, on
from services.common.files.storage import Upload
from services.common.files.storage_access import UPLOADS, storage_of, the_file
from services.common.files.thumbnails.client import (
    PictureBroken,
    PictureTooLarge,
    Rendered,
    rendered,
)
from services.common.json_types import JsonObject, Values
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_client import Reply
from services.tasks import access, attachments, previews, rules
from services.tasks.models import Comment, News, PreviewFile, Task, comment_preview_link

NAME_LENGTH: Final = 13


class PreviewRpc(ResourceService):
    """Announcing previews and taking in their files."""

    @command
    def add_preview(self, task_id: str, comment_id: str, data: JsonObject) -> Reply:
        """Announce a preview for a comment, of the ``revision`` given or the next one.

        Raises NotFound, Forbidden, InvalidInput, Refused (the revision is taken).
        Emits ``preview-file:new`` and ``comment:update``.
        """
        task, comment = known_id(task_id), known_id(comment_id)
        facts = access.task_facts(self, task)
        if facts is None:
            raise NotFound
        previews.check_may_act(self, task, facts)
        previews.comment_in(self, task, comment)
        wanted = _revision(data)
        return Reply(self._announce(task, comment, facts, wanted))

    def _announce(self, task: UUID, comment: UUID, facts: JsonObject, wanted: int | None) -> bytes:
        """A preview without its file, as JSON. Raises Refused (the revision is taken)."""
        self.tx.get(Task, task, lock=True)
        try:
            revision, position = previews.place_in_revisions(self.tx, task, comment, wanted)
        except ValueError:
            message = (
                f"Revision {wanted} already exists for this task. Choose a different revision "
                "number, or omit it to let the revision auto-increment."
            )
            raise Refused(message) from None
        row = PreviewFile(
            name=str(uuid4())[:NAME_LENGTH],
            revision=revision,
            position=position,
            task_id=task,
            person_id=self.actor.id,
            source="webgui",
            extension=previews.MOVIE,
            status=previews.PROCESSING,
        )
        self.tx.session.add(row)
        self.tx.session.flush()
        self._show_in_comment(row.id, comment)
        self.tx.emit(
            PreviewNew(preview_file_id=row.id, comment_id=comment, **previews.in_project(facts))
        )
        self._tell_comment(comment, facts)
        return self.registry["preview-files"].view(self.tx, row.id)

    def announce_upload(
        self, task: UUID, comment: UUID, project: UUID | None, upload: JsonObject
    ) -> JsonObject:
        """A preview whose file came with its comment: it is filled once the comment committed.

        Making pictures takes seconds, and nobody is to wait for them. Meanwhile the file lies among
        the preview's own, where no sweep takes it however long the service is away. Raises
        InvalidInput for a kind of file that no preview is. Emits ``preview-file:new`` and
        ``preview-file:received``.
        """
        if upload["extension"] not in previews.PICTURES | previews.MOVIES | previews.OTHERS:
            message = f"Wrong file format, extension: {upload['extension']}"
            raise InvalidInput(message)
        shown = self._announce(task, comment, {"project_id": project}, None)
        preview: JsonObject = msgspec.json.decode(shown)
        ident = UUID(preview["id"])
        received = previews.key_of(ident, previews.RECEIVED)
        storage_of(self).move(attachments.key_of(upload["id"]), received)
        self.tx.emit(PreviewReceived(preview_file_id=ident, upload=upload), project=project)
        return preview

    @on("preview-file:received", inbox=False)
    def fill_preview(self, delivery: Delivery) -> None:
        """Make the pictures of a preview whose file came with its comment.

        Without an inbox, since no transaction is open meanwhile: a filled preview takes no other.
        """
        message = msgspec.convert(delivery.payload, PreviewReceived)
        upload = msgspec.convert(message.upload, Upload)
        key = previews.key_of(message.preview_file_id, previews.RECEIVED)
        try:
            facts = previews.facts_of(self, message.preview_file_id)
        except NotFound:
            return  # removed meanwhile
        try:
            if previews.may_take_a_file(facts):
                self._fill(facts, upload, key)
        except NotFound:
            self._write(facts, upload, key, {"status": previews.BROKEN})
        except InvalidInput:
            return  # it says "broken" already

    def _show_in_comment(self, preview: UUID, comment: UUID) -> None:
        run = self.tx.session.execute
        link = {"comment": comment, "preview_file": preview}
        run(sa.insert(comment_preview_link).values(link))
        run(sa.update(Comment).where(Comment.id == comment).values(updated_at=NOW))
        run(
            sa.update(News)
            .where(News.comment_id == comment, News.preview_file_id.is_(None))
            .values(preview_file_id=preview)
        )

    def _tell_comment(self, comment: UUID, facts: JsonObject) -> None:
        known = {"id": comment, "project_id": facts["project_id"]}
        self.tx.emit(self.registry.event(self.registry["comments"], "update", known))

    @command
    def upload_preview(self, ident: str, data: JsonObject, files: list[JsonObject]) -> Reply:
        """Take in the file of a preview: a picture, a movie, or one of the other known kinds.

        An unreadable picture leaves the preview ``broken``, and open for another try; a file of an
        unknown kind removes it. Raises NotFound, Forbidden, InvalidInput, Refused (it has a file).
        Emits ``preview-file:update``, and for a comment's preview ``comment:update`` and
        ``preview-file:add-file``.
        """
        del data
        uuid = known_id(ident)
        facts = previews.facts_of(self, uuid)
        previews.check_may_act(self, facts["task_id"], facts)
        upload = the_file(files)
        if not previews.may_take_a_file(facts):
            message = "This preview already has a file."
            raise Refused(message)
        self._refuse_unknown_kind(facts, upload)
        self._fill(facts, upload, f"{UPLOADS}/{upload.id}")
        shown = self.registry["preview-files"].view(self.tx, uuid, relations=False)
        return Reply(shown)

    def _fill(self, facts: JsonObject, upload: Upload, key: str) -> None:
        automated = self._sets_main_preview(facts)
        if upload.extension in previews.PICTURES:
            values = self._take_picture(facts, upload, key)
        else:
            values = self._take_as_it_is(facts, upload, key)
        self._write(facts, upload, key, values)
        self._tell(facts, values, automated=automated and values["status"] == previews.READY)

    def _refuse_unknown_kind(self, facts: JsonObject, upload: Upload) -> None:
        """A preview whose file can't be taken is no use: it goes. Raises InvalidInput."""
        if upload.extension in previews.PICTURES | previews.MOVIES | previews.OTHERS:
            return
        rules.unlink_preview(self, facts)
        cross_references.remove(self.tx, self.name, self.metadata, "preview_file", [facts["id"]])
        resource = self.registry["preview-files"]
        self.tx.emit(self.registry.event(resource, "delete", facts))
        self.commit_now()
        message = f"Wrong file format, extension: {upload.extension}"
        raise InvalidInput(message)

    def _sets_main_preview(self, facts: JsonObject) -> bool:
        """Whether the newest preview is to stand for its entity in this production."""
        if facts["project_id"] is None:
            return False
        project = str(facts["project_id"])
        return bool(self.ask("crud", "sets_main_previews", project_id=project))

    def _take_picture(self, facts: JsonObject, upload: Upload, key: str) -> JsonObject:
        try:
            with rendered(storage_of(self), key, previews.SHAPES) as picture:
                self._lock(facts["id"])
                return self._store_picture(facts["id"], picture)
        except PictureBroken:
            self._lock(facts["id"])
            return {"status": previews.BROKEN}
        except PictureTooLarge:
            self._lock(facts["id"])
            self._write(facts, upload, key, {"status": previews.BROKEN})
            self.tx.emit(PreviewUpdate(preview_file_id=facts["id"], **previews.in_project(facts)))
            self.commit_now()
            message = "The picture has too many pixels."
            raise InvalidInput(message) from None

    def _store_picture(self, ident: UUID, picture: Rendered) -> JsonObject:
        for name, path in picture.files.items():
            storage_of(self).put(previews.key_of(ident, name), path)
        return {
            "status": previews.READY,
            "extension": previews.PICTURE,
            "width": picture.width,
            "height": picture.height,
            "file_size": picture.files[previews.ORIGINAL].stat().st_size,
        }

    def _take_as_it_is(self, facts: JsonObject, upload: Upload, key: str) -> JsonObject:
        self._lock(facts["id"])
        storage_of(self).move(key, previews.key_of(facts["id"], previews.ORIGINAL))
        is_movie = upload.extension in previews.MOVIES
        extension = previews.MOVIE if is_movie else upload.extension
        return {"status": previews.READY, "extension": extension, "file_size": upload.size}

    def _lock(self, ident: UUID) -> None:
        """Be the only one to write this preview's files. Raises NotFound, Refused."""
        row = self.tx.get(PreviewFile, ident, lock=True)
        state = {
            "status": row.status,
            "file_size": row.file_size,
            "original_name": row.original_name,
        }
        if not previews.may_take_a_file(state):
            message = "This preview already has a file."
            raise Refused(message)

    def _write(self, facts: JsonObject, upload: Upload, key: str, values: Values) -> None:
        stem = upload.name.rpartition(".")[0] or upload.name
        self.tx.session.execute(
            sa.update(PreviewFile)
            .where(PreviewFile.id == facts["id"])
            .values(**values, original_name=stem, updated_at=NOW)
        )
        if values["status"] == previews.READY and facts["task_id"] is not None:
            self.tx.session.execute(
                sa.update(Task)
                .where(Task.id == facts["task_id"])
                .values(last_preview_file_id=facts["id"])
            )
        with suppress(ServiceError):  # what is left the sweep removes
            storage_of(self).delete(key)

    def _tell(self, facts: JsonObject, values: Values, *, automated: bool) -> None:
        ident, project = facts["id"], previews.in_project(facts)
        if automated and facts["entity_id"] is not None:
            main = PreviewSetMain(entity_id=facts["entity_id"], preview_file_id=ident, **project)
            self.tx.emit(main)
        self.tx.emit(PreviewUpdate(preview_file_id=ident, **project))
        comment = previews.comment_of(self.tx, ident)
        if comment is None or values["status"] != previews.READY:
            return
        self._tell_comment(comment, facts)
        self.tx.emit(
            PreviewFileAdded(
                comment_id=comment,
                task_id=facts["task_id"],
                preview_file_id=ident,
                revision=facts["revision"] or 1,
                extension=values["extension"],
                status=values["status"],
                **project,
            )
        )


def _revision(data: JsonObject) -> int | None:
    """The revision asked for; none, or none that counts, is left to us. Raises InvalidInput."""
    wanted = data.get("revision") or 0
    if isinstance(wanted, str) and wanted.isdecimal():
        wanted = int(wanted)
    if isinstance(wanted, bool) or not isinstance(wanted, int) or not 0 <= wanted < 2**31:
        raise invalid_field("revision", "Input should be a valid integer")
    return wanted or None
