"""Pages of every resource in a large studio: the first, one in the middle, the last.

``PAGE_ROWS`` says how many rows each table gets.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import psycopg2
import requests

from deploy.docs.declarations import registries
from services.common.database.tables import production_column
from tests.bulk import insert_many
from tests.world import World

if TYPE_CHECKING:
    from tests.bench.__main__ import Bench
    from tests.running import Caller

ROWS: Final = int(os.environ.get("PAGE_ROWS", "20000"))
PRODUCTIONS: Final = 10
TIMES: Final = 5
#: What others' rows reference comes first.
FIRST: Final = ("entities", "tasks")
#: Departments stay few in any studio, and the salary scale has rows for each.
FEW: Final = {"departments": 50}
#: Of the production: what is read by the page beside generic CRUD.
LISTS: Final = (
    "tasks",
    "comments",
    "preview-files",
    "notifications",
    "subscriptions",
    "news",
    "entity-links",
)
#: Milliseconds, at yardstick 390.
FIRST_MS: Final = 10
ANY_MS: Final = 60
FORBIDDEN: Final = (requests.codes.forbidden, requests.codes.not_found)


class Spent(NamedTuple):
    """Latency of a list's pages in milliseconds."""

    first: float
    middle: float
    last: float


def fill(bench: Bench) -> World:
    """Create a studio with ten productions and many rows; returns its world."""
    world = World()
    projects = [world.project]
    for number in range(1, PRODUCTIONS):
        name = f"production {number}"
        projects.append(world.add("project", name, name=name, project_status_id=world.open))
        seat = {"project_id": projects[-1], "person_id": world.people["artist"]}
        world.link("project_person_link", **seat)
    bench.system.load(world.tables)
    for registry in registries():
        connection = psycopg2.connect(bench.system.parts.urls[registry.service])
        connection.autocommit = True  # VACUUM runs in no transaction
        with connection.cursor() as cursor:
            for resource in sorted(registry, key=lambda one: one.path not in FIRST):
                column = production_column(resource.table)
                kept = column is not None and (
                    column.name == "project_id" or registry.service == "crud"
                )
                given = {str(column.name): projects} if column is not None and kept else {}
                insert_many(cursor, resource.table, FEW.get(resource.path, ROWS), **given)
                cursor.execute(f'VACUUM ANALYZE "{resource.table.name}"')
        connection.close()
    return world


def spent(who: Caller, path: str) -> Spent | None:
    """Measure the pages of a list; None if the caller may not read it."""
    response = who.get(f"{path}page=1")
    if response.status_code in FORBIDDEN:
        return None
    assert response.ok, (path, response.text[:300])
    count = max(response.json()["nb_pages"], 1)
    numbers = (1, max(count // 2, 1), count)
    return Spent(*(_median(who, f"{path}page={number}") for number in numbers))


def _median(who: Caller, path: str) -> float:
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        response = who.get(path)
        times.append((time.perf_counter() - began) * 1000)
        assert response.ok, response.text[:300]
    return statistics.median(times)


def paths(world: World) -> Iterator[str]:
    """The URLs of all paginated lists, up to the page number."""
    for registry in registries():
        for resource in registry:
            yield f"/data/{resource.path}?"
    for path, more in (
        ("tasks", "relations=true"),
        ("entities", "relations=true"),
        ("entities", f"entity_type_id={world.types['Shot']}"),
        ("tasks", f"project_id={world.project}"),
        ("entities", f"project_id={world.project}"),
    ):
        yield f"/data/{path}?{more}&"
    for name in LISTS:
        yield f"/data/projects/{world.project}/{name}?"


def note_slowest(
    bench: Bench, title: str, times: Mapping[str, float], limit: float, factor: float
) -> None:
    """Note the slowest list, and all others that are above the limit when scaled by ``factor``."""
    order = sorted(times, key=lambda path: -times[path])
    for place, path in enumerate(order):
        if not place or times[path] * factor > limit:
            bench.note(f"{title}: {path}", times[path], "ms", "time", limit)


def pages(bench: Bench) -> None:
    """Measure all lists as an administrator and an artist; notes the slowest, and all misses."""
    world = bench.world = fill(bench)
    factor = bench.time_factor()
    for name in ("admin", "artist"):
        who = bench.system.caller(world.people[name])
        who.session.hooks["response"].clear()  # what checks the type of each answer is not measured
        result = {path: times for path in paths(world) if (times := spent(who, path)) is not None}
        title = f"of {ROWS} rows, {name}, of {len(result)} lists"
        firsts = {path: times.first for path, times in result.items()}
        note_slowest(bench, f"first page {title}", firsts, FIRST_MS, factor)
        deepest = {path: max(times) for path, times in result.items()}
        note_slowest(bench, f"any page {title}", deepest, ANY_MS, factor)
        mine = result[f"/data/projects/{world.project}/tasks?"]
        bench.note(f"a production's tasks, first page, {name}", mine.first, "ms", "time", FIRST_MS)
    admin = bench.system.caller(world.admin)
    for name in ("", f"project_id={world.project}&", "name=e100&"):
        last = _median(admin, f"/data/events/last?{name}limit=100")
        bench.note(f"events/last?{name.partition('=')[0]}", last, "ms", "time", 10)
