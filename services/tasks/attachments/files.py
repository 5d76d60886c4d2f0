"""Files attached to comments, replies and chat messages: their rows and storage keys."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.database.tables import table_of
from services.common.files.storage import Upload
from services.common.json_types import JsonObject
from services.tasks.models import AttachmentFile

#: The prefix of keys, ``attachments/<id>``; the gateway's routes name it in ``files``.
PREFIX: Final = "attachments"
#: Types that browsers display; others are offered for download. No SVG: it may hold scripts.
SHOWN_INLINE: Final = frozenset(
    {
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "image/bmp",
        "image/avif",
    }
)


def attachment_key(ident: UUID | str) -> str:
    """The storage key of an attachment."""
    return f"{PREFIX}/{ident}"


def attach(ctx: CallContext, files: list[JsonObject], **parent: UUID | str | None) -> list[Any]:
    """Insert rows for files that a multipart route received, in the open transaction.

    ``parent`` is ``comment_id`` (and ``reply_id``) or ``chat_message_id``. Returns the files as
    comments show them: ``{id, name, extension, size}``. A row has the id of its stored file.
    """
    uploads = msgspec.convert(files, list[Upload])
    owner = {name: UUID(str(ident)) for name, ident in parent.items() if ident is not None}
    rows = [
        {
            "id": UUID(upload.id),
            "name": upload.name,
            "size": upload.size,
            "extension": upload.extension,
            "mimetype": upload.mimetype,
            **owner,
        }
        for upload in uploads
    ]
    if rows:
        ctx.tx.connection.execute(sa.insert(table_of(AttachmentFile)), rows)
    reply = {"reply_id": str(owner["reply_id"])} if "reply_id" in owner else {}
    return [
        {
            "id": upload.id,
            "name": upload.name,
            "extension": upload.extension,
            "size": upload.size,
            **reply,
        }
        for upload in uploads
    ]
