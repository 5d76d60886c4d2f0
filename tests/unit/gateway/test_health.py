"""Documents that the gateway sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import falcon
import falcon.asgi
import falcon.testing
import pytest

from gateway.health import Document


def client(path: Path) -> falcon.testing.TestClient:
    """Of a gateway with that document only."""
    app: falcon.asgi.App[Any, Any] = falcon.asgi.App()
    app.add_route("/it", Document(path, falcon.MEDIA_JSON))
    return falcon.testing.TestClient(app)


def test_who_holds_a_document_gets_a_304(tmp_path: Path) -> None:
    """By the tag it came with."""
    (tmp_path / "openapi.json").write_text("{}")
    asking = client(tmp_path / "openapi.json")
    tag = asking.simulate_get("/it").headers["ETag"]
    assert asking.simulate_get("/it", headers={"If-None-Match": tag}).status_code == 304


def test_a_document_that_was_not_built_is_a_404_that_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The gateway starts: everything else works without it."""
    answer = client(tmp_path / "openapi.json").simulate_get("/it")
    assert answer.status_code == 404
    assert answer.json["message"].endswith("without openapi.json: make docs builds it.")
    assert "make docs" in caplog.text
