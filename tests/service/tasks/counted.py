"""Random work on a production, and what its quotas are, said once more in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from tests.desk import Desk

ZONES: Final = ("Europe/Paris", "America/Los_Angeles", "Asia/Tokyo")
FIRST: Final = datetime(2025, 12, 18, tzinfo=UTC)
PEOPLE: Final = ("artist", "colleague", "supervisor", "hired")
SATURDAY: Final = 5
SCALES: Final = ("day", "week", "month", "year")


class Part(NamedTuple):
    """What counts on one day for one key."""

    key: str
    day: date
    frames: int
    drawings: int
    tasks: Fraction


@dataclass
class Counting:
    """What is asked."""

    mode: str
    by: str
    zone: str = "Europe/Paris"
    person: str | None = None
    kind: str | None = None
    studio: frozenset[str] | None = None


def work(desk: Desk, seed: int, tasks: int = 60) -> None:
    """Tasks with any dates, assignees and time spent, on shots and on what is none."""
    chance = Random(seed)
    kinds = [desk.kinds["animation"], desk.add("task_type", "layout", name="L", for_entity="Shot")]
    shots = [
        desk.entity(f"X{n}", "Shot", parent_id=desk.opening, nb_frames=chance.choice((None, n * 7)))
        for n in range(12)
    ]
    desk.tables["time_spent"] = []
    for number in range(tasks):
        entity = chance.choice([*shots, desk.prop])
        people = chance.sample(PEOPLE, chance.choice((0, 1, 1, 2, 3)))
        began = FIRST + timedelta(hours=chance.randrange(24 * 25))
        ended = began + timedelta(hours=chance.choice((-30, 0, 5, 24, 80, 200, 500)))
        done = ended + timedelta(hours=chance.randrange(200))
        task = desk.add(
            "task",
            f"counted {number}",
            name=f"n{number}",
            project_id=desk.project,
            difficulty=3,
            entity_id=entity,
            task_type_id=chance.choice(kinds),
            task_status_id=chance.choice([*desk.statuses.values()]),
            retake_count=chance.choice((None, 0, 1, 2, 4)),
            nb_drawings=chance.choice((None, 0, 5, 12)),
            duration=0.0,
            real_start_date=_maybe(chance, began),
            end_date=_maybe(chance, ended),
            done_date=_maybe(chance, done),
        )
        for name in people:
            desk.link("task_person_link", task_id=task, person_id=desk.people[name])
        if chance.random() < 0.5:
            _log(desk, chance, task, began)


def _maybe(chance: Random, moment: datetime) -> str | None:
    return moment.replace(tzinfo=None).isoformat() if chance.random() < 0.8 else None


def _log(desk: Desk, chance: Random, task: str, began: datetime) -> None:
    for name in chance.sample(PEOPLE, 2):
        for offset in chance.sample(range(20), chance.randrange(1, 4)):
            day = (began + timedelta(days=offset)).date().isoformat()
            minutes = chance.choice((60.0, 100.0, 240.0, 480.0))
            work = {"task_id": task, "person_id": desk.people[name], "date": day}
            desk.add("time_spent", f"{task} {name} {day}", duration=minutes, **work)
            desk.row("task", task)["duration"] += minutes
    if chance.random() < 0.1:
        desk.row("task", task)["duration"] = 0.0


def parts(desk: Desk, asked: Counting) -> Iterator[Part]:
    """Every contribution."""
    frames = {
        row["id"]: row.get("nb_frames") or 0
        for row in desk.tables["entity"]
        if row["entity_type_id"] == desk.types["Shot"]
    }
    for task in desk.tables["task"]:
        ended = task.get("done_date" if asked.mode.endswith("done") else "end_date")
        people = [
            link["person_id"]
            for link in desk.tables["task_person_link"]
            if link["task_id"] == task["id"]
        ]
        if task["entity_id"] not in frames or not ended:
            continue
        if asked.kind not in {None, task["task_type_id"]}:
            continue
        if asked.studio is not None and not asked.studio & set(people):
            continue
        for person, part in _of_task(
            desk,
            task,
            ended=ended,
            people=people,
            frames=frames[task["entity_id"]],
            asked=asked,
        ):
            if asked.person in {None, person}:
                yield part._replace(key=person if asked.by == "person" else task["task_type_id"])


def _of_task(
    desk: Desk,
    task: dict[str, Any],
    *,
    ended: str,
    people: list[str],
    frames: int,
    asked: Counting,
) -> Iterator[tuple[str, Part]]:
    drawings = task.get("nb_drawings") or 0
    until = datetime.fromisoformat(ended).replace(tzinfo=UTC).astimezone(ZoneInfo(asked.zone))
    if not asked.mode.startswith("weighted"):
        for person in people:
            yield person, Part("", until.date(), frames, drawings, Fraction(1))
        return
    logged = [row for row in desk.tables["time_spent"] if row["task_id"] == task["id"]]
    for row in logged if task["duration"] else ():
        share = row["duration"] / task["duration"]
        day, exact = (
            date.fromisoformat(row["date"]),
            Fraction(row["duration"]) / Fraction(task["duration"]),
        )
        yield row["person_id"], Part("", day, round(frames * share), round(drawings * share), exact)
    if logged or not task.get("real_start_date"):
        return
    start = datetime.fromisoformat(task["real_start_date"]).replace(tzinfo=UTC)
    whole = (until.astimezone(UTC) - start).days
    first = start.astimezone(ZoneInfo(asked.zone)).date()
    days = [first + timedelta(days=n) for n in range(whole + 1)]
    length = 1 + sum(day.weekday() < SATURDAY for day in days[1:])
    for day in days:
        if day.weekday() < SATURDAY:
            for person in people:
                share = Fraction(1, length)
                yield person, Part("", day, round(frames / length), round(drawings / length), share)


def label(day: date, scale: str) -> str:
    """The period of a day."""
    year, week, _ = day.isocalendar()
    return {
        "day": day.isoformat(),
        "week": f"{year}-{week}",
        "month": day.isoformat()[:7],
        "year": day.isoformat()[:4],
    }[scale]


def quotas(desk: Desk, asked: Counting, fps: float = 25.0) -> dict[str, Any]:
    """The answer."""
    answer: dict[str, Any] = {}
    days: dict[tuple[str, str], set[str]] = defaultdict(set)
    for part in parts(desk, asked):
        for key in (part.key, "total"):
            for scale in SCALES:
                figures = answer.setdefault(key, {}).setdefault(
                    scale, {"frames": {}, "drawings": {}, "count": {}, "seconds": {}, "entries": {}}
                )
                when = label(part.day, scale)
                for name, value in zip(("frames", "drawings", "count"), part[2:], strict=True):
                    figures[name][when] = figures[name].get(when, 0) + value
                figures["seconds"][when] = figures["frames"][when] / fps
                days[key, scale].add(when)
    for (key, scale), labels in days.items():
        for when in labels:
            within = when[:7] if scale == "day" else when[:4]
            entries = answer[key][scale]["entries"]
            entries[within] = entries.get(within, 0) + 1
    for quota in answer.values():
        del quota["year"]["entries"]
    return answer


def same(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Whether the answers agree; counts of shares are exact to two decimals."""
    assert found.keys() == expected.keys()
    for key, quota in expected.items():
        for scale, figures in quota.items():
            shown = found[key][scale]
            assert shown.keys() == figures.keys()
            for name in figures.keys() - {"count"}:
                assert shown[name] == figures[name], (key, scale, name)
            assert shown["count"].keys() == figures["count"].keys()
            for when, exact in figures["count"].items():
                count = shown["count"][when]
                assert abs(Fraction(count) - exact) <= Fraction(501, 100_000), (key, scale, when)
                assert count == round(count, 2)
    return True
