"""Serving a single-page web interface at ``/``, next to the API.

Its routes are known to the browser only, so paths that are neither a file nor the API's get
``index.html``. Files with a hash in their name are cached for a year; others are revalidated.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import falcon

from gateway.http.compression import file_pieces, packed, takes_gzip
from services.common.etags import holds, of_parts

if TYPE_CHECKING:
    from collections.abc import Collection
    from os import stat_result

    from falcon.asgi import Request, Response

INDEX: Final = "index.html"
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
#: Types that are compressed, from ``SMALL`` bytes on.
TEXTS: Final = frozenset(
    {
        ".css",
        ".html",
        ".js",
        ".json",
        ".map",
        ".mjs",
        ".svg",
        ".txt",
        ".wasm",
        ".webmanifest",
    }
)
SMALL: Final = 1024
HASHED: Final = re.compile(
    r"/(assets|css|fonts|js)/(.*/)?[^/]+[.-](?=[\w-]*\d)[\w-]{8,}\.[a-z0-9.]+"
)
IMMUTABLE: Final = "public, max-age=31536000, immutable"
REVALIDATE: Final = "no-cache"
#: First segments of API paths that are not in the route tables.
OTHER_API_PATHS: Final = frozenset(
    {
        "api",
        "asyncapi.json",
        "health",
        "metrics",
        "openapi.json",
        "socket.io",
        "status",
        "status.txt",
    }
)


class StaticSite:
    """Serves the files of one folder."""

    def __init__(self, root: str, paths: Collection[str]) -> None:
        self.root = Path(root).resolve()
        self.api = OTHER_API_PATHS | {path.split("/")[1] for path in paths}

    async def serve(self, req: Request, resp: Response | None, **_: Any) -> None:
        """Answer with the file of that path, else with the first page. Raises HTTPNotFound."""
        if resp is None:  # a WebSocket
            raise falcon.HTTPNotFound
        path = req.path
        if req.context.is_api or path.split("/")[1] in self.api:
            raise falcon.HTTPNotFound
        if req.method not in {"GET", "HEAD"}:
            raise falcon.HTTPMethodNotAllowed(["GET", "HEAD"])
        file, status = await asyncio.to_thread(self._look_up, path)
        _send(req, resp, file, status, IMMUTABLE if HASHED.fullmatch(path) else REVALIDATE)

    def _look_up(self, path: str) -> tuple[Path, stat_result]:
        """The file to send for a path. Raises HTTPNotFound."""
        file = self.file_of(path)
        if file is None and Path(path).suffix.lower() in TYPES.keys() - {".html"}:
            raise falcon.HTTPNotFound  # not index.html in place of a script
        file = file or self.file_of(f"/{INDEX}")
        if file is None:
            raise falcon.HTTPNotFound
        return file, file.stat()

    def file_of(self, path: str) -> Path | None:
        """The file at that path, if it is inside the folder."""
        if "\0" in path or "\\" in path:
            return None
        try:
            # Resolved first: neither ".." nor a symbolic link may lead out of the folder.
            file = (self.root / path.lstrip("/")).resolve()
            return file if file.is_relative_to(self.root) and file.is_file() else None
        except OSError:
            return None


def _send(req: Request, resp: Response, file: Path, status: stat_result, caching: str) -> None:
    compress = takes_gzip(req) and file.suffix.lower() in TEXTS and status.st_size > SMALL
    tag = of_parts([file.name, status.st_size, status.st_mtime_ns, compress])
    resp.set_header("ETag", tag)
    resp.set_header("Cache-Control", caching)
    resp.set_header("Last-Modified", _modified(status))
    resp.append_header("Vary", "Accept-Encoding")
    if holds(req.get_header("If-None-Match"), tag):
        resp.status = falcon.HTTP_304
        return
    resp.content_type = TYPES.get(file.suffix.lower(), "application/octet-stream")
    if compress:
        resp.set_header("Content-Encoding", "gzip")
    else:
        resp.content_length = status.st_size
    if req.method == "HEAD":
        return
    pieces = file_pieces(file)
    resp.stream = packed(pieces) if compress else pieces


def _modified(status: stat_result) -> str:
    return format_datetime(datetime.fromtimestamp(int(status.st_mtime), UTC), usegmt=True)
