"""Downloads: files streamed from the storage, with ranges and conditional requests."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import falcon
import msgspec

from services.common.files.storage import FileAnswer, Stored

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from falcon.asgi import Request, Response

    from gateway.http.object_store import ObjectStore

#: Content types sent inline; others could contain scripts (SVG, HTML).
INLINE_TYPES: Final = frozenset(
    {
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "image/bmp",
        "image/avif",
        "video/mp4",
        "application/pdf",
    }
)
UNKNOWN: Final = "application/octet-stream"
RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")
UNSAFE: Final = re.compile(r"[^\x20-\x7e]|[\"\\%]")
decode: Final = msgspec.json.Decoder(FileAnswer).decode


async def send(
    req: Request, resp: Response, answer: FileAnswer, store: ObjectStore
) -> AsyncIterator[bytes] | None:
    """Set the response's headers; returns the stream to send, None for no body.

    Raises NotFound when nothing is stored, Unavailable when the storage is away.
    """
    range_header = req.get_header("Range")
    # With a range, which bytes to read depends on the size: only metadata for now.
    stored, pieces = await (_metadata_of(store, answer) if range_header else store.get(answer.key))
    modified = (answer.last_modified or stored.modified).replace(microsecond=0)
    modified = modified if modified.tzinfo else modified.replace(tzinfo=UTC)
    _describe(resp, answer, stored, modified)
    if _not_modified(req, stored.etag, modified):
        resp.status = 304
        return None
    resp.content_type = answer.content_type if answer.content_type in INLINE_TYPES else UNKNOWN
    part = None
    if range_header and _range_holds(req, stored.etag, modified):
        part = range_of(range_header, stored.size)
    if part == (0, 0):
        resp.set_header("Content-Range", f"bytes */{stored.size}")
        resp.status = 416
        return None
    first, length = part or (0, stored.size)
    if part:
        resp.status = 206
        resp.set_header("Content-Range", f"bytes {first}-{first + length - 1}/{stored.size}")
    resp.content_length = length
    if req.method == "HEAD" or not length:
        return None
    return (await store.get(answer.key, (first, length)))[1] if range_header else pieces


async def _metadata_of(
    store: ObjectStore, answer: FileAnswer
) -> tuple[Stored, AsyncIterator[bytes] | None]:
    return await store.stat(answer.key), None


def _describe(resp: Response, answer: FileAnswer, stored: Stored, modified: datetime) -> None:
    resp.set_header("ETag", stored.etag)
    resp.set_header("Last-Modified", format_datetime(modified, usegmt=True))
    resp.set_header("Accept-Ranges", "bytes")
    resp.set_header("Cache-Control", f"max-age={answer.seconds}, private")
    expires = datetime.now(UTC) + timedelta(seconds=answer.seconds)
    resp.set_header("Expires", format_datetime(expires, usegmt=True))
    kind = "inline" if answer.inline and answer.content_type in INLINE_TYPES else "attachment"
    resp.set_header("Content-Disposition", disposition(kind, answer))


def disposition(kind: str, answer: FileAnswer) -> str:
    """The header that names the file, with an ASCII form for old clients."""
    ascii_name = UNSAFE.sub("_", answer.name)
    header = f'{kind}; filename="{ascii_name}"'
    if ascii_name == answer.name:
        return header
    return f"{header}; filename*=UTF-8''{quote(answer.name)}"


def _not_modified(req: Request, etag: str, modified: datetime) -> bool:
    """Whether the client's validators match the file."""
    tags = req.get_header("If-None-Match")
    if tags is not None:
        return tags.strip() == "*" or etag in {
            tag.strip().removeprefix("W/") for tag in tags.split(",")
        }
    since = _date(req.get_header("If-Modified-Since"))
    return since is not None and modified <= since


def _range_holds(req: Request, etag: str, modified: datetime) -> bool:
    """Whether ``If-Range`` matches the file, so that the range may be sent."""
    held = req.get_header("If-Range")
    return held is None or held == etag or _date(held) == modified


def _date(text: str | None) -> datetime | None:
    try:
        return falcon.http_date_to_dt(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None


def range_of(header: str, size: int) -> tuple[int, int] | None:
    """First byte and length of a single range; None to send all, (0, 0) if unsatisfiable."""
    match = RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:  # the last bytes of the file
        length = min(int(last), size)
        return (size - length, length) if length else (0, 0)
    begin, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < begin:
        return None
    return (begin, end - begin + 1) if begin < size else (0, 0)
