"""Pages of a production's rows: their order, and a total that is known without counting."""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest

from deploy.docs.declarations import registries
from services.common.crud.resource import Resource
from services.common.database import row_counts
from tests.running import Caller, System, until
from tests.world import World

#: What lists show by whole productions, and the API creates with one.
COUNTED = [
    pytest.param(registry.service, resource, id=resource.path)
    for registry in registries()
    for resource in registry
    if resource.path in {"entities", "tasks"}
]


def pages(who: Caller, path: str, limit: int) -> tuple[set[int], list[Any]]:
    """All pages of a list: the totals they name, and their rows."""
    totals, rows, number = set(), [], 1
    while True:
        page = who.get(f"{path}&page={number}&limit={limit}").json()
        totals.add(page["total"])
        if not page["data"]:
            return totals, rows
        rows += page["data"]
        number += 1


@pytest.mark.parametrize(("service", "resource"), COUNTED)
def test_pages_of_a_production_are_its_list_newest_first(
    system: System, admin: Caller, world: World, service: str, resource: Resource
) -> None:
    """For administrators and for its team; a vendor finds what is theirs."""
    touched = admin.get(f"/data/{resource.path}?project_id={world.project}").json()[0]["id"]
    assert admin.put(f"/data/{resource.path}/{touched}", {"description": "newest"}).ok
    for name in ("admin", "manager", "artist", "vendor"):
        who = system.caller(world.people[name])
        path = f"/data/{resource.path}?project_id={world.project}"
        rows = {row["id"]: row for row in who.get(path).json()}
        totals, found = pages(who, path, 2)
        assert totals == {len(rows)}
        assert {row["id"]: row for row in found} == rows
        times = [(row["updated_at"], row["created_at"]) for row in found]
        assert times == sorted(times, reverse=True)
        if name != "vendor":
            assert found[0]["id"] == touched


@pytest.mark.parametrize(("service", "resource"), COUNTED)
def test_pages_of_a_closed_production_are_for_administrators(
    system: System, admin: Caller, world: World, service: str, resource: Resource
) -> None:
    """Once it is closed its own team finds nothing, and not how much there is."""
    path, artist = f"/data/{resource.path}?project_id={world.project}&page=1", "artist"
    total = admin.get(path).json()["total"]
    assert system.caller(world.people[artist]).get(path).json()["total"] == total > 0
    admin.put(f"/data/projects/{world.project}", {"project_status_id": world.closed})

    def nothing() -> bool:
        page = system.caller(world.people[artist]).get(path).json()
        return (page["total"], page["data"]) == (0, [])

    until(nothing, what="an empty page")
    assert admin.get(path).json()["total"] == total


@pytest.mark.parametrize(("service", "resource"), COUNTED)
def test_the_total_follows_whatever_happens_to_rows(
    system: System, admin: Caller, world: World, service: str, resource: Resource
) -> None:
    """Rows created, moved, removed, and notes folded: the total is always what a count finds."""
    table = resource.table.name

    def totals() -> dict[str, int]:
        path = f"/data/{resource.path}?page=1&limit=1&project_id="
        return {p: admin.get(path + p).json()["total"] for p in (world.project, world.past)}

    database = psycopg2.connect(system.parts.urls[service])
    database.autocommit = True
    with database.cursor() as cursor:

        def counts() -> dict[str, int]:
            cursor.execute(f"SELECT project_id::text, count(*) FROM {table} GROUP BY 1")
            result = dict(cursor.fetchall())
            return {p: result.get(p, 0) for p in (world.project, world.past)}

        assert totals() == counts()
        before = counts()[world.project]
        body = world.body(resource)
        ident = admin.post(f"/data/{resource.path}", body).json()["id"]
        assert totals() == counts()
        assert counts()[body["project_id"]] == before + 1
        move = f"UPDATE {table} SET project_id = %s WHERE id = %s"
        cursor.execute(move, (world.past, ident))
        assert totals() == counts()
        assert counts()[world.project] == before
        notes = "INSERT INTO row_count SELECT %s, %s, n FROM generate_series(-200, 200) AS n"
        cursor.execute(notes, (table, world.project))
        cursor.execute(row_counts.FOLD)
        folded = "SELECT count(*) FROM row_count WHERE table_name = %s AND project_id = %s"
        cursor.execute(folded, (table, world.project))
        assert cursor.fetchone()[0] == 1
        assert totals() == counts()
        cursor.execute(f"DELETE FROM {table} WHERE id = %s", (ident,))
        assert totals() == counts()
    database.close()
    system.load(World().tables)
    assert totals()[world.project] == before
