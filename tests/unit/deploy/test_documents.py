"""Generated documents say what the tables say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deploy.docs import served
from deploy.docs.declarations import events
from deploy.docs.kept import documents
from gateway.routes import ROUTES


@pytest.fixture(scope="module")
def openapi(descriptions: Path) -> dict[str, Any]:
    """The HTTP API as the gateway describes it."""
    found: dict[str, Any] = msgspec.json.decode((descriptions / "openapi.json").read_bytes())
    return found


@pytest.mark.parametrize(
    ("path", "text"), documents().items(), ids=lambda v: getattr(v, "name", "")
)
def test_a_document_that_git_holds_is_current(path: Path, text: str) -> None:
    """``make docs`` writes it."""
    assert path.read_text() == text


def test_descriptions_are_built_again_when_the_code_is_newer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when one is missing, and not otherwise."""
    built, code = tmp_path / "built", tmp_path / "services" / "new.py"
    monkeypatch.setattr(served, "ROOT", tmp_path)
    monkeypatch.setattr(served, "BUILT", built)
    code.parent.mkdir()
    code.touch()
    assert served.is_stale()
    served.build(built)
    assert {path.name for path in built.iterdir()} == served.DESCRIPTIONS.keys()
    assert not served.is_stale()
    later = (built / "openapi.json").stat().st_mtime_ns + 10**9
    os.utime(code, ns=(later, later))
    assert served.is_stale()
    served.build(built)
    (built / "asyncapi.json").unlink()
    assert served.is_stale()


def test_every_route_is_described(openapi: dict[str, Any]) -> None:
    """Under its path and method."""
    described = {(m.upper(), path) for path, methods in openapi["paths"].items() for m in methods}
    assert described == {(route.method, route.path) for route in ROUTES}


def test_every_event_is_described() -> None:
    """A subscriber reads what it means."""
    for event in events():
        assert (event.__doc__ or "").strip(), event.event_name


def test_every_operation_has_an_id_of_its_own(openapi: dict[str, Any]) -> None:
    """Client generators need one."""
    operations = [op["operationId"] for path in openapi["paths"].values() for op in path.values()]
    assert len(operations) == len(set(operations))
