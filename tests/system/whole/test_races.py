"""Concurrent calls: a delete and a reference to the deleted row; duplicates.

A pair is a line. References between services are walked by their declarations, so a new one is run
with no line written here.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import uuid4

import psycopg2
import pytest

from deploy.docs.declarations import registries, resources
from services.common.crud.resource import Resource
from services.common.database.sql_types import Column
from tests.running import Caller, System, until
from tests.system.races import ROUNDS, at_once
from tests.world import World

SERVED = resources()
BY_TABLE = {
    (registry.service, str(resource.table.name)): resource
    for registry in registries()
    for resource in registry
}
#: Made by the system alone.
NOT_CREATED = {"salary-scales", "events"}
CREATED = [pytest.param(r, id=path) for path, r in SERVED.items() if path not in NOT_CREATED]
#: Texts that no two rows may share.
UNIQUE = frozenset({"name", "short_name", "email", "desktop_login", "plugin_id"})


class Reference(NamedTuple):
    """A field of a resource that references a resource of another service."""

    service: str
    resource: Resource
    name: str
    column: Column
    target: Resource


def references() -> list[Any]:
    """Each reference that a create can make."""
    result = []
    for registry in registries():
        for resource in (one for one in registry if one.path not in NOT_CREATED):
            columns = [(c.name, c) for c in resource.table.c]
            lists = sorted(resource.writable_lists)  # a set: workers must agree on the order
            columns += [(name, resource.lists[name].target) for name in lists]
            for name, column in columns:
                ref = column.info.get("ref")
                if ref and name not in resource.owned | resource.hidden:
                    target = BY_TABLE[ref.service, ref.table]
                    case = Reference(registry.service, resource, name, column, target)
                    result.append(pytest.param(case, id=f"{resource.path}.{name}"))
    return result


def unique_body(world: World, resource: Resource, **given: Any) -> dict[str, Any]:
    """A body that no other row stands in the way of."""
    body = {**world.body(resource), **given}
    for name in UNIQUE & (body.keys() - {name for name in given if name != "email"}):
        length = getattr(resource.table.c[name].type, "length", None) or 40
        domain = "@example.com" if name == "email" else ""
        body[name] = uuid4().hex[: min(length, 20)] + domain
    return body


def create_row(admin: Caller, world: World, resource: Resource, **given: Any) -> dict[str, Any]:
    """A new row."""
    response = admin.post(f"/data/{resource.path}", unique_body(world, resource, **given))
    assert response.status_code == 200, response.text
    row: dict[str, Any] = response.json()
    return row


def count(system: System, service: str, column: Column, ident: str) -> int:
    """How many rows reference an id."""
    connection = psycopg2.connect(system.parts.urls[service])
    with connection, connection.cursor() as cursor:
        query = f'SELECT count(*) FROM "{column.table.name}" WHERE "{column.name}" = %s'
        cursor.execute(query, (ident,))
        result = int(cursor.fetchone()[0])
    connection.close()
    return result


@pytest.mark.parametrize("reference", references())
def test_no_row_outlives_what_it_references(
    system: System, admin: Caller, world: World, reference: Reference
) -> None:
    """A create beside a forced delete of what it references, in another service."""
    service, resource, name, column, target = reference
    other = system.caller(world.admin)
    for number in range(ROUNDS + 1):
        ident = create_row(admin, world, target)["id"]
        value = [ident] if name in resource.writable_lists else ident
        body = unique_body(world, resource, **{name: value})
        path = f"/data/{target.path}/{ident}?force=true"

        def create(body: dict[str, Any] = body) -> Any:
            return admin.post(f"/data/{resource.path}", body)

        if number == 0:
            # Alone it succeeds: in the races it is refused for the delete's sake only.
            assert create().status_code == 200
            assert count(system, service, column, ident) == 1
            continue
        _, gone = at_once(create, lambda path=path: other.delete(path))
        if gone.status_code == 204:
            what = f"{resource.path}.{name} without its target gone"
            until(lambda i=ident: count(system, service, column, i) == 0, 10, what)


@pytest.mark.parametrize("resource", CREATED)
def test_a_row_deleted_during_reads_and_updates_is_not_found(
    system: System, admin: Caller, world: World, resource: Resource
) -> None:
    """Each request finds it or is a 404; none fails."""
    other = system.caller(world.admin)
    for _ in range(ROUNDS):
        for verb in ("GET", "PUT", "DELETE"):
            path = f"/data/{resource.path}/{create_row(admin, world, resource)['id']}"
            body = {} if verb == "PUT" else None
            _, gone = at_once(
                lambda v=verb, p=path, b=body: admin.send(v, p, b),
                lambda p=path: other.delete(f"{p}?force=true"),
            )
            assert gone.status_code in {204, 404}, gone.text
            assert admin.get(path).status_code == 404


#: What people do with a task: a method, a path, a body.
ON_A_TASK: dict[str, tuple[str, str, Any]] = {
    "comment": ("POST", "/actions/tasks/{task}/comment", {"task_status_id": "{status}"}),
    "full": ("GET", "/data/tasks/{task}/full", None),
    "comments": ("GET", "/data/tasks/{task}/comments", None),
    "previews": ("GET", "/data/tasks/{task}/previews", None),
    "assign": ("PUT", "/actions/tasks/{task}/assign", {"person_id": "{artist}"}),
    "assign many": ("PUT", "/actions/persons/{artist}/assign", {"task_ids": ["{task}"]}),
    "clear": ("PUT", "/actions/tasks/clear-assignation", {"task_ids": ["{task}"]}),
    "time": (
        "POST",
        "/actions/tasks/{task}/time-spents/2026-02-02/persons/{artist}",
        {"duration": 60},
    ),
    "subscribe": ("POST", "/actions/user/tasks/{task}/subscribe", None),
    "working file": ("POST", "/data/tasks/{task}/working-files/new", {"name": "w"}),
}
#: What people do with an asset.
ON_AN_ASSET: dict[str, tuple[str, str, Any]] = {
    "tasks": (
        "POST",
        "/actions/projects/{project}/task-types/{kind}/assets/create-tasks",
        ["{asset}"],
    ),
    "read": ("GET", "/data/assets/{asset}", None),
    "cast": (
        "PUT",
        "/data/projects/{project}/entities/{shot}/casting",
        [{"asset_id": "{asset}", "nb_occurences": 1}],
    ),
    "its casting": (
        "PUT",
        "/data/assets/{asset}/casting",
        [{"asset_id": "{other}", "nb_occurences": 1}],
    ),
    "chat": ("POST", "/actions/user/chats/{asset}/join", None),
}


def with_ids(thing: Any, names: dict[str, str]) -> Any:
    """A path or body with the ids of what it names."""
    if isinstance(thing, str):
        return thing.format(**names)
    if isinstance(thing, dict):
        return {key: with_ids(value, names) for key, value in thing.items()}
    return [with_ids(one, names) for one in thing] if isinstance(thing, list) else thing


@pytest.mark.parametrize(
    ("path", "what"),
    [pytest.param("tasks", w, id=f"task-{n}") for n, w in ON_A_TASK.items()]
    + [pytest.param("entities", w, id=f"asset-{n}") for n, w in ON_AN_ASSET.items()],
)
def test_a_concurrent_delete_and_reference_do_not_fail(
    system: System, admin: Caller, world: World, path: str, what: tuple[str, str, Any]
) -> None:
    """Either may win; neither fails."""
    other = system.caller(world.admin)
    verb, route, body = what
    for _ in range(ROUNDS):
        ident = create_row(admin, world, SERVED[path])["id"]
        names = {
            "task": ident,
            "asset": ident,
            "status": world.status,
            "artist": world.people["artist"],
            "project": world.project,
            "kind": world.task_type,
            "shot": world.shot,
            "other": world.asset,
        }
        gone = f"/data/{'tasks' if path == 'tasks' else 'assets'}/{ident}?force=true"
        first, _ = at_once(
            lambda n=names: admin.send(verb, with_ids(route, n), with_ids(body, n)),
            lambda g=gone: other.delete(g),
        )
        assert first.status_code in {200, 201, 204, 400, 404}, first.text


#: Rows of which there may be one: what two people send in the same moment.
TWINS: dict[str, tuple[str, dict[str, Any]]] = {
    "task type": ("task-types", {"department_id": None}),
    "entity type": ("entity-types", {}),
    "background": ("preview-background-files", {}),
    "template": ("project-templates", {}),
    "status": ("task-status", {}),
    "production": ("projects", {}),
    "person": ("persons", {"email": ""}),
    "day off": ("day-offs", {}),
    "schedule item": ("schedule-items", {"task_type_id": None, "object_id": None}),
    "department": ("departments", {}),
}


@pytest.mark.parametrize(("path", "given"), TWINS.values(), ids=TWINS)
def test_of_concurrent_duplicates_one_is_created(
    system: System, admin: Caller, world: World, path: str, given: dict[str, Any]
) -> None:
    """The second one is refused, although neither saw the other's row."""
    callers = [admin, *(system.caller(world.admin) for _ in range(3))]
    for _ in range(ROUNDS):
        bodies = [unique_body(world, SERVED[path], **given)] * len(callers)
        if path in {"day-offs", "schedule-items"}:  # they have no name to tell them apart
            for row in admin.get(f"/data/{path}").json():
                admin.delete(f"/data/{path}/{row['id']}")
        if path == "day-offs":
            days = [f"2031-01-{day:02}" for day in range(1, len(callers) + 1)]
            bodies = [{**bodies[0], "date": day, "end_date": "2031-02-01"} for day in days]
        if path == "entity-types":
            bodies[1:] = [{**one, "name": one["name"].upper()} for one in bodies[1:]]
        answers = at_once(
            *[
                lambda c=caller, b=one: c.post(f"/data/{path}", b)
                for caller, one in zip(callers, bodies, strict=True)
            ]
        )
        assert sorted(a.status_code for a in answers) == [200, 400, 400, 400]


@pytest.mark.parametrize("path", ["task-status", "preview-background-files"])
@pytest.mark.parametrize("verb", ["POST", "PUT"])
def test_concurrent_changes_leave_one_default(
    system: System, admin: Caller, world: World, path: str, verb: str
) -> None:
    """The last one."""
    resource, base = SERVED[path], f"/data/{path}"
    callers = [admin, *(system.caller(world.admin) for _ in range(3))]
    for _ in range(ROUNDS):
        default = {"is_default": True}
        targets = (
            [create_row(admin, world, resource)["id"] for _ in callers] if verb == "PUT" else []
        )
        calls = [
            (f"{base}/{targets[at]}", default)
            if targets
            else (base, {**unique_body(world, resource), "for_concept": False, **default})
            for at in range(len(callers))
        ]
        if path != "task-status":
            calls = [(p, {k: v for k, v in b.items() if k != "for_concept"}) for p, b in calls]
        answers = at_once(
            *[
                lambda c=caller, call=call: c.send(verb, *call)
                for caller, call in zip(callers, calls, strict=True)
            ]
        )
        assert {answer.status_code for answer in answers} == {200}
        rows = [row for row in admin.get(base).json() if row["is_default"]]
        assert len([row for row in rows if not row.get("for_concept")]) == 1
