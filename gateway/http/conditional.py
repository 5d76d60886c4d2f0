"""Conditional reads: every answer to a GET has a strong ETag, and who holds it gets a 304.

A service that knows a version answers 304 by itself, without building anything. For other answers
the tag is made here of their bytes: building them is not saved, sending them is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.metrics import CONDITIONAL
from services.common.etags import holds, of_bytes

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from services.common.wire.rpc_protocol import Reply

#: How the tag of a compressed answer ends: other bytes, another tag.
GZIPPED: Final = '-gz"'
OK: Final = 200
NOT_MODIFIED: Final = 304
REVALIDATE: Final = "private, no-cache"


def validated(req: Request, resp: Response, reply: Reply) -> bool:
    """Tag the answer; whether it needs no body because the caller holds it."""
    if (reply.status or OK) not in {OK, NOT_MODIFIED}:
        return False
    tag: str = reply.headers.get("etag") or of_bytes(reply.body)
    asked = (req.get_header("If-None-Match") or "").replace(GZIPPED, '"')
    takes_gzip = "gzip" in (req.get_header("Accept-Encoding") or "").lower()
    resp.set_header("ETag", tag[:-1] + GZIPPED if reply.encoding and takes_gzip else tag)
    resp.set_header("Cache-Control", REVALIDATE)
    held = reply.status == NOT_MODIFIED or holds(asked, tag)
    CONDITIONAL.labels(_outcome(asked, reply, held=held)).inc()
    if held:
        resp.status = NOT_MODIFIED
    return held


def _outcome(asked: str, reply: Reply, *, held: bool) -> str:
    if not asked:
        return "unasked"
    if not held:
        return "changed"
    return "by_version" if reply.status == NOT_MODIFIED else "by_bytes"
