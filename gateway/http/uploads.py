"""Uploads: files streamed from the request into the storage, before the service is called.

Files don't pass through the broker and are never fully in memory. Each is stored under a new id. If
the service refuses the request, they are deleted; if its outcome is unknown, the sweeper deletes
those without a row.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
import unicodedata
import uuid
from typing import TYPE_CHECKING, Any, Final

import falcon
import filetype
import msgspec

from gateway.errors import TooLarge
from gateway.http.pace import ClientGone, ClientTooSlow
from services.common.errors import InvalidInput, ServiceError
from services.common.files.storage import Upload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gateway.http.object_store import ObjectStore

PIECE: Final = 256 * 1024
#: Bytes from which the content type is detected.
SNIFFED: Final = 8192
#: Parts of a form.
PARTS: Final = 1000
NAME_LENGTH: Final = 250
EXTENSION_LENGTH: Final = 6
UNNAMED: Final = "file"
UNKNOWN: Final = "application/octet-stream"
#: Bidirectional control characters, which can make ``exe`` look like ``png``.
HIDDEN: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Received:
    """The fields and files of one multipart body."""

    def __init__(self, storage: ObjectStore, prefix: str, max_fields: int) -> None:
        self.storage, self.prefix, self.max_fields = storage, prefix, max_fields
        self.fields: dict[str, Any] = {}
        self.files: list[Upload] = []
        self._keys: list[str] = []
        self._digest = hashlib.sha256()

    async def read(self, form: Any) -> None:
        """Read every part. Raises InvalidInput, TooLarge, Unavailable; then no file is kept."""
        try:
            async for part in form:
                if part.filename is None:
                    await self._field(part)
                elif part.filename:
                    await self._file(part)
        except (ServiceError, falcon.HTTPError, ClientGone, ClientTooSlow):
            await self.discard()
            raise

    async def discard(self) -> None:
        """Delete the stored files; the sweeper deletes those that can't be deleted now."""
        keys, self._keys = self._keys, []
        try:
            await self.storage.delete(*keys)
        except ServiceError:
            return

    def fingerprint(self, arguments: bytes) -> str:
        """A hash of fields and contents, independent of the ids of the stored files."""
        digest = self._digest.copy()
        digest.update(arguments)
        return digest.hexdigest()

    async def _field(self, part: Any) -> None:
        value: bytes = await part.stream.read(self.max_fields + 1)
        self.max_fields -= len(value)
        if self.max_fields < 0:
            raise TooLarge
        self.fields.setdefault(part.name or "", value.decode("utf-8", "replace"))

    async def _file(self, part: Any) -> None:
        name = cleaned(part.filename)
        extension = extension_of(name)
        ident = str(uuid.uuid4())
        content = Content(part.stream)
        self._keys.append(f"{self.prefix}/{ident}")
        try:
            await self.storage.put(self._keys[-1], content)
        except Exception:
            # The library wraps exceptions of the stream in its own: raise the original.
            if content.fault is not None:
                raise content.fault from None
            raise
        upload = Upload(
            id=ident,
            part=part.name or "",
            name=name,
            extension=extension,
            size=content.size,
            mimetype=sniffed(content.head, name),
        )
        self.files.append(upload)
        self._digest.update(content.digest.digest())
        self._digest.update(msgspec.json.encode([upload.part, upload.name]))


class Content:
    """Streams a part, and records its size, hash and first bytes."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.size, self.head = 0, b""
        self.digest = hashlib.sha256()
        #: The exception with which the client's stream broke off.
        self.fault: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while piece := await self.stream.read(PIECE):
                if not self.size:
                    self.head = piece[:SNIFFED]
                self.size += len(piece)
                self.digest.update(piece)
                yield piece
        except Exception as error:
            self.fault = error
            raise


def cleaned(filename: str) -> str:
    """A safe file name: without folders and control characters, at most ``NAME_LENGTH``."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", filename))[-1]
    name = "".join(c for c in HIDDEN.sub("", name) if unicodedata.category(c) not in {"Cc", "Cs"})
    name = name.strip()
    if not name.strip("."):
        return UNNAMED
    stem, dot, extension = name.rpartition(".")
    if len(name) > NAME_LENGTH and dot and len(extension) <= EXTENSION_LENGTH:
        return stem[: NAME_LENGTH - len(extension) - 1] + dot + extension
    return name[:NAME_LENGTH]


def extension_of(name: str) -> str:
    """The text after the last dot, in lower case; for a name without a dot, the name.

    Raises InvalidInput if it is longer than EXTENSION_LENGTH.
    """
    _, dot, extension = name.lower().rpartition(".")
    if not dot:
        return extension[:EXTENSION_LENGTH]
    if len(extension) > EXTENSION_LENGTH:
        message = f"File extension too long: {extension[:NAME_LENGTH]}"
        raise InvalidInput(message)
    return extension


def sniffed(head: bytes, name: str) -> str:
    """The content type by the first bytes, else by the name, but then never an image or video."""
    detected: str | None = filetype.guess_mime(head)
    if detected:
        return detected
    # Images and videos have signatures: without one, the name is wrong.
    by_name = mimetypes.guess_type(name)[0] or UNKNOWN
    return UNKNOWN if by_name.startswith(("image/", "video/")) else by_name
