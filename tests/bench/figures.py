"""Figures and schedules of a production with 50,000 tasks on 10,000 shots of a series.

Each shot has a task of five types; each of these one or two assignees of 60, and half of them three
rows of time spent. Their dates spread over a year. Each task has two previews.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import psycopg2

from tests.bench.production import timed
from tests.running import until
from tests.world import World

if TYPE_CHECKING:
    from tests.bench.__main__ import Bench

SHOTS, SEQUENCES, EPISODES, KINDS, PEOPLE = 10_000, 500, 20, 5, 60
TIMES: Final = 7
#: Milliseconds, at yardstick 390.
ANY_MS, UNCHANGED_MS = 150, 5
COPY_MS, APPLY_MS = 2_000, 4_000
VERSIONS: Final = "production-schedule-versions"
STATUSES: Final = {"todo": "", "wip": "is_wip", "retake": "is_retake", "done": "is_done"}
#: Made by the databases: the same ids in both, from the same texts.
ENTITIES: Final = """
INSERT INTO entity (id, name, project_id, entity_type_id, parent_id, nb_frames, status, is_shared)
SELECT md5('episode ' || n)::uuid, 'E' || n, %(project)s::uuid, %(Episode)s::uuid, NULL::uuid,
  NULL::integer, 'running', false
FROM generate_series(1, %(episodes)s) AS n
UNION ALL
SELECT md5('sequence ' || n)::uuid, 'Q' || n, %(project)s, %(Sequence)s,
  md5('episode ' || 1 + n %% %(episodes)s)::uuid, NULL, 'running', false
FROM generate_series(1, %(sequences)s) AS n
UNION ALL
SELECT md5('shot ' || n)::uuid, 'P' || n, %(project)s, %(Shot)s,
  md5('sequence ' || 1 + n %% %(sequences)s)::uuid, n %% 200, 'running', false
FROM generate_series(1, %(shots)s) AS n
"""
TASKS: Final = """
INSERT INTO task (id, name, project_id, task_type_id, task_status_id, entity_id, difficulty,
  duration, nb_drawings, retake_count, real_start_date, end_date, done_date)
SELECT md5('task ' || n || ' ' || k)::uuid, 'main', %(project)s, (%(kinds)s::uuid[])[k],
  (%(statuses)s::uuid[])[1 + (n + k) %% cardinality(%(statuses)s::uuid[])],
  md5('shot ' || n)::uuid, 3, CASE n %% 2 WHEN 0 THEN 900 ELSE 0 END, n %% 30, n %% 4, began,
  began + (1 + n %% 20) * interval '15 hours', began + (1 + n %% 20) * interval '17 hours'
FROM generate_series(1, %(shots)s) AS n, generate_series(1, cardinality(%(kinds)s::uuid[])) AS k,
  LATERAL (SELECT timestamp '2025-02-01' + (n * 7 + k * 31) %% 8000 * interval '1 hour' AS began)
"""
ASSIGNEES: Final = """
INSERT INTO task_person_link (task_id, person_id)
SELECT md5('task ' || n || ' ' || k)::uuid,
  (%(people)s::uuid[])[1 + (n + k * 11 + one * 17) %% cardinality(%(people)s::uuid[])]
FROM generate_series(1, %(shots)s) AS n, generate_series(1, cardinality(%(kinds)s::uuid[])) AS k,
  generate_series(0, (n %% 3 = 0)::int) AS one
"""
TIME: Final = """
INSERT INTO time_spent (id, task_id, person_id, date, duration)
SELECT gen_random_uuid(), md5('task ' || n || ' ' || k)::uuid,
  (%(people)s::uuid[])[1 + (n + k * 11) %% cardinality(%(people)s::uuid[])],
  date '2025-02-01' + (n * 7 + k * 31) %% 8000 / 24 + d, 300
FROM generate_series(2, %(shots)s, 2) AS n,
  generate_series(1, cardinality(%(kinds)s::uuid[])) AS k, generate_series(0, 2) AS d
"""

PREVIEWS: Final = """
INSERT INTO preview_file (id, name, task_id, revision, status, validation_status, extension)
SELECT gen_random_uuid(), 'p' || r, md5('task ' || n || ' ' || k)::uuid, r, 'ready', 'neutral',
  (ARRAY['mp4', 'png', 'obj', 'pdf'])[1 + (n + r) %% 4]
FROM generate_series(1, %(shots)s) AS n,
  generate_series(1, cardinality(%(kinds)s::uuid[])) AS k, generate_series(1, 2) AS r
"""


def world() -> tuple[World, dict[str, Any]]:
    """The studio, and the values of the statements above."""
    made = World()
    types = {name: made.add("entity_type", name, name=name) for name in ("Episode",)}
    kinds = [
        made.add("task_type", f"k{n}", name=f"Kind {n}", for_entity="Shot", color="#aaaaaa")
        for n in range(KINDS)
    ]
    statuses = [
        made.add(
            "task_status",
            f"s {name}",
            name=name,
            short_name=f"s{name}",
            color="#123456",
            **({flag: True} if flag else {}),
        )
        for name, flag in STATUSES.items()
    ]
    return made, {
        **made.types,
        **types,
        "project": made.project,
        "kinds": kinds,
        "statuses": statuses,
        "people": [made.person(f"p{n}", "user") for n in range(PEOPLE)],
        "shots": SHOTS,
        "sequences": SEQUENCES,
        "episodes": EPISODES,
    }


def fill(urls: Mapping[str, str], values: Mapping[str, Any]) -> None:
    """Make the production's rows."""
    made = {"assets": (ENTITIES,), "tasks": (TASKS, ASSIGNEES, TIME, PREVIEWS)}
    for service, statements in made.items():
        connection = psycopg2.connect(urls[service])
        connection.autocommit = True  # VACUUM runs in no transaction
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement, values)
            cursor.execute("VACUUM ANALYZE")
        connection.close()


def paths(values: Mapping[str, Any]) -> dict[str, str]:
    """What is measured, by the name of its figure."""
    project, kind, person = values["project"], values["kinds"][0], values["people"][0]
    of_type = f"/data/projects/{project}/quotas/{kind}"
    of_person = f"/data/projects/{project}/quotas/persons/{person}"
    shots = f"/data/persons/{person}/quota-shots"
    modes = ("weighted", "weighteddone", "feedback", "done")
    return {
        **{f"quotas of a task type, {mode}": f"{of_type}?count_mode={mode}" for mode in modes},
        **{f"quotas of a person, {mode}": f"{of_person}?count_mode={mode}" for mode in modes},
        "shots of a month": f"{shots}/month/2025/06?project_id={project}",
        "statistics of episodes": f"/data/projects/{project}/episodes/stats",
        "statistics of retakes": f"/data/projects/{project}/episodes/retake-stats",
        "statistics of the studio": "/stats",
    }


def figures(bench: Bench) -> None:
    """Measure each figure of the production, and the 304 that follows."""
    bench.world, values = world()
    bench.system.load(bench.world.tables)
    fill(bench.system.parts.urls, values)
    admin = bench.admin = bench.system.caller(bench.world.admin)
    admin.session.hooks["response"].clear()  # what checks the type of each answer is not measured
    for name, path in paths(values).items():
        first = admin.get(path)
        assert len(first.content) > len("[]"), path
        bench.note(name, timed(lambda path=path: admin.get(path), TIMES), "ms", "time", ANY_MS)
        if "shots" in name:
            continue  # it is of few rows, and always made
        held = {"If-None-Match": first.headers["ETag"]}
        assert admin.get(path, headers=held).status_code == 304
        again = timed(lambda path=path, held=held: admin.get(path, headers=held), 40)
        bench.note(f"{name}, unchanged (304)", again, "ms", "time", UNCHANGED_MS)
    schedules(bench)


def schedules(bench: Bench) -> None:
    """Measure copies of the production's schedule, and giving one back to it."""
    copy = "set-task-links-from-production"
    made = [
        bench.admin.post(f"/data/{VERSIONS}", {"name": n, "project_id": bench.world.project}).json()
        for n in ("Plan", "Copy")
    ]
    plan, other = (row["id"] for row in made)
    source = {"production_schedule_version_id": plan}
    calls: dict[str, tuple[str, str, Any]] = {
        "a schedule from the production": (plan, copy, {}),
        "the same again": (plan, copy, {}),
        "a schedule from another": (other, f"{copy}-schedule-version", source),
    }
    for name, (version, verb, body) in calls.items():
        path = f"/actions/{VERSIONS}/{version}/{verb}"
        spent = timed(lambda p=path, b=body: bench.admin.post(p, b), 1)
        bench.note(name, spent, "ms", "time", COPY_MS)
    with closing(psycopg2.connect(bench.system.parts.urls["tasks"])) as connection:
        connection.autocommit = True
        bench.note("a schedule applied", _applied(bench, connection, plan), "ms", "time", APPLY_MS)
        began = time.perf_counter()
        until(lambda: not _counted(connection, "outbox"), 120, "the events")
        bench.note(
            "its events published after", (time.perf_counter() - began) * 1000, "ms", "time", None
        )


def _applied(bench: Bench, connection: Any, version: str) -> float:
    """Milliseconds until a version's tasks have its dates, committed together with their events."""
    began = time.perf_counter()
    assert bench.admin.post(f"/actions/{VERSIONS}/{version}/apply-to-production", {}).ok
    until(lambda: _counted(connection, "outbox"), 120, "the tasks")
    return (time.perf_counter() - began) * 1000


def _counted(connection: Any, table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])
