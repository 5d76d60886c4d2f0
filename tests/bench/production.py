"""A large production: castings, views with tasks, comments, and a mixed load."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any, Final

from tests.world import World, ident

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.__main__ import Bench

SHOTS, ASSETS, KINDS, SEQUENCES = 5_000, 500, 10, 50
CAST: Final = 10
COMMENTERS: Final = 8
PEOPLE: Final = 5


def fill(bench: Bench) -> None:
    """Create 5,000 shots in 50 sequences, each with ten tasks and ten cast assets."""
    world = bench.world = World()
    common = {"project_id": world.project, "status": "running", "is_shared": False}
    shot, sequence, character = (world.types[n] for n in ("Shot", "Sequence", "Character"))
    kinds = [
        world.add("task_type", f"kind {n}", name=f"Kind {n}", for_entity="Shot", color="#aaaaaa")
        for n in range(KINDS)
    ]
    assets = [
        world.add("entity", f"a{n}", name=f"Asset {n:04d}", entity_type_id=character, **common)
        for n in range(ASSETS)
    ]
    for number in range(SEQUENCES):
        world.add("entity", f"q{number}", name=f"Q{number:03d}", entity_type_id=sequence, **common)
    for number in range(SHOTS):
        parent = ident(f"entity q{number % SEQUENCES}")
        one = world.add(
            "entity",
            f"b{number}",
            name=f"SH{number:05d}",
            entity_type_id=shot,
            parent_id=parent,
            nb_frames=number % 200,
            data={"frame_in": 1001, "frame_out": 1100},
            **common,
        )
        for kind in kinds:
            world.add(
                "task",
                f"{number} {kind}",
                name="main",
                project_id=world.project,
                task_type_id=kind,
                task_status_id=world.status,
                entity_id=one,
                assigner_id=world.people["manager"],
                estimation=480,
                duration=60,
                priority=1,
                difficulty=3,
                retake_count=0,
            )
        for offset in range(CAST):
            asset = assets[(number + offset * 7) % ASSETS]
            world.add(
                "entity_link",
                f"{number} {offset}",
                entity_in_id=one,
                entity_out_id=asset,
                nb_occurences=1,
                label="fixed",
            )
    bench.system.load(world.tables)


def timed(call: Callable[[], Any], times: int = 5, pause: float = 0.0) -> float:
    """The median latency of calls in milliseconds; ``pause`` lets asynchronous work finish."""
    result = []
    for _ in range(times):
        time.sleep(pause)
        began = time.perf_counter()
        answer = call()
        result.append((time.perf_counter() - began) * 1000)
        assert answer.ok, answer.text[:300]
    return statistics.median(result)


def castings(bench: Bench) -> None:
    """Measure the castings of a production and a sequence, and replacing one."""
    admin, project = bench.admin, bench.world.project
    path = f"/data/projects/{project}/sequences"
    bench.note(
        "casting of all sequences, 50,000 links",
        timed(lambda: admin.get(f"{path}/all/casting")),
        "ms",
        "time",
        600,
    )
    one = f"{path}/{ident('entity q3')}/casting"
    bench.note(
        "casting of a sequence of 100 shots", timed(lambda: admin.get(one), 20), "ms", "time", 30
    )
    shot = f"/data/projects/{project}/entities/{ident('entity b7')}/casting"
    bodies = [
        [{"asset_id": ident(f"entity a{n + turn}"), "nb_occurences": 1} for n in range(20)]
        for turn in range(40)
    ]
    turns = iter(bodies)
    spent = timed(lambda: admin.put(shot, next(turns)), 40, pause=0.1)
    bench.note("replace a casting of 20 assets, p50", spent, "ms", "time", 25)


def views(bench: Bench) -> None:
    """Measure all shots with tasks, the 304 that follows, and the memory used."""
    admin = bench.admin
    path = f"/data/shots/with-tasks?project_id={bench.world.project}"
    admin.get(path)
    before = bench.memory("gateway", "assets", "tasks", peak=False)
    with bench.others() as meanwhile:
        spent = timed(lambda: admin.get(path))
    grown = bench.memory("gateway", "assets", "tasks", peak=True) - before
    response = admin.get(path)
    bench.note("5,000 shots with 50,000 tasks", spent, "ms", "time", 600)
    bench.note("the same, JSON", len(response.content) / 2**20, "MiB", "plain", None)
    bench.note("the same, memory of three processes", grown / 2**20, "MiB", "plain", 60)
    meanwhile.sort()
    bench.note(
        "others meanwhile, p95", meanwhile[int(len(meanwhile) * 0.95)] * 1000, "ms", "time", 50
    )
    bench.note(
        "the same, compact lines",
        timed(lambda: admin.get(path + "&compact=true&stream=true")),
        "ms",
        "time",
        None,
    )
    held = {"If-None-Match": response.headers["ETag"]}
    again = timed(lambda: admin.get(path, headers=held), 40)
    assert admin.get(path, headers=held).status_code == 304
    bench.note("the same again, unchanged (304)", again, "ms", "time", 5)


def comments(bench: Bench) -> None:
    """Measure status-changing comments that notify five people, from eight concurrent callers."""
    world = bench.world
    other = bench.admin.post(
        "/data/task-status",
        {
            "name": "Work",
            "short_name": "wip2",
            "color": "#123456",
            "is_wip": True,
        },
    ).json()["id"]
    tasks = [ident(f"task {n} {ident('task_type kind 0')}") for n in range(COMMENTERS)]
    people = [p for name, p in world.people.items() if name != "admin"][:PEOPLE]
    for task in tasks:
        assert bench.admin.put(f"/data/tasks/{task}", {"assignees": people}).ok

    plans = [
        [
            ["POST", f"/actions/tasks/{task}/comment", {"task_status_id": one, "comment": "Better"}]
            for one in (other, world.status)
        ]
        for task in tasks
    ]
    alone, together = bench.play(plans[:1]), bench.play(plans)
    bench.note("comment with status, 5 to notify, p50", alone["p50"], "ms", "time", 20)
    bench.note("comments, 8 callers at once", together["rate"], "/s", "rate", 200)
    bench.note("the same, p95", together["p95"], "ms", "time", None)
    busy = f"/data/tasks/{tasks[0]}/comments"
    bench.note(
        "the comments of that task", timed(lambda: bench.admin.get(busy), 10), "ms", "time", 60
    )
    page = f"/data/projects/{world.project}/comments?page=1&limit=100"
    bench.note(
        "a page of the production's comments",
        timed(lambda: bench.admin.get(page), 10),
        "ms",
        "time",
        50,
    )


def mixed_day(bench: Bench) -> None:
    """Measure a mixed load: seven row reads, two lists of a hundred rows and a write, repeated."""
    project = bench.world.project
    plans = []
    for caller in range(COMMENTERS):
        shots = [ident(f"entity b{caller * 100 + n}") for n in range(10)]
        kinds = [ident(f"task_type kind {n % KINDS}") for n in range(10)]
        tasks = [ident(f"task {caller * 100 + n} {kind}") for n, kind in enumerate(kinds)]
        reads = [["GET", f"/data/entities/{shot}"] for shot in shots[:3]]
        reads += [["GET", f"/data/tasks/{task}"] for task in tasks[:2]]
        reads += [["GET", f"/data/projects/{project}"], ["GET", f"/data/task-types/{kinds[0]}"]]
        lists = [
            ["GET", f"/data/entities?project_id={project}&page={caller + 1}&limit=100"],
            ["GET", f"/data/tasks?project_id={project}&page={caller + 1}&limit=100"],
        ]
        writes = [
            ["PUT", f"/data/tasks/{task}", {"priority": n % 3}] for n, task in enumerate(tasks)
        ]
        plans.append(
            [
                request
                for write in writes
                for request in (*reads[:4], lists[0], *reads[4:], lists[1], write)
            ]
        )
    figures = bench.play(plans)
    bench.note("a mixed day, 8 callers", figures["rate"], "/s", "rate", 700)
    bench.note("the same, p99", figures["p99"], "ms", "time", 60)


def production(bench: Bench) -> None:
    """Run all benchmarks of a large production."""
    fill(bench)
    castings(bench)
    views(bench)
    comments(bench)
    mixed_day(bench)
