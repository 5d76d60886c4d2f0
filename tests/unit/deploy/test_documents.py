"""Generated documents are up to date and complete."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deploy.docs import served
from deploy.docs.declarations import events, resources
from deploy.docs.http_api.answer_types import CRUD, answer_type, body_type
from deploy.docs.http_api.row_types import row_type
from deploy.docs.kept import documents
from gateway.routes import ROUTES
from gateway.routes.table import Body, Route
from gateway.steps.answer import FILE


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


def answers_json(route: Route) -> bool:
    """Whether a route answers JSON: no file, and not nothing."""
    return route.answer != FILE and route.status != HTTPStatus.NO_CONTENT


def test_every_answer_has_a_type() -> None:
    """Tests hold each answer to it, and clients are generated from it."""
    untyped = [route for route in ROUTES if answers_json(route) and answer_type(route) is None]
    assert untyped == []


def test_every_body_has_a_type() -> None:
    """Except for bodies that hold a file and nothing else."""
    untyped = {
        route.function
        for route in ROUTES
        if route.body is not Body.NONE and body_type(route) is None
    }
    assert untyped == {"add_attachments", "upload_avatar", "upload_background", "upload_preview"}


def test_every_query_has_a_type() -> None:
    """Those of generic CRUD are its columns."""
    assert {route.function for route in ROUTES if route.query is True} <= CRUD


def test_every_field_of_a_type_is_explained(openapi: dict[str, Any]) -> None:
    """By a sentence of its own, or of its type; columns of rows have none."""
    columns = set(row_columns())
    unexplained = [
        f"{title}.{name}"
        for title, schema in openapi["components"]["schemas"].items()
        for name, field in schema.get("properties", {}).items()
        if name not in columns and not is_explained(field)
    ]
    assert unexplained == []


def row_columns() -> Iterator[str]:
    """The names of all fields that rows of generic CRUD have."""
    for resource in resources().values():
        yield from row_type(resource).__struct_fields__
    yield from ("error", "message")


def is_explained(schema: Any) -> bool:
    """Whether a schema has a description or refers to a type, at any depth."""
    if isinstance(schema, dict):
        explained = "description" in schema or "$ref" in schema
        return explained or any(map(is_explained, schema.values()))
    return isinstance(schema, list) and any(map(is_explained, schema))


def test_schemas_have_plain_names(openapi: dict[str, Any]) -> None:
    """Two types of one name would get those of their modules, which clients' classes would have."""
    assert [name for name in openapi["components"]["schemas"] if "." in name] == []


def test_the_description_is_small(descriptions: Path) -> None:
    """Clients load it at start: compressed, in bytes."""
    assert len(gzip.compress((descriptions / "openapi.json").read_bytes())) <= 400_000


def test_every_event_has_a_description() -> None:
    """Subscribers read it."""
    for event in events():
        assert (event.__doc__ or "").strip(), event.event_name


def test_operation_ids_are_unique(openapi: dict[str, Any]) -> None:
    """Client generators need them."""
    operations = [op["operationId"] for path in openapi["paths"].values() for op in path.values()]
    assert len(operations) == len(set(operations))
