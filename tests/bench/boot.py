"""Start-up of the web interface: its five requests, one after the other."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Final

from tests.world import TEAM, World

if TYPE_CHECKING:
    from tests.bench.__main__ import Bench

PERSONS, PRODUCTIONS, DESCRIPTORS = 300, 40, 10
TIMES: Final = 15


def fill(bench: Bench) -> None:
    """Create a studio with many people and open productions, each with metadata columns."""
    world = World()
    people = [world.person(f"person{n}", "user") for n in range(PERSONS - len(world.people))]
    for number in range(PRODUCTIONS - 1):
        project = world.add(
            "project",
            f"p{number}",
            name=f"Production {number:03d}",
            project_status_id=world.open,
            production_style="3d",
            fps="25",
        )
        for person in (*people[number::10], *(world.people[name] for name in TEAM)):
            world.link("project_person_link", project_id=project, person_id=person)
        for place in range(DESCRIPTORS):
            world.add(
                "metadata_descriptor",
                f"{number} {place}",
                name=f"Column {place}",
                field_name=f"column_{place}",
                data_type="string",
                entity_type="Asset",
                project_id=project,
                for_client=False,
            )
    bench.system.load(world.tables)


def boot(bench: Bench) -> None:
    """Measure config, session, context, organisation and a production's episodes, as a manager."""
    fill(bench)
    world = World()
    manager = bench.system.caller(world.people["manager"])
    calls = (
        "/config",
        "/auth/authenticated",
        "/data/user/context",
        "/data/organisations",
        f"/data/projects/{world.project}/episodes",
    )
    spent = []
    for _ in range(TIMES):
        began = time.perf_counter()
        for path in calls:
            assert manager.get(path).ok, path
        spent.append((time.perf_counter() - began) * 1000)
    context = manager.get("/data/user/context").json()
    assert (len(context["persons"]), len(context["projects"])) == (PERSONS, PRODUCTIONS)
    name = f"boot of the web interface, {PERSONS} persons, {PRODUCTIONS} productions"
    bench.note(name, statistics.median(spent), "ms", "time", 120)
