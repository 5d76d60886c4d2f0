"""RPC methods that create previews and receive their files."""

from __future__ import annotations

import msgspec

from services.common import bodies
from services.common.contracts.tasks.events import PreviewReceived
from services.common.contracts.tasks.previews import NewPreview
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.errors import InvalidInput, NotFound, Refused
from services.common.events.subscriber import Delivery, Inbox, on
from services.common.files.storage import Upload
from services.common.files.storage_access import UPLOADS, the_file
from services.common.json_types import JsonObject, Row
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply
from services.tasks.policy import access
from services.tasks.previews import kinds
from services.tasks.previews.announce import announce
from services.tasks.previews.facts import (
    check_may,
    may_take_a_file,
    preview_facts,
    preview_to_act_on,
)
from services.tasks.previews.upload import fill, mark_broken, refuse_unknown_kind


class PreviewUploadRpc(ResourceService):
    """Previews and their files."""

    @command
    def add_preview(self, task_id: str, comment_id: str, data: JsonObject) -> Reply:
        """Create a preview for a comment, with the ``revision`` in the body or the next one.

        Raises NotFound, Forbidden, InvalidInput, Refused (the revision exists).
        Emits ``preview-file:new`` and ``comment:update``.
        """
        wanted = bodies.read(NewPreview, data).revision
        task, comment = known_id(task_id), known_id(comment_id)
        facts = access.task_facts(self, task)
        if facts is None:
            raise NotFound
        check_may(self, "add a preview", comment, facts)
        return Reply(announce(self, task, comment, facts, wanted))

    @command
    def upload_preview(self, ident: str, data: JsonObject, files: list[JsonObject]) -> Reply:
        """Upload the file of a preview: a picture, a movie, or another supported kind.

        An unreadable picture leaves the preview ``broken``, for another upload; a file of an
        unknown kind deletes the preview. Raises NotFound, Forbidden, InvalidInput, Refused (it has
        a file). Emits ``preview-file:update``, and for a comment's preview ``comment:update`` and
        ``preview-file:add-file``.
        """
        del data
        uuid = known_id(ident)
        facts = preview_to_act_on(self, uuid)
        upload = the_file(files)
        if not may_take_a_file(facts):
            message = "This preview already has a file."
            raise Refused(message)
        refuse_unknown_kind(self, facts, upload)
        fill(self, facts, upload, f"{UPLOADS}/{upload.id}")
        preview = self.registry["preview-files"].view(self.tx, uuid, relations=False)
        return Reply(preview)

    # Unordered: a preview receives one file.
    @on("preview-file:received", inbox=Inbox.NONE)
    def fill_preview(self, delivery: Delivery) -> None:
        """Process a file that was posted with the preview's comment.

        Without an inbox, so that no transaction is open while thumbnails are rendered. Idempotent:
        a preview that has its file is skipped.
        """
        message = msgspec.convert(delivery.payload, PreviewReceived)
        upload = msgspec.convert(message.upload, Upload)
        key = kinds.FILES.key(message.preview_file_id, kinds.RECEIVED)
        try:
            facts = preview_facts(self, message.preview_file_id)
            if may_take_a_file(facts):
                self._fill_or_break(facts, upload, key)
        except (NotFound, Refused, InvalidInput):
            # Removed, filled by an earlier delivery of this event, or already marked as broken.
            return

    def _fill_or_break(self, facts: Row, upload: Upload, key: str) -> None:
        try:
            fill(self, facts, upload, key)
        except NotFound:  # the stored file is lost: retries would not bring it back
            mark_broken(self, facts, upload, key)
