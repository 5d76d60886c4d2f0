"""Serving the console."""

from __future__ import annotations

import re
from typing import Any, Final

import falcon
import falcon.asgi
import falcon.testing
import pytest

from gateway.console.pages import FILES, FOLDER, SCRIPTS, add_to

#: What would take a text of data for markup or for code.
DANGEROUS: Final = re.compile(r"innerHTML|outerHTML|insertAdjacent|document\.write|x-html|eval\(")


@pytest.fixture(scope="module")
def console() -> falcon.testing.TestClient:
    """A client of the console."""
    app: falcon.asgi.App[Any, Any] = falcon.asgi.App()
    add_to(app)
    return falcon.testing.TestClient(app)


def test_the_page_loads_its_files_and_nothing_else(console: falcon.testing.TestClient) -> None:
    """Its policy allows no inline script or style, and no compiled code."""
    answer = console.simulate_get("/console")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    loaded = re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+\.(?:js|css))"', answer.text)
    assert {f"/{name}" for name in loaded} | {"/console"} == set(FILES)
    # Before Alpine, which starts as soon as it is there.
    assert [name.removeprefix("console/") for name in loaded[1:]] == [*SCRIPTS, "alpine.js"]
    for path in FILES:
        assert console.simulate_get(path).status_code == 200
    assert not re.search(r"<script>|<style|\sstyle=|\son\w+=", answer.text)


def test_no_text_is_taken_for_markup() -> None:
    """By neither the page nor its scripts."""
    for path in (*FOLDER.glob("*.html"), *FOLDER.glob("*.js")):
        assert not DANGEROUS.search(path.read_text())


def test_the_vendored_script_has_its_licence() -> None:
    """Beside it."""
    assert (FOLDER / "vendor" / "alpine.LICENSE").read_text().startswith("# MIT License")
