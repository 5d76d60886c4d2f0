"""The search over HTTP: two services are asked at once, and answer as one."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

import pytest

from tests.running import Caller, System
from tests.world import World

PATH = "/data/search"


def test_entities_and_people_are_found_together(system: System, world: World) -> None:
    """By a JSON body, a form or a query; what is created is found at once."""
    admin = system.caller(world.admin)
    kind = admin.post("/data/entity-types", {"name": "Searched"}).json()["id"]
    made = f"/data/projects/{world.project}/asset-types/{kind}/assets/new"
    assert admin.post(made, {"name": "Old_Vendor"}).status_code == HTTPStatus.CREATED
    question = {"query": "vendor"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for answer in (
        admin.post(PATH, question),
        admin.session.post(system.base + PATH, urlencode(question), headers=form),
        admin.session.post(f"{system.base}{PATH}?query=vendor"),
        admin.post(PATH, {**question, "entity_types": ["ignored"], "project_id": None}),
    ):
        found = answer.json()
        assert found.keys() == {"assets", "shots", "persons"}
        assert [row["name"] for row in found["assets"]] == ["Old_Vendor"]
        assert [row["full_name"] for row in found["persons"]] == ["Vendor Example"]
        assert found["assets"][0]["project_name"] == "Film"
    asked = {**question, "index_names": ["persons"]}
    assert admin.post(PATH, asked).json().keys() == {"persons"}
    assert admin.post(PATH, {"query": "ve"}).json() == {}
    assert admin.get(PATH).status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "query"),
        ({"query": "tree", "limit": 0}, "limit"),
        ({"query": "tree", "offset": "x"}, "offset"),
        ({"query": "tree", "project_id": "x"}, "project_id"),
        ({"query": "tr\x00ee"}, "query"),
    ],
)
def test_a_malformed_question_is_refused(
    system: System, world: World, body: dict[str, object], field: str
) -> None:
    """With the field's name."""
    answer = system.caller(world.admin).post(PATH, body)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert [error["field"] for error in answer.json()["data"]["errors"]] == [field]


def test_who_isn_t_logged_in_finds_nothing(system: System) -> None:
    """Not even people."""
    answer = Caller(system.base, None).post(PATH, {"query": "vendor"})
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
