"""What every column of every resource makes of every kind of value.

A new resource or column is in this walk by being declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from deploy.docs.declarations import registries
from services.common.actor import Actor
from services.common.crud.resource import Resource
from services.common.errors import Integrity, InvalidInput, Refused
from tests.service.conftest import MakeService
from tests.service.fake_services import FakeServices
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
#: Where the contract has create and update differ: what is no id or number there counts as absent,
#: or a new task has to have it.
CONTRACT: Final = {
    ("playlists", "episode_id"),
    ("playlists", "task_type_id"),
    ("schedule-items", "man_days"),
    ("tasks", "entity_id"),
    ("tasks", "task_type_id"),
}
#: Lists of which the contract drops what is no object.
SIFTED: Final = {("playlists", "shots")}
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
                "assets.list_kinds_of_entities": {world.asset: "Character"},
                "tasks.list_projects_of_tasks": {world.task: world.project},
                "assets.list_projects_of_entities": {world.asset: world.project},
                "auth.list_short_persons": {},
                "chat.read_row": {
                    **world.tables["chat_message"][0],
                    "created_at": "2026-01-05T10:00:00",
                    "updated_at": "2026-01-05T10:00:00",
                    "type": "ChatMessage",
                },
                "crud.list_team": {},
                "tasks.list_attachments_of_messages": {},
                "assets.read_project_extras": {"descriptors": {}, "first_episodes": {}},
            }
        )
        self._existing = lambda tables: {
            table: [ident for ident in ids if ident in known] for table, ids in tables.items()
        }

    def __missing__(self, question: str) -> Any:
        """Every service says which rows exist, and that it has none that points at ours."""
        return {"find_existing_rows": self._existing, "references_row": False}[
            question.split(".")[1]
        ]


class Walk:
    """One resource, by itself in its service."""

    def __init__(self, make_service: MakeService, path: str) -> None:
        service, self.resource = SERVED[path]
        self.world = World()
        self.service: OneService = make_service(service)
        fakes: FakeServices = self.service.fakes
        fakes.replies = Answers(self.world)
        self.service.fill(self.world)

    def create(self, **given: Any) -> dict[str, Any]:
        """A new row with these values besides those it needs."""
        body = {**self.world.body(self.resource), **given}
        reply: dict[str, Any] = self.service.call(
            "admin", "create_row", path=self.resource.path, data=body
        )
        return reply

    def update(self, ident: str, data: dict[str, Any]) -> dict[str, Any]:
        """A row after an update."""
        reply: dict[str, Any] = self.service.call(
            "admin", "update_row", path=self.resource.path, ident=ident, data=data
        )
        return reply

    def read(self, ident: str) -> dict[str, Any]:
        """A row as its single read shows it."""
        reply: dict[str, Any] = self.service.call(
            "admin", "read_row", path=self.resource.path, ident=ident
        )
        return reply

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
    try:
        yield
    finally:
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
    for column in resource.fields:
        if column.name not in OURS:
            yield column.name


@pytest.mark.parametrize("path", CREATED)
def test_create_and_update_accept_the_same_values(make_service: MakeService, path: str) -> None:
    """Whatever it is: neither writes half a row, crashes, or keeps quiet about the field."""
    walk = Walk(make_service, path)
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


@pytest.mark.parametrize("path", EVERY)
def test_every_json_column_declares_its_shape(path: str) -> None:
    """Its readers count on it."""
    columns = SERVED[path][1].table.c
    assert [c.name for c in columns if isinstance(c.type, JSONB) and "shape" not in c.info] == []


@pytest.mark.parametrize("path", CREATED)
def test_json_of_another_shape_is_refused(make_service: MakeService, path: str) -> None:
    """Neither create nor update stores what the column's readers would stumble over."""
    walk = Walk(make_service, path)
    columns = [c for c in walk.resource.table.c if "shape" in c.info and c.name in shown(walk)]
    odd = ["x", 1, True, ["x", {}], {"a": 1}, [1, None], [[]]]
    for column in columns:
        wrong = [value for value in odd if not fits(value, column.info["shape"])]
        if (path, column.name) in SIFTED:
            wrong = [value for value in wrong if not isinstance(value, list)]
        assert wrong
        with undone(walk.service):
            ident = walk.row()["id"]
            for value in wrong:
                update = partial(walk.update, ident, {column.name: value})
                assert verdict(walk, column.name, update) == "refused"
        for value in wrong:
            create = partial(walk.create, **{column.name: value})
            assert verdict(walk, column.name, create) == "refused"


def shown(walk: Walk) -> frozenset[str]:
    """The columns that a client may read and write."""
    known = frozenset(column.name for column in walk.resource.fields)
    return known - walk.resource.hidden - walk.resource.owned


def fits(value: Any, shape: Any) -> bool:
    """Whether a value is of a shape."""
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError:
        return False
    return True


#: What only the server can know, by the names that such columns have.
KEPT: Final = frozenset(
    {
        "created_by",
        "has_avatar",
        "jti",
        "last_comment_date",
        "last_message",
        "last_preview_file_id",
        "nb_entities_out",
        "password",
        "retake_count",
    }
)


@pytest.mark.parametrize("path", EVERY)
def test_what_only_the_server_can_know_is_owned(path: str) -> None:
    """A column of such a name in a new resource must be declared."""
    resource = SERVED[path][1]
    assert KEPT & set(resource.table.c.keys()) <= resource.owned


@pytest.mark.parametrize("path", [p for p in CREATED if SERVED[p][1].owned])
def test_columns_of_other_routes_are_not_writable(make_service: MakeService, path: str) -> None:
    """Whoever sends them: a create gives them their defaults, an update leaves them."""
    walk = Walk(make_service, path)
    table, owned = walk.resource.table, walk.resource.owned
    forged = {name: walk.world.value(table.c[name]) for name in owned if name in table.c}
    forged["password"] = "password that is long"
    forged = {name: value for name, value in forged.items() if name in owned}
    with undone(walk.service):
        (row,) = walk.service.rows(table.name, id=walk.create(**forged)["id"])
    (plain,) = walk.service.rows(table.name, id=walk.create()["id"])
    # What we make ourselves, each time anew.
    ours = {"password", "created_by", "secret"}
    assert "secret" not in forged or row["secret"] != forged["secret"]
    unset = {name: row[name] for name in owned - ours if name in table.c}
    assert unset == {name: plain[name] for name in unset}
    walk.update(plain["id"], forged)
    (after,) = walk.service.rows(table.name, id=plain["id"])
    stored = owned & after.keys()
    assert {name: after[name] for name in stored} == {name: plain[name] for name in stored}


@pytest.mark.parametrize("path", CREATED)
def test_a_row_can_be_sent_back_as_it_was_read(make_service: MakeService, path: str) -> None:
    """A script reads a row, changes a field of it, and sends all of it back."""
    walk = Walk(make_service, path)
    given = walk.world.body(walk.resource, every_field=True)
    ident = walk.service.call("admin", "create_row", path=path, data=given)["id"]
    row = walk.read(ident)
    walk.update(ident, row)
    assert {**walk.read(ident), "updated_at": None} == {**row, "updated_at": None}


def as_filter(value: Any) -> str:
    """A value in a query string."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and isinstance(value[0], str):
        return value[0]
    return msgspec.json.encode(value).decode()


def listed(walk: Walk, **query: str) -> list[str]:
    """The ids of the rows that a filtered list holds."""
    path = walk.resource.path
    rows = walk.service.call("admin", "list_rows", path=path, query=query)
    return [row["id"] for row in rows]


@pytest.mark.parametrize("path", CREATED)
def test_a_row_is_found_by_each_of_its_values(make_service: MakeService, path: str) -> None:
    """As it is, and in a list of wanted values."""
    walk = Walk(make_service, path)
    row = walk.create(**walk.world.body(walk.resource, every_field=True))
    for column in walk.resource.fields:
        shown_as = walk.resource.renamed.get(column.name, column.name)
        if column.name in walk.resource.hidden or row.get(shown_as) is None:
            continue
        text = as_filter(row[shown_as])
        # Times are shown without the fraction of the second that is stored.
        if column.name not in {"created_at", "updated_at"}:
            assert row["id"] in listed(walk, **{column.name: text}), column.name
        if not isinstance(column.type, JSONB | ARRAY | sa.TIMESTAMP):
            wanted = msgspec.json.encode(["1" if text.isdigit() else text, text]).decode()
            assert row["id"] in listed(walk, **{column.name: wanted}), column.name


#: Texts that no filter may stumble over.
ASKED: Final = ("", "x", "%", "_", "\\", "[", "[1]", '["a"]', "[[]]", "{", "\x00", '"\\u0000"')
LARGE: Final = ("9" * 40, "1e400", "NaN", "-1", "null", "None", "2026-13-45", "0001-01-01T00+14:00")


@pytest.mark.parametrize("path", EVERY)
def test_a_filter_finds_nothing_or_is_refused(make_service: MakeService, path: str) -> None:
    """Whatever is asked for."""
    walk = Walk(make_service, path)
    walk.service.fakes.replies["auth.list_rows"] = []
    walk.service.fakes.replies["assets.list_entities_of_episode"] = []
    names = {*walk.resource.table.c.keys(), *walk.resource.lists, *walk.resource.virtual}
    for name in names - walk.resource.hidden:
        for text in (*ASKED, *LARGE):
            with suppress(InvalidInput), undone(walk.service):
                listed(walk, **{"project_id": walk.world.project, name: text})
