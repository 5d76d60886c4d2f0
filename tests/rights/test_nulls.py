"""Rows whose columns are null wherever they may be: whoever reads or changes them is answered.

Clients set columns to null by generic CRUD, and dumps of old studios are full of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Final

import psycopg2
import pytest
import requests

from gateway.routes import ROUTES
from gateway.routes.table import Route
from tests.rights.corner import furnished
from tests.rights.database import Databases
from tests.rights.people import PEOPLE
from tests.rights.places import ASSIGNED, Case
from tests.rights.steps import OWN_ACCOUNT, Step
from tests.rights.walk import Walk
from tests.running import System

#: Without these only administrators would see a row.
PLACES: Final = frozenset({"project_id", "production_id", "object_id", "task_id", "person_id"})
#: What the database itself writes.
TIMES: Final = frozenset({"created_at", "updated_at"})
#: As whom somebody is logged in.
ACCOUNT: Final = frozenset({"email", "password", "active", "jti", "preview_project_id"})
#: Of whom each request is made.
READERS, WRITERS = ("admin", "artist"), ("admin",)
#: Streams don't end, and what is about accounts ends sessions.
LEFT_OUT: Final = (OWN_ACCOUNT, "/events")
SERVER_ERROR: Final = 500
#: Fewer that succeed would say nothing.
SOME: Final = 50


@pytest.fixture(scope="module")
def walk(system: System) -> Iterator[Walk]:
    """Everybody with a session, in a studio where nothing is known that needn't be."""
    with closing(Databases(system.parts.urls)) as databases:
        found = Walk(system, furnished(), databases)
        for service, cursor in databases.cursors.items():
            for column in (one for table in databases.tables[service] for one in table.c):
                if column.nullable and column.name not in PLACES | TIMES | ACCOUNT:
                    with suppress(psycopg2.Error):  # what a check of the table demands
                        cursor.execute(f'UPDATE "{column.table.name}" SET "{column.name}" = NULL')
        yield found


def asked(methods: tuple[str, ...], people: tuple[str, ...]) -> Iterator[Step]:
    """A step on each route by each of these people, at what they are assigned to."""
    routes: list[Route] = [one for one in ROUTES if not one.path.startswith(LEFT_OUT)]
    for who in (one for one in PEOPLE if one.name in people):
        for route in (one for one in routes if one.method in methods):
            yield Step(route, Case(who, ASSIGNED))


@pytest.mark.parametrize(
    ("methods", "people"),
    [(("GET",), READERS), (("POST", "PUT"), WRITERS)],
    ids=["reads", "writes"],
)
def test_nothing_fails_for_lack_of_a_value(
    walk: Walk, methods: tuple[str, ...], people: tuple[str, ...]
) -> None:
    """It may be refused."""
    answers = [(step.name, walk.send(step).status_code) for step in asked(methods, people)]
    assert {name for name, status in answers if status >= SERVER_ERROR} == set()
    assert sum(status == requests.codes.ok for _, status in answers) > SOME
