"""Passing compressed answers on, or decompressing them for clients without gzip."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, Final

from isal import isal_zlib

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from falcon.asgi import Request, Response

    from services.common.wire.rpc_protocol import Reply

CHUNK: Final = 256 * 1024
#: Bytes written to the client at a time; more would only fill the socket's buffer.
PIECE: Final = 64 * 1024
GZIP: Final = 31
LEVEL: Final = 2


def passed_on(req: Request, resp: Response, reply: Reply) -> AsyncIterator[bytes] | None:
    """Put the reply's bytes into the response, compressed if they are and the client takes gzip.

    Returns a stream for bodies that are sent piece by piece, as fast as the client reads them.
    """
    if reply.encoding is not None:
        resp.append_header("Vary", "Accept-Encoding")
        if not takes_gzip(req):
            return unpacked(reply.body)
        resp.set_header("Content-Encoding", reply.encoding)
    if len(reply.body) <= PIECE:
        resp.data = reply.body
        return None
    resp.content_length = len(reply.body)
    return _pieces(reply.body)


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]


def takes_gzip(req: Request) -> bool:
    """Whether the client reads compressed answers."""
    return "gzip" in (req.get_header("Accept-Encoding") or "").lower()


async def file_pieces(path: Path) -> AsyncIterator[bytes]:
    """Stream a file, which is read on a thread."""
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, CHUNK):
            yield piece
    finally:
        file.close()


async def packed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Compress a stream, on a thread."""
    squeeze = isal_zlib.compressobj(level=LEVEL, wbits=GZIP)
    async for piece in pieces:
        if out := await asyncio.to_thread(squeeze.compress, piece):
            yield out
    yield squeeze.flush()


async def unpacked(body: bytes) -> AsyncIterator[bytes]:
    """Decompress a body piece by piece, so that a large list is not in memory twice."""
    inflate = zlib.decompressobj(wbits=GZIP)
    remaining = body
    while remaining and not inflate.eof:
        # A thread costs more than decompressing a few kilobytes.
        if len(remaining) > PIECE:
            piece = await asyncio.to_thread(inflate.decompress, remaining, CHUNK)
        else:
            piece = inflate.decompress(remaining, CHUNK)
        remaining = inflate.unconsumed_tail
        if piece:
            yield piece
