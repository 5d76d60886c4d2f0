"""Generated documents are up to date and complete."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from deploy.docs import served
from deploy.docs.declarations import events, resources
from deploy.docs.http_api.answer_types import CRUD, answer_type, body_type
from deploy.docs.kept import documents
from gateway.routes import ROUTES
from gateway.routes.table import PUBLIC, Body, Route
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


def operations(openapi: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All operations, by method and path."""
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def without_names(path: str) -> str:
    """A path without the names of its parameters."""
    return re.sub(r"\{\w+\}", "{}", path)


def test_every_route_is_described(openapi: dict[str, Any]) -> None:
    """Under its path and method."""
    described = {without_names(name) for name, _ in operations(openapi)}
    assert described == {without_names(f"{route.method} {route.path}") for route in ROUTES}


def test_every_column_has_a_sentence() -> None:
    """``doc`` of the column says what it holds, and in which unit."""
    silent = [
        f"{resource.model.__name__}.{column.name}"
        for resource in resources().values()
        for column in resource.fields
        if not (column.doc or "").endswith(".")
    ]
    assert silent == []


def test_every_operation_says_what_it_does(openapi: dict[str, Any]) -> None:
    """A command, and the rest of it in sentences."""
    for name, operation in operations(openapi):
        assert re.match(r"[A-Z][a-zA-Z-]+ \S", operation["summary"]), name
        assert not re.match(r"(?:The|A|An|All|One|What|Where) ", operation["summary"]), name
        assert operation["description"], name
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", operation["operationId"]), name


def test_every_parameter_has_a_type_and_a_sentence(openapi: dict[str, Any]) -> None:
    """Ids of paths are UUIDs."""
    for name, operation in operations(openapi):
        for parameter in operation["parameters"]:
            if "$ref" not in parameter:
                assert parameter["description"].endswith("."), (name, parameter["name"])
                assert parameter["schema"].keys() & {"type", "anyOf", "enum"}, name
    shown = openapi["paths"]["/data/tasks/{ident}"]["get"]["parameters"][0]
    assert shown["schema"] == {"type": "string", "format": "uuid"}
    assert shown["description"] == "The id of the task."


def test_every_body_and_answer_has_an_example(openapi: dict[str, Any]) -> None:
    """But files."""
    for name, operation in operations(openapi):
        contents = [one.get("content", {}) for one in operation["responses"].values()]
        for content in (*contents, operation.get("requestBody", {}).get("content", {})):
            described = content.get("application/json", {"example": None})
            assert described.keys() & {"example", "examples"}, name


def test_examples_mean_the_same_rows(openapi: dict[str, Any]) -> None:
    """A task that one example creates is the one that another reads."""
    values = {name: one["value"] for name, one in openapi["components"]["examples"].items()}
    assert values["Comment"]["object_id"] == values["Task"]["id"]
    assert values["CreateTask"]["project_id"] == values["Project"]["id"]
    read = openapi["paths"]["/data/tasks/{ident}"]["get"]["parameters"][0]
    assert read["example"] == values["Task"]["id"]


def test_examples_are_what_they_are_examples_of(openapi: dict[str, Any]) -> None:
    """Each is valid."""
    for name, example in openapi["components"]["examples"].items():
        schema: dict[str, Any] = {"$ref": f"#/components/schemas/{name.removeprefix('ListOf')}"}
        if name.startswith("ListOf"):
            schema = {"type": "array", "items": schema}
        whole = {**schema, "components": openapi["components"]}
        jsonschema.Draft202012Validator(whole).validate(example["value"])


def test_refusals_are_those_that_a_route_gives(openapi: dict[str, Any]) -> None:
    """From what its method raises and what the gateway refuses before the call."""

    def refusals(method: str, path: str) -> set[str]:
        return {status for status in openapi["paths"][path][method]["responses"] if status > "299"}

    assert refusals("get", "/config") == {"502"}
    assert refusals("get", "/data/user/context") >= {"401", "403", "422", "502"}
    assert "404" not in refusals("get", "/data/user/context")
    assert refusals("post", "/auth/login") == {"400", "409", "413", "422", "429", "502"}
    assert "404" in refusals("get", "/data/tasks/{ident}")
    assert "409" not in refusals("get", "/data/tasks/{ident}")


def test_public_operations_are_marked(openapi: dict[str, Any]) -> None:
    """All others need a token or a cookie."""
    public = {name for name, one in operations(openapi) if one.get("security") == []}
    assert public == {f"{r.method} {r.path}" for r in ROUTES if r.access is PUBLIC}
    assert openapi["security"] == [{"token": []}, {"cookie": []}]


def test_free_json_is_said_to_be_free(openapi: dict[str, Any]) -> None:
    """A schema without a type has a sentence that says so."""

    def free(schema: Any, place: str) -> Iterator[str]:
        if isinstance(schema, dict) and not place.endswith((".properties", ".default")):
            told = schema.keys() - {"title", "description", "examples", "default"}
            if not told and "Free JSON" not in schema.get("description", ""):
                yield place
        members = schema.items() if isinstance(schema, dict) else enumerate(schema)
        for key, member in members:
            if isinstance(member, dict | list) and key not in {"examples", "required", "enum"}:
                yield from free(member, f"{place}.{key}")

    assert list(free(openapi["components"]["schemas"], "")) == []


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
    """By a sentence of its own, or of its type."""
    unexplained = [
        f"{title}.{name}"
        for title, schema in openapi["components"]["schemas"].items()
        for name, field in schema.get("properties", {}).items()
        if not is_explained(field)
    ]
    assert unexplained == []


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
    ids = [operation["operationId"] for _, operation in operations(openapi)]
    assert len(ids) == len(set(ids))
