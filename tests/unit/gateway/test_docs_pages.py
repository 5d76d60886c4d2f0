"""Serving the documentation."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import falcon
import falcon.asgi
import falcon.testing
import pytest

from gateway.docs.pages import DOCUMENTS, FOLDER, Document, add_to


def client(path: Path) -> falcon.testing.TestClient:
    """A client of a gateway with that document only."""
    app: falcon.asgi.App[Any, Any] = falcon.asgi.App()
    app.add_route("/it", Document(path, falcon.MEDIA_JSON))
    return falcon.testing.TestClient(app)


def test_an_unchanged_document_is_a_304(tmp_path: Path) -> None:
    """By its ETag."""
    (tmp_path / "openapi.json").write_text("{}")
    asking = client(tmp_path / "openapi.json")
    tag = asking.simulate_get("/it").headers["ETag"]
    assert asking.simulate_get("/it", headers={"If-None-Match": tag}).status_code == 304


def test_a_missing_document_is_a_404(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With a message; everything else works."""
    answer = client(tmp_path / "openapi.json").simulate_get("/it")
    assert answer.status_code == 404
    assert answer.json["message"].endswith("without openapi.json: make docs builds it.")
    assert "make docs" in caplog.text


@pytest.fixture(scope="module")
def pages() -> falcon.testing.TestClient:
    """A client of all pages."""
    app: falcon.asgi.App[Any, Any] = falcon.asgi.App()
    add_to(app)
    return falcon.testing.TestClient(app)


@pytest.mark.parametrize(("page", "script"), [("/docs", "scalar"), ("/docs/events", "asyncapi")])
def test_pages_load_nothing_from_elsewhere(
    pages: falcon.testing.TestClient, page: str, script: str
) -> None:
    """Their scripts are here, and the policy allows no others."""
    answer = pages.simulate_get(page)
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "connect-src 'self';" in policy
    assert "unsafe-eval" not in policy
    for name in re.findall(r'(?:src|href)="([^"]+\.(?:js|css))"', answer.text):
        path = name if name.startswith("docs/") else f"docs/{name}"
        assert f"/{path}" in DOCUMENTS
        assert pages.simulate_get(f"/{path}").status_code == 200
    assert script in answer.text


def test_vendored_scripts_are_sent_as_they_are_stored(pages: falcon.testing.TestClient) -> None:
    """Compressed once; unpacked for a client without gzip."""
    stored = (FOLDER / "vendor" / "asyncapi.css.gz").read_bytes()
    answer = pages.simulate_get("/docs/asyncapi.css", headers={"Accept-Encoding": "gzip"})
    assert (answer.headers["Content-Encoding"], answer.content) == ("gzip", stored)
    assert pages.simulate_get("/docs/asyncapi.css").content == gzip.decompress(stored)


def test_every_vendored_script_has_its_licence() -> None:
    """Beside it."""
    scripts = {path.name.partition(".")[0] for path in (FOLDER / "vendor").glob("*.js.gz")}
    assert scripts == {path.stem for path in (FOLDER / "vendor").glob("*.LICENSE")}
