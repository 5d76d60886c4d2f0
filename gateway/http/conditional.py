"""Conditional requests: every answer to a GET has a strong ETag, and If-None-Match gets a 304.

Services with change versions answer 304 themselves, without building the answer. For other answers
the ETag is a hash of their bytes: that saves sending them, not building them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.http.compression import takes_gzip
from gateway.metrics import CONDITIONAL
from services.common.etags import holds, of_bytes

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from services.common.wire.rpc_protocol import Reply

#: The end of a compressed answer's tag: strong ETags must differ where the bytes do.
GZIPPED: Final = '-gz"'
OK: Final = 200
NOT_MODIFIED: Final = 304
REVALIDATE: Final = "private, no-cache"


def validated(req: Request, resp: Response, reply: Reply) -> bool:
    """Set the ETag; returns whether the answer is a 304 without a body."""
    if (reply.status or OK) not in {OK, NOT_MODIFIED}:
        return False
    tag: str = reply.headers.get("etag") or of_bytes(reply.body)
    header = (req.get_header("If-None-Match") or "").replace(GZIPPED, '"')
    packed = reply.encoding and takes_gzip(req)
    resp.set_header("ETag", tag[:-1] + GZIPPED if packed else tag)
    resp.set_header("Cache-Control", REVALIDATE)
    held = reply.status == NOT_MODIFIED or holds(header, tag)
    CONDITIONAL.labels(_outcome(header, reply, held=held)).inc()
    if held:
        resp.status = NOT_MODIFIED
    return held


def _outcome(header: str, reply: Reply, *, held: bool) -> str:
    if not header:
        return "unasked"
    if not held:
        return "changed"
    return "by_version" if reply.status == NOT_MODIFIED else "by_bytes"
