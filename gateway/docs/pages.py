"""Serving the documentation: pages, scripts and descriptions, all from this folder's files.

Scalar shows the HTTP API: it searches, sends requests, and shows 545 operations in half the time
that Swagger UI takes, which can't search; Redoc sends none. AsyncAPI's component shows the events.
"""

from __future__ import annotations

import gzip
import logging
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import falcon

from gateway.errors import error_body, write
from gateway.http.compression import passed_on
from services.common.etags import holds, of_bytes
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from falcon.asgi import App, Request, Response

log = logging.getLogger(__name__)

FOLDER: Final = Path(__file__).parent
#: The folder of the generated API descriptions (``deploy.docs.served``).
BUILT: Final = FOLDER.parent / "built"
CSS: Final = "text/css; charset=utf-8"
NOT_BUILT: Final = "This copy of Callboard was installed without {name}: make docs builds it."
#: What the pages may load and call: this server, and nothing else. Both libraries set styles from
#: their scripts, and draw icons from data.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


class Document:
    """A file, read once; sent compressed.

    The gateway works without it, so a missing file is a 404 and does not stop the start.
    """

    def __init__(self, path: Path, kind: str, policy: str = POLICY) -> None:
        self.path, self.kind, self.policy = path, kind, policy
        content = path.read_bytes() if path.exists() else b""
        # Vendored scripts are stored compressed: to do it takes each worker a quarter of a second.
        packed = content if path.suffix == ".gz" else gzip.compress(content, mtime=0)
        self.tag, self.reply = of_bytes(content), Reply(packed, "gzip")
        self.missing = not content
        if self.missing:
            log.warning("%s is missing: make docs builds it", path)

    async def on_get(self, req: Request, resp: Response) -> None:
        """Send the file, or 304."""
        if self.missing:
            write(resp, HTTPStatus.NOT_FOUND, error_body(NOT_BUILT.format(name=self.path.name)))
            return
        resp.set_header("ETag", f"W/{self.tag}")
        resp.set_header("Cache-Control", "no-cache")
        resp.set_header("Content-Security-Policy", self.policy)
        resp.content_type = self.kind
        if holds(req.get_header("If-None-Match"), self.tag):
            resp.status = falcon.HTTP_304
        else:
            resp.stream = passed_on(req, resp, self.reply)

    on_head = on_get


#: The documents by their paths.
DOCUMENTS: Final = {
    "/openapi.json": (BUILT / "openapi.json", falcon.MEDIA_JSON),
    "/asyncapi.json": (BUILT / "asyncapi.json", falcon.MEDIA_JSON),
    "/docs": (FOLDER / "index.html", falcon.MEDIA_HTML),
    "/docs/events": (FOLDER / "events.html", falcon.MEDIA_HTML),
    "/docs/page.css": (FOLDER / "page.css", CSS),
    "/docs/session.js": (FOLDER / "session.js", falcon.MEDIA_JS),
    "/docs/http_api.js": (FOLDER / "http_api.js", falcon.MEDIA_JS),
    "/docs/events.js": (FOLDER / "events.js", falcon.MEDIA_JS),
    "/docs/scalar.js": (FOLDER / "vendor" / "scalar.js.gz", falcon.MEDIA_JS),
    "/docs/asyncapi.js": (FOLDER / "vendor" / "asyncapi.js.gz", falcon.MEDIA_JS),
    "/docs/asyncapi.css": (FOLDER / "vendor" / "asyncapi.css.gz", CSS),
}


def add_to(app: App[Any, Any]) -> None:
    """Route the documents."""
    for path, (file, kind) in DOCUMENTS.items():
        app.add_route(path, Document(file, kind))
