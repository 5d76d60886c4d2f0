"""Serving the console: a page and its scripts. The data are those of the API, with its rights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import falcon

from gateway.docs.pages import CSS, Document

if TYPE_CHECKING:
    from falcon.asgi import App

FOLDER: Final = Path(__file__).parent
#: What the page may load and call: this server, and nothing else. Alpine's build for such policies
#: compiles no code.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
#: The scripts, in the order in which the page loads them.
SCRIPTS: Final = (
    "session.js",
    "stream.js",
    "events.js",
    "webhooks.js",
    "letters.js",
    "services.js",
)
#: The files by their paths.
FILES: Final = {
    "/console": (FOLDER / "index.html", falcon.MEDIA_HTML),
    "/console/console.css": (FOLDER / "console.css", CSS),
    "/console/alpine.js": (FOLDER / "vendor" / "alpine.js.gz", falcon.MEDIA_JS),
    **{f"/console/{name}": (FOLDER / name, falcon.MEDIA_JS) for name in SCRIPTS},
}


def add_to(app: App[Any, Any]) -> None:
    """Route the files."""
    for path, (file, kind) in FILES.items():
        app.add_route(path, Document(file, kind, POLICY))
