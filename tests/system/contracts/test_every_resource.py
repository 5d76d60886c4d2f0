"""What generic CRUD promises, for every resource that a registry declares.

A new resource gains these tests with no line written here: its declaration says what a valid body
is, which fields are checked how, and who may do what.
"""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from deploy.docs.declarations import registries, resources
from gateway.routes import ROUTES
from services.common.access.rules import admin as admins_only
from services.common.crud.resource import Resource
from tests.running import Caller, System, until
from tests.world import World, ident, target_of

SERVED = resources()
EVERY = [pytest.param(r, id=path) for path, r in sorted(SERVED.items())]
#: Created by the system alone: the salary scale's rows when it is listed.
NOT_CREATED = {"salary-scales"}
CREATED = [p for p in EVERY if p.id not in NOT_CREATED]
UNKNOWN = ident("nobody has this id")


def text_fields(resource: Resource) -> list[sa.Column[Any]]:
    """Columns whose length is bounded."""
    return [
        column
        for column in resource.table.c
        if getattr(column.type, "length", None) and column.name not in resource.hidden
    ]


def create_row(admin: Caller, world: World, resource: Resource) -> dict[str, Any]:
    """A row, created through the API."""
    response = admin.post(f"/data/{resource.path}", world.body(resource))
    assert response.status_code == 200, response.text
    row: dict[str, Any] = response.json()
    return row


def test_every_resource_has_its_five_routes() -> None:
    """The gateway's tables and the services' registries agree."""
    routed = {(dict(r.fixed).get("path"), r.function, r.service) for r in ROUTES}
    routed = {row for row in routed if row[0]}
    verbs = ("list_rows", "create_row", "read_row", "update_row", "delete_row")
    declared = {
        (resource.path, verb, registry.service)
        for registry in registries()
        for resource in registry
        for verb in verbs
    }
    assert routed == declared


@pytest.mark.parametrize("resource", CREATED)
def test_a_created_row_reads_back_with_every_field(
    admin: Caller, world: World, resource: Resource
) -> None:
    """What was sent is what is stored, and the answer of the create is the row."""
    body = world.body(resource, every_field=True)
    response = admin.post(f"/data/{resource.path}", body)
    assert response.status_code == 200, response.text
    row = response.json()
    kept = {
        name: row[resource.renamed.get(name, name)]
        for name in body
        if name not in COMPUTED.get(resource.path, resource.owned)
    }
    assert kept == {name: body[name] for name in kept}
    read = admin.get(f"/data/{resource.path}/{row['id']}").json()
    assert {name: read[name] for name in row if name not in SINGLE_DIFFERS} == {
        name: value for name, value in row.items() if name not in SINGLE_DIFFERS
    }


SINGLE_DIFFERS = {"attachment_files", "comment", "chat_message", "first_episode_id", "secret"}
#: Fields that the server decides, whatever the body says.
COMPUTED: dict[str, frozenset[str]] = {
    "playlists": frozenset({"created_by", "shots"}),
}


@pytest.mark.parametrize("resource", EVERY)
def test_hidden_columns_are_neither_shown_nor_filtered_by(
    admin: Caller, world: World, resource: Resource
) -> None:
    """A secret that could be filtered by could be guessed letter by letter."""
    rows = admin.get(f"/data/{resource.path}").json()
    for row in rows:
        assert not resource.hidden & row.keys()
    for name in resource.hidden:
        assert admin.get(f"/data/{resource.path}?{name}=a").status_code == 400


@pytest.mark.parametrize("resource", EVERY)
def test_a_page_comes_in_its_envelope(admin: Caller, world: World, resource: Resource) -> None:
    """The plain list and the pages hold the same rows."""
    rows = admin.get(f"/data/{resource.path}").json()
    page = admin.get(f"/data/{resource.path}?page=1&limit=2").json()
    assert page["total"] == len(rows)
    assert page["nb_pages"] == -(-len(rows) // 2)
    assert (page["limit"], page["offset"], page["page"]) == (2, 0, 1)
    assert len(page["data"]) == min(2, len(rows))
    beyond = admin.get(f"/data/{resource.path}?page=99").json()
    assert (beyond["data"], beyond["total"]) == ([], len(rows))


@pytest.mark.parametrize("resource", EVERY)
def test_malformed_and_unknown_ids_are_refused(
    admin: Caller, world: World, resource: Resource
) -> None:
    """Malformed is 400 (404 where clients rely on it), unknown is 404, for every verb."""
    base = f"/data/{resource.path}"
    assert admin.get(f"{base}/x").status_code == (404 if resource.bad_id_is_unknown else 400)
    assert admin.put(f"{base}/x", {}).status_code == 400
    assert admin.delete(f"{base}/x").status_code == 400
    assert admin.get(f"{base}/{UNKNOWN}").status_code == 404
    assert admin.put(f"{base}/{UNKNOWN}", {}).status_code == 404
    assert admin.delete(f"{base}/{UNKNOWN}").status_code == 404


@pytest.mark.parametrize("resource", CREATED)
def test_an_unknown_field_is_refused_on_create_and_ignored_on_update(
    admin: Caller, world: World, resource: Resource
) -> None:
    """As clients in the field rely on."""
    body = {**world.body(resource), "no_such_field": 1}
    response = admin.post(f"/data/{resource.path}", body)
    assert response.status_code == 400
    kind = resource.model.__name__
    assert response.json() == {
        "message": f"'no_such_field' is an invalid keyword argument for {kind}"
    }
    row = create_row(admin, world, resource)
    changed = admin.put(f"/data/{resource.path}/{row['id']}", {"no_such_field": 1})
    assert changed.status_code == 200, changed.text


@pytest.mark.parametrize("resource", CREATED)
def test_a_missing_required_field_is_refused(
    admin: Caller, world: World, resource: Resource
) -> None:
    """Nothing is written, and the answer is 400."""
    before = len(admin.get(f"/data/{resource.path}").json())
    body = world.body(resource)
    for column in resource.fields:
        if not column.nullable and column.default is None and column.name in body:
            if column.name == "name" and resource.path == "tasks":
                continue
            lacking = {k: v for k, v in body.items() if k != column.name}
            response = admin.post(f"/data/{resource.path}", lacking)
            assert response.status_code == 400, (column.name, response.text)
    assert len(admin.get(f"/data/{resource.path}").json()) == before


@pytest.mark.parametrize("resource", CREATED)
def test_values_that_a_column_cannot_hold_are_refused(
    admin: Caller, world: World, resource: Resource
) -> None:
    """Too long a text, a wrong type, a choice that is none, a bad date: each 400, none written."""
    row = create_row(admin, world, resource)
    before = admin.get(f"/data/{resource.path}/{row['id']}").json()
    fixed = resource.fixed_for(ADMIN)
    for name, value in bad_values(resource):
        if name in fixed or name in resource.hidden:
            continue
        # Unfinished input of the schedule's page, which is dropped: the row counts as changed.
        if (resource.path, name) == ("schedule-items", "man_days") and isinstance(value, str):
            continue
        response = admin.put(f"/data/{resource.path}/{row['id']}", {name: value})
        assert response.status_code == 400, (name, value, response.text)
        assert "message" in response.json()
    assert admin.get(f"/data/{resource.path}/{row['id']}").json() == before


class _Admin:
    is_admin = True
    role = "admin"


ADMIN: Any = _Admin()


def bad_values(resource: Resource) -> list[tuple[str, Any]]:
    """A field and a value that it can't hold, of every sort its columns offer."""
    bad: list[tuple[str, Any]] = []
    for column in resource.fields:
        if column.name in {"id", "created_at", "updated_at"}:
            continue
        if column.info.get("choices"):
            bad.append((column.name, "no-such-choice"))
        elif getattr(column.type, "length", None):
            bad += [(column.name, "x" * (column.type.length + 1)), (column.name, {"a": 1})]
        for kind, value in (
            (sa.Uuid, "no-uuid"),
            (sa.Boolean, "perhaps"),
            (sa.Integer, "many"),
            (sa.Float, "much"),
            (sa.TIMESTAMP, "yesterday"),
            (sa.Date, "2026-13-45"),
        ):
            if isinstance(column.type, kind):
                bad.append((column.name, value))
    return bad


@pytest.mark.parametrize("resource", CREATED)
def test_a_reference_to_a_missing_row_is_refused(
    admin: Caller, world: World, resource: Resource
) -> None:
    """Also when the row it should point at would be another service's."""
    body = world.body(resource)
    for column in resource.fields:
        if target_of(column) is None or column.name in resource.hidden:
            continue
        response = admin.post(f"/data/{resource.path}", {**body, column.name: UNKNOWN})
        if column.name in COMPUTED.get(resource.path, resource.owned):
            continue
        assert response.status_code == 400, (column.name, response.text)


@pytest.mark.parametrize("resource", CREATED)
def test_changes_are_events_of_the_actor(
    admin: Caller, world: World, resource: Resource, system: System
) -> None:
    """Create, update and delete each enter the log once, with the row's id."""
    row = create_row(admin, world, resource)
    path = f"/data/{resource.path}/{row['id']}"
    assert admin.put(path, {}).status_code == 200
    assert admin.delete(path).status_code == 204, path

    def logged() -> list[dict[str, Any]]:
        events = admin.get("/data/events/last?limit=1000").json()
        return [e for e in events if row["id"] in e["data"].values()][::-1]

    silent = {"notifications"}
    wanted = 2 if resource.path in silent else 3
    value = until(lambda: len(logged()) >= wanted and logged(), what="events in the log")
    verbs = [event["name"].partition(":")[2] for event in value]
    expected = ["update", "delete"] if resource.path in silent else ["new", "update", "delete"]
    assert [verb for verb in verbs if verb in {"new", "update", "delete"}] == expected, value
    assert {event["user_id"] for event in value} == {world.admin}


@pytest.mark.parametrize("resource", EVERY)
def test_what_only_administrators_may_do_is_refused_to_others(
    admin: Caller, world: World, resource: Resource, system: System
) -> None:
    """A refusal is 403 with the usual body, and says nothing about the row."""
    for role in ("manager", "artist", "client", "vendor"):
        caller = system.caller(world.people[role])
        base = f"/data/{resource.path}"
        if resource.list is admins_only:
            assert caller.get(base).status_code == 403
        if resource.create is admins_only:
            response = caller.post(base, world.body(resource))
            assert response.status_code == 403, (role, response.text)
        rows = admin.get(base).json()
        if rows and resource.delete is admins_only:
            assert caller.delete(f"{base}/{rows[0]['id']}").status_code == 403
        if rows and resource.update is admins_only:
            assert caller.put(f"{base}/{rows[0]['id']}", {}).status_code == 403


@pytest.mark.parametrize("resource", EVERY)
def test_without_a_token_everything_is_refused(
    system: System, world: World, resource: Resource
) -> None:
    """401, whatever is asked."""
    nobody = Caller(system.base, None)
    assert nobody.get(f"/data/{resource.path}").status_code == 401
    assert nobody.post(f"/data/{resource.path}", {}).status_code == 401
