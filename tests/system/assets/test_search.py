"""The search over HTTP: two services are asked at once, and answer as one."""

from __future__ import annotations

import threading
from contextlib import closing
from http import HTTPStatus
from urllib.parse import urlencode

import psycopg2
import pytest

from tests.running import Caller, System, until
from tests.show import Show
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


RENAME = "UPDATE entity SET name = 'Overture' WHERE id = '{sequence}'"
DESCRIBE = "UPDATE entity SET description = 'lovely' WHERE id = '{shot}'"
ADD = """
INSERT INTO entity (id, name, description, project_id, entity_type_id, parent_id, is_shared, status)
SELECT gen_random_uuid(), 'P77', 'lovely', project_id, entity_type_id, parent_id, false, 'running'
FROM entity WHERE id = '{shot}'
"""
FOUND = "SELECT count(*) FROM search_entry WHERE doc @@ 'saoverture & sblovely & !sas01'"


@pytest.mark.parametrize(
    ("first", "second"),
    [(RENAME, DESCRIBE), (DESCRIBE, RENAME), (RENAME, ADD), (ADD, RENAME)],
    ids=["renamed-described", "described-renamed", "renamed-added", "added-renamed"],
)
def test_a_rename_and_a_change_below_it_at_once_are_both_found(
    system: System, show: Show, first: str, second: str
) -> None:
    """Whichever commits first: the other waits for it, and sees it."""
    ids = {"sequence": show.opening, "shot": show.shots[0]}
    url = system.parts.urls["assets"]
    with closing(psycopg2.connect(url)) as one, closing(psycopg2.connect(url)) as two:
        one.cursor().execute(first.format(**ids))

        def write() -> None:
            two.cursor().execute(second.format(**ids))
            two.commit()

        other = threading.Thread(target=write)
        other.start()
        until(lambda: waits(url, two.info.backend_pid), what="the other's wait")
        one.commit()
        other.join(20)
        cursor = one.cursor()
        cursor.execute(FOUND)
        assert cursor.fetchone() == (1,)


def waits(url: str, process: int) -> bool:
    """Whether a connection waits for a lock."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", (process,))
        row = cursor.fetchone()
    return row == (True,)
