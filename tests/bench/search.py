"""The search in a large studio, and what its index costs writes.

``SEARCH_ROWS`` says how many entities there are.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg2

from tests.world import World, ident

if TYPE_CHECKING:
    from tests.bench.__main__ import Bench
    from tests.running import Caller

ROWS: Final = int(os.environ.get("SEARCH_ROWS", "100000"))
PEOPLE: Final = 1000
#: Milliseconds at yardstick 390, and per cent of a write.
P95_MS: Final = 30
SHARE: Final = 5
ROUNDS: Final = 8
WRITES: Final = 40
PROPS: Final = ("Old_Tree", "Lantern", "Rock", "Chair", "Hangar Door", "Dragon", "Witch House")
TEXTS: Final = (
    "An old storm lantern, hanging in the barn.",
    "The llama jumps over the fence.",
    "Wide shot of the valley at dawn.",
    "",
)
FIRST: Final = ("Ema", "Ángela", "Jonas", "Nadia", "Pierre", "Wiktoria", "Tomás", "Yuki")
LAST: Final = ("Doe", "Müller", "Kowalska", "Nguyen", "Okafor", "Lindqvist", "García", "Tanaka")
#: Common and rare names, beginnings, errors, several words, metadata, codes, people, nothing.
QUESTIONS: Final = (
    "lantern",
    "lan",
    "sh0",
    "sh0120",
    "sq012 sh0120",
    "old tree",
    "dragon 777",
    "lantren",
    "wtich house",
    "llama fence",
    "foggy",
    "medium",
    "props lantern medium",
    "muller",
    "kowalsak",
    "angela garcia",
    "zzzzzz",
    "nothing like this anywhere",
)


def entities(world: World) -> Iterator[dict[str, Any]]:
    """Sequences with shots, and assets, in two halves."""
    types, project = world.types, world.project
    same = {"status": "running", "is_shared": False, "canceled": False, "project_id": project}
    for number in range(ROWS // 100):
        parent = ident(f"search sequence {number}")
        name = f"SQ{number:03}"
        yield {"id": parent, "name": name, "entity_type_id": types["Sequence"], **same}
        for place in range(99):
            text, level = TEXTS[place % len(TEXTS)], ("easy", "medium", "hard")[place % 3]
            row = {
                "id": ident(f"search {number} {place}"),
                "description": text,
                "data": {"level": level, "weather": ("sunny", "foggy")[place % 2]},
                **same,
            }
            if place % 2:
                shot = {"name": f"SH{place * 10:04}", "parent_id": parent}
                yield row | shot | {"entity_type_id": types["Shot"]}
            else:
                name = f"{PROPS[(place // 2 + number) % len(PROPS)]}_{number * 99 + place}"
                yield row | {"name": name, "entity_type_id": types["Character"]}


def people() -> Iterator[dict[str, Any]]:
    """Active people."""
    for number in range(PEOPLE):
        yield {
            "id": ident(f"searched {number}"),
            "first_name": FIRST[number % len(FIRST)],
            "last_name": f"{LAST[number // len(FIRST) % len(LAST)]} {number}",
            "email": f"searched{number}@example.com",
            "role": "user",
            "active": True,
            "contract_type": "open-ended",
            "is_bot": False,
        }


def searching(bench: Bench, who: Caller, name: str) -> None:
    """Measure the questions; notes the slowest."""
    times: dict[str, list[float]] = {typed: [] for typed in QUESTIONS}
    for _ in range(ROUNDS):
        for typed, spent in times.items():
            began = time.perf_counter()
            answer = who.post("/data/search", {"query": typed, "limit": 10})
            spent.append((time.perf_counter() - began) * 1000)
            assert answer.ok, answer.text[:300]
    every = [ms for spent in times.values() for ms in spent]
    slowest = max(times, key=lambda typed: statistics.median(times[typed]))
    title = f"search in {ROWS} entities, {name}"
    bench.note(f"{title}, p50", statistics.median(every), "ms", "time", None)
    bench.note(f"{title}, p95", statistics.quantiles(every, n=20)[-1], "ms", "time", P95_MS)
    worst = statistics.median(times[slowest])
    bench.note(f"{title}: {slowest}", worst, "ms", "time", None)


@contextmanager
def without_index(cursor: Any) -> Iterator[None]:
    """No index is kept meanwhile."""
    cursor.execute(
        "ALTER TABLE entity DISABLE TRIGGER search_added, DISABLE TRIGGER search_changed"
    )
    try:
        yield
    finally:
        cursor.execute(
            "ALTER TABLE entity ENABLE ALWAYS TRIGGER search_added, "
            "ENABLE ALWAYS TRIGGER search_changed"
        )


def writing(bench: Bench, admin: Caller, cursor: Any) -> None:
    """Measure creations and changes of assets, with the index and without, by turns."""
    world = bench.world
    path = f"/data/projects/{world.project}/asset-types/{world.types['Character']}/assets/new"
    made: list[str] = []

    def create() -> None:
        body = {"name": f"Made {len(made)}", "description": TEXTS[0], "data": {"level": "hard"}}
        made.append(admin.post(path, body).json()["id"])

    def change() -> None:
        body = {"description": f"{TEXTS[1]} {time.perf_counter_ns()}"}
        assert admin.put(f"/data/entities/{made[0]}", body).ok

    for title, write in (("create an asset", create), ("change an asset", change)):
        kept, bare = [], []
        for _ in range(ROUNDS):
            kept += _spent(write)
            with without_index(cursor):
                bare += _spent(write)
        more = statistics.median(kept) - statistics.median(bare)
        share = 100 * more / statistics.median(kept)
        bench.note(f"{title}: the index's share", share, "%", "plain", SHARE)


def renaming(bench: Bench, admin: Caller) -> None:
    """Measure a new name of the type of half of all entities, found by it at once."""
    path = f"/data/entity-types/{bench.world.types['Character']}"
    times = []
    for number in range(ROUNDS):
        began = time.perf_counter()
        assert admin.put(path, {"name": f"Puppet {number}"}).ok
        times.append((time.perf_counter() - began) * 1000)
        found = admin.post("/data/search", {"query": f"puppet {number}"}).json()
        assert found["assets"], number
    bench.note("a new name of a type", statistics.median(times), "ms", "time", None)


def _spent(write: Callable[[], None]) -> list[float]:
    times = []
    for _ in range(WRITES):
        began = time.perf_counter()
        write()
        times.append((time.perf_counter() - began) * 1000)
    return times


def search(bench: Bench) -> None:
    """Fill a studio, then search in it as an administrator and as an artist, and write."""
    world = bench.world = World()
    world.tables["entity"] += entities(world)
    world.tables["person"] += people()
    bench.system.load(world.tables)
    connection = psycopg2.connect(bench.system.parts.urls["assets"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE entity, search_entry, search_word")
        for name in ("admin", "artist"):
            who = bench.system.caller(world.people[name])
            who.session.hooks["response"].clear()  # what checks the types of answers isn't measured
            searching(bench, who, name)
        admin = bench.system.caller(world.admin)
        writing(bench, admin, cursor)
        renaming(bench, admin)
    connection.close()
