"""Statistics of episodes, compared with what they mean in plain Python, and of the studio."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from tests.desk import Desk
from tests.service.one_service import FORBIDDEN, NOT_FOUND, OK, OneService
from tests.service.tasks.counted import work

NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
EVERYBODY: Final = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
STATS, RETAKES = "list_episode_stats", "list_retake_stats"
NOT_MODIFIED: Final = 304
Row = dict[str, Any]


@pytest.fixture
def counted(tasks: OneService, desk: Desk) -> OneService:
    """The service with random work in two episodes."""
    work(desk, seed=23, tasks=90)
    second = desk.entity("S02", "Sequence", parent_id=desk.next_episode)
    loose = desk.entity("S03", "Sequence")
    for number, row in enumerate(desk.tables["entity"]):
        if row["name"].startswith("X"):
            row["parent_id"] = (desk.opening, second, loose)[number % 3]
    desk.tables["task"][-1]["task_status_id"] = None
    tasks.fill(desk)
    tasks.fakes.replies |= {
        "assets.list_frames_by_episode": lambda project_id: facts(desk, project_id),
        "crud.read_counting_facts": {"fps": "25", "is_client_stats_visible": True},
        **{f"{name}.read_change_version": 1 for name in ("assets", "crud")},
    }
    return tasks


def episode_of(desk: Desk, entity: str) -> str | None:
    """The parent of an entity's parent."""
    parent = desk.row("entity", entity).get("parent_id")
    above: str | None = desk.row("entity", parent).get("parent_id") if parent else None
    return above


def facts(desk: Desk, project: str) -> dict[str, str]:
    """What ``assets`` tells."""
    rows = [
        (row["id"], "NULL" if row.get("nb_frames") is None else str(row["nb_frames"]), episode)
        for row in desk.tables["entity"]
        if row["project_id"] == project and (episode := episode_of(desk, row["id"]))
    ]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    texts = (f"{{{','.join(column)}}}" for column in columns)
    return dict(zip(("ids", "frames", "episodes"), texts, strict=True))


def groups(desk: Desk, person: str | None = None) -> Iterator[tuple[str, str, Row, Row]]:
    """Each counted task with the entries that it is in, its status, and its sums."""
    frames = {row["id"]: row.get("nb_frames") or 0 for row in desk.tables["entity"]}
    for task in desk.tables["task"]:
        episode = episode_of(desk, task["entity_id"])
        mine = {"task_id": task["id"], "person_id": person} in desk.tables["task_person_link"]
        if not episode or not task["task_status_id"] or not (person is None or mine):
            continue
        status = desk.row("task_status", task["task_status_id"])
        for one in (episode, "all"):
            for kind in (task["task_type_id"], "all"):
                yield one, kind, task, {**status, "frames": frames[task["entity_id"]]}


def plus(total: Row, task: Row, status: Row) -> None:
    """Add a task to a sum."""
    total["count"] += 1
    total["frames"] += status["frames"]
    total["drawings"] += task.get("nb_drawings") or 0


def nothing() -> Row:
    """The sum of no tasks."""
    return {"count": 0, "frames": 0, "drawings": 0}


def by_status(desk: Desk, person: str | None = None) -> Row:
    """The statistics by status."""
    answer: Row = {}
    for episode, kind, task, status in groups(desk, person):
        entry = answer.setdefault(episode, {}).setdefault(kind, {})
        named = {"name": status["short_name"], "color": status["color"], **nothing()}
        plus(entry.setdefault(status["id"], named), task, status)
    return answer


def take(tasks: list[tuple[Row, Row]], number: int | None = None) -> Row:
    """How tasks stand, or stood at a take."""
    sums: Row = {"done": nothing(), "retake": nothing(), "other": nothing()}
    for task, status in tasks:
        if number is not None and (task["retake_count"] or 0) >= number:
            stands = "retake"
        elif status.get("is_done"):
            stands = "done"
        else:
            stands = "retake" if number is None and status.get("is_retake") else "other"
        plus(sums[stands], task, status)
    return sums


def by_retake(desk: Desk, person: str | None = None) -> Row:
    """The statistics of retakes."""
    entries: dict[tuple[str, str], list[tuple[Row, Row]]] = {("all", "all"): []}
    for episode, kind, task, status in groups(desk, person):
        entries.setdefault((episode, kind), []).append((task, status))
    answer: Row = {}
    for (episode, kind), tasks in entries.items():
        most = max((task["retake_count"] or 0 for task, _ in tasks), default=0)
        takes = range(1, most + 1) if episode != "all" else ()
        answer.setdefault(episode, {})[kind] = {
            "max_retake_count": most,
            **take(tasks),
            "evolution": {str(number): take(tasks, number) for number in takes},
        }
    return answer


def stats(service: OneService, method: str, who: str = "admin") -> Any:
    """The statistics of the production."""
    return service.call(who, method, project_id=service.world.project)


@pytest.mark.parametrize(("method", "meaning"), [(STATS, by_status), (RETAKES, by_retake)])
def test_tasks_in_episodes_are_counted(
    counted: OneService, desk: Desk, method: str, meaning: Callable[..., Row]
) -> None:
    """By episode and task type; a vendor's figures are of their own tasks."""
    expected = meaning(desk)
    assert set(expected) == {desk.episode, desk.next_episode, "all"}
    assert stats(counted, method) == stats(counted, method, "artist") == expected
    own = meaning(desk, desk.people["hired"])
    assert own["all"]["all"] not in ({}, expected["all"]["all"])
    assert stats(counted, method, "hired") == own


def test_nothing_counted_is_empty_or_zero(counted: OneService, desk: Desk) -> None:
    """Also for a vendor without tasks there."""
    none = {"max_retake_count": 0, **take([]), "evolution": {}}
    assert (stats(counted, STATS, "vendor"), stats(counted, RETAKES, "vendor")) == (
        {},
        {"all": {"all": none}},
    )
    counted.fakes.replies["assets.list_frames_by_episode"] = dict.fromkeys(
        ("ids", "frames", "episodes"), "{}"
    )
    assert (stats(counted, STATS), stats(counted, RETAKES)) == ({}, {"all": {"all": none}})


def test_a_mistyped_count_makes_no_million_takes(counted: OneService, desk: Desk) -> None:
    """It is told, but not shown take by take."""
    mistyped = desk.row("task", desk.animation_task)
    mistyped["retake_count"] = 2_000_000_000
    counted.fill(desk)
    retakes = stats(counted, RETAKES)[desk.episode]["all"]
    assert retakes["max_retake_count"] == mistyped["retake_count"]
    assert len(retakes["evolution"]) == 1000


def test_clients_see_statistics_where_the_production_says_so(counted: OneService) -> None:
    """Those of retakes never."""
    where = {"project_id": counted.world.project}
    team = {**dict.fromkeys(EVERYBODY, OK), "stranger": FORBIDDEN}
    assert counted.outcomes(EVERYBODY, STATS, **where) == team
    closed = team | {"client": FORBIDDEN}
    assert counted.outcomes(EVERYBODY, RETAKES, **where) == closed
    settings = counted.fakes.replies["crud.read_counting_facts"]
    for shown, expected in ((None, team), (False, closed)):
        settings["is_client_stats_visible"] = shown
        assert counted.outcomes(EVERYBODY, STATS, **where) == expected
    for method in (STATS, RETAKES):
        nowhere = counted.outcomes(EVERYBODY, method, project_id=NOWHERE)
        assert set(nowhere.values()) == {NOT_FOUND}


@pytest.mark.parametrize("method", [STATS, RETAKES])
def test_unchanged_statistics_are_not_counted_again(
    counted: OneService, desk: Desk, method: str
) -> None:
    """After a change here or elsewhere they are."""
    where = {"project_id": desk.project}
    tag = counted.answer("manager", method, **where).headers["etag"]
    assert counted.answer("manager", method, match=tag, **where).status == NOT_MODIFIED
    change = {"task_status_id": desk.statuses["done"]}
    counted.call("admin", "update_row", path="tasks", ident=desk.animation_task, data=change)
    fresh = counted.answer("manager", method, match=tag, **where)
    assert fresh.status != NOT_MODIFIED
    for name in ("assets", "crud"):
        counted.fakes.replies[f"{name}.read_change_version"] = 2
        tag = fresh.headers["etag"]
        fresh = counted.answer("manager", method, match=tag, **where)
        assert fresh.status != NOT_MODIFIED


def test_administrators_count_the_studio(counted: OneService, desk: Desk) -> None:
    """Previews by extension, and all comments."""
    desk.tables["preview_file"] = []
    for number, extension in enumerate(("mp4", "png", "png", "obj", "pdf", None)):
        name = f"p{number}"
        row = {"revision": number, "status": "ready", "position": 1, "extension": extension}
        desk.add("preview_file", name, name=name, task_id=desk.task, **row)
    for number in range(4):
        desk.add_comment(f"more {number}", "artist")
    counted.fill(desk)
    assert counted.call("admin", "show_studio_stats") == {
        "number_of_video_previews": 1,
        "number_of_picture_previews": 2,
        "number_of_model_previews": 1,
        "number_of_comments": len(desk.tables["comment"]),
    }
    found = counted.outcomes(EVERYBODY, "show_studio_stats")
    assert found == {**dict.fromkeys(EVERYBODY, FORBIDDEN), "admin": OK}
