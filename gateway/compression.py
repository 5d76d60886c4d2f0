"""Answers that arrive compressed leave compressed, or unpacked for the few who can't read it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, BinaryIO, Final

from isal import isal_zlib

if TYPE_CHECKING:
    from collections.abc import Iterator

    import falcon

    from services.common.wire.rpc_client import Reply

CHUNK: Final = 256 * 1024
GZIP: Final = 31
LEVEL: Final = 2


def passed_on(req: falcon.Request, resp: falcon.Response, reply: Reply) -> None:
    """Put the reply's bytes into the response, as they are if the client takes gzip."""
    if reply.encoding is None:
        resp.data = reply.body
        return
    resp.append_header("Vary", "Accept-Encoding")
    if takes_gzip(req):
        resp.set_header("Content-Encoding", reply.encoding)
        resp.data = reply.body
    else:
        resp.stream = unpacked(reply.body)


def takes_gzip(req: falcon.Request) -> bool:
    """Whether the client reads compressed answers."""
    return "gzip" in (req.get_header("Accept-Encoding") or "").lower()


def packed(file: BinaryIO) -> Iterator[bytes]:
    """A file, compressed piece by piece as it is sent."""
    squeeze = isal_zlib.compressobj(level=LEVEL, wbits=GZIP)
    with file:
        while piece := file.read(CHUNK):
            if out := squeeze.compress(piece):
                yield out
    yield squeeze.flush()


def unpacked(body: bytes) -> Iterator[bytes]:
    """The body piece by piece, so that a large list is not held a second time."""
    inflate = zlib.decompressobj(wbits=GZIP)
    rest = body
    while rest and not inflate.eof:
        piece = inflate.decompress(rest, CHUNK)
        rest = inflate.unconsumed_tail
        if piece:
            yield piece
