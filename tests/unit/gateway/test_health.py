"""Documents of the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import falcon
import falcon.asgi
import falcon.testing
import pytest

from gateway.docs.pages import Document


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
