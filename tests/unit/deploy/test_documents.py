"""Generated documents are up to date and complete."""

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
    """The OpenAPI description."""
    result: dict[str, Any] = msgspec.json.decode((descriptions / "openapi.json").read_bytes())
    return result


@pytest.mark.parametrize(
    ("path", "text"), documents().items(), ids=lambda v: getattr(v, "name", "")
)
def test_committed_documents_are_up_to_date(path: Path, text: str) -> None:
    """``make docs`` writes them."""
    assert path.read_text() == text


def test_descriptions_are_stale_if_the_code_is_newer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or one of them is missing."""
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


def test_every_event_has_a_description() -> None:
    """Subscribers read it."""
    for event in events():
        assert (event.__doc__ or "").strip(), event.event_name


def test_operation_ids_are_unique(openapi: dict[str, Any]) -> None:
    """Client generators need them."""
    operations = [op["operationId"] for path in openapi["paths"].values() for op in path.values()]
    assert len(operations) == len(set(operations))
