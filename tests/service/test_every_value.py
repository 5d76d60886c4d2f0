"""What every column of every resource makes of every kind of value.

A new resource or column is in this walk by being declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import msgspec
import pytest

from deploy.docs.declarations import registries
from services.common.actor import Actor
from services.common.crud.resource import Resource
from services.common.errors import Integrity, InvalidInput, Refused
from tests.service.conftest import Alone
from tests.service.neighbours import Neighbours
from tests.service.one_service import OneService, actor_json
from tests.world import World

SERVED = {
    resource.path: (registry.service, resource)
    for registry in registries()
    for resource in registry
}
EVERY = sorted(SERVED)
#: Its rows are made by the system alone.
CREATED = [path for path in EVERY if path != "salary-scales"]
OURS: Final = frozenset({"id", "created_at", "updated_at"})
#: Where the contract has create and update differ: what is no id or number there counts as absent.
CONTRACT: Final = {
    ("playlists", "episode_id"),
    ("playlists", "task_type_id"),
    ("schedule-items", "man_days"),
}
DEEP: Final = "[" * 200 + "]" * 200
#: A value of each kind that JSON has, usual or absurd, and texts that scripts send for others.
VALUES: Final[dict[str, Any]] = {
    "empty object": {},
    "object": {"a": 1},
    "object with NUL": {"a": "\x00"},
    "empty list": [],
    "list of numbers": [1],
    "list of texts": ["a"],
    "list of objects": [{}],
    "deep list": msgspec.json.decode(DEEP),
    "true": True,
    "whole number": 100,
    "whole float": 100.0,
    "fraction": 2.5,
    "negative": -1,
    "huge whole number": 10**30,
    "empty text": "",
    "letter": "x",
    "NUL": "\x00",
    "a hundred kilobytes": "x" * 100_000,
    "digits": "100",
    "digits of a float": "100.0",
    "word for true": "true",
    "word for none": "None",
    "no number": "NaN",
    "day": "2026-01-05",
    "moment outside the calendar": "0001-01-01T00:00:00+14:00",
    "braced id": "{00000000-0000-4000-8000-000000000000}",
}


class Answers(dict[str, Any]):
    """What the other services say to the questions that writes of rows ask."""

    def __init__(self, world: World) -> None:
        known = {row["id"] for rows in world.tables.values() for row in rows if "id" in row}
        super().__init__(
            {
                "assets.kinds_of_entities": {world.asset: "Character"},
                "tasks.projects_of_tasks": {world.task: world.project},
                "auth.short_persons": {},
                "crud.team_of": {},
            }
        )
        self._existing = lambda tables: {
            table: [ident for ident in ids if ident in known] for table, ids in tables.items()
        }

    def __missing__(self, question: str) -> Any:
        """Every service says which rows exist, and that it has none that points at ours."""
        return {"existing_rows": self._existing, "references_row": False}[question.split(".")[1]]


class Walk:
    """One resource, by itself in its service."""

    def __init__(self, alone: Alone, path: str) -> None:
        service, self.resource = SERVED[path]
        self.world = World()
        self.service: OneService = alone(service)
        neighbours: Neighbours = self.service.neighbours
        neighbours.answers = Answers(self.world)
        self.service.fill(self.world)

    def create(self, **given: Any) -> dict[str, Any]:
        """A new row with these values besides those it needs."""
        body = {**self.world.body(self.resource), **given}
        found: dict[str, Any] = self.service.call(
            "admin", "create_row", path=self.resource.path, data=body
        )
        return found

    def update(self, ident: str, data: dict[str, Any]) -> dict[str, Any]:
        """A row after an update."""
        found: dict[str, Any] = self.service.call(
            "admin", "update_row", path=self.resource.path, ident=ident, data=data
        )
        return found

    def read(self, ident: str) -> dict[str, Any]:
        """A row as its single read shows it."""
        found: dict[str, Any] = self.service.call(
            "admin", "read_row", path=self.resource.path, ident=ident
        )
        return found

    def row(self) -> dict[str, Any]:
        """A row to update."""
        if self.resource.path in CREATED:
            return self.create()
        table = self.resource.table.name
        self.service.rows(table)
        return dict(self.service.rows(table)[0])


@contextmanager
def undone(service: OneService) -> Iterator[None]:
    """What is written inside is taken back."""
    cursor = service.database.raw.cursor()
    cursor.execute("SAVEPOINT tried")
    yield
    cursor.execute("ROLLBACK TO SAVEPOINT tried; RELEASE SAVEPOINT tried")


def verdict(walk: Walk, field: str, write: Callable[[], Any]) -> str:
    """Whether a value is taken or refused; a refusal says of which field it speaks.

    Anything but a 400 fails.
    """
    with undone(walk.service):
        try:
            write()
        except (InvalidInput, Integrity, Refused) as refusal:
            # Then it was read, and found.
            if "already exists" in refusal.message:
                return "taken"
            said = f"{refusal.message} {refusal.data or ''}"
            named = field in said or field.replace("_", " ") in said.lower()
            assert named, f"{field} is not named: {said}"
            return "refused"
        return "taken"


def written_columns(resource: Resource) -> Iterator[str]:
    """The names of the columns that a body may hold."""
    for column in resource.table.c:
        if column.name not in OURS:
            yield column.name


@pytest.mark.parametrize("path", CREATED)
def test_a_value_is_taken_or_refused_by_create_and_update_alike(alone: Alone, path: str) -> None:
    """Whatever it is: neither writes half a row, crashes, or keeps quiet about the field."""
    walk = Walk(alone, path)
    tried = [(name, what) for name in written_columns(walk.resource) for what in VALUES]
    with undone(walk.service):
        ident = walk.row()["id"]
        changed = {
            (name, what): verdict(walk, name, partial(walk.update, ident, {name: VALUES[what]}))
            for name, what in tried
        }
    made = {
        (name, what): verdict(walk, name, partial(walk.create, **{name: VALUES[what]}))
        for name, what in tried
    }
    for name, what in tried:
        if (path, name) in CONTRACT:
            made[name, what] = changed[name, what]
    ignored = walk.resource.fixed_for(
        msgspec.json.decode(actor_json(walk.world, "admin"), type=Actor)
    )
    assert {case: one for case, one in made.items() if case[0] not in ignored} == {
        case: one for case, one in changed.items() if case[0] not in ignored
    }
