"""The shots behind a figure, compared with what they mean in plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from services.common.errors import Forbidden, InvalidInput, NotFound
from tests.desk import Desk
from tests.service.one_service import FORBIDDEN, OK, OneService
from tests.service.tasks.counted import SATURDAY, work
from tests.service.tasks.test_quotas import MODES, NOWHERE, neighbours

PERIODS: Final = {
    "month": ({"year": "2026", "month": "01"}, date(2026, 1, 1), date(2026, 2, 1)),
    "december": ({"year": "2025", "month": "12"}, date(2025, 12, 1), date(2026, 1, 1)),
    "week": ({"year": "2026", "week": "1"}, date(2025, 12, 29), date(2026, 1, 5)),
    "day": (
        {"year": "2026", "month": "1", "day_of_month": "06"},
        date(2026, 1, 6),
        date(2026, 1, 7),
    ),
}
ZONE: Final = "America/Los_Angeles"


@pytest.fixture
def counted(tasks: OneService, desk: Desk) -> OneService:
    """The service with random work."""
    work(desk, seed=11, tasks=120)
    tasks.fill(desk)

    def named(ids: list[str]) -> list[dict[str, Any]]:
        rows = [row for row in desk.tables["entity"] if row["id"] in ids]
        shots = [row for row in rows if row["entity_type_id"] == desk.types["Shot"]]
        return [
            {"full_name": row["name"], **shot_row(row)}
            for row in sorted(shots, key=lambda row: str(row["name"]))
        ]

    tasks.fakes.replies |= {**neighbours(desk, ZONE), "assets.list_named_shots": named}
    return tasks


#: What ``assets`` shows of a row: as it is in the world, and null there.
SHOWN: Final = (
    *("id", "name", "project_id", "entity_type_id", "status", "is_shared", "canceled", "data"),
    *("nb_entities_out", "is_casting_standby"),
)
NULL: Final = (
    *("code", "description", "shotgun_id", "source_id", "preview_file_id", "ready_for"),
    *("nb_frames", "parent_id", "created_by"),
)


def shot_row(row: dict[str, Any]) -> dict[str, Any]:
    """A row as ``assets`` shows it."""
    times = {name: row[name][:19] for name in ("created_at", "updated_at")}
    known = {name: row.get(name) for name in NULL}
    return {**{name: row[name] for name in SHOWN}, **known, **times, "type": "Entity"}


def listed(
    service: OneService, person: str, when: dict[str, str], who: str = "admin", **query: str
) -> list[dict[str, Any]]:
    """The shots of a person."""
    answer: list[dict[str, Any]] = service.call(
        who, "list_quota_shots", person_id=person, **when, query=query
    )
    return answer


def there(text: str) -> datetime:
    """A moment on the caller's clock."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return moment.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)


def workdays(start: datetime, days: int) -> int:
    """The start's day, and the days after it from Monday to Friday."""
    after = (start + timedelta(days=n) for n in range(1, days + 1))
    return 1 + sum(day.weekday() < SATURDAY for day in after)


def weights(desk: Desk, mode: str, first: date, after: date, **narrowed: str) -> dict[str, float]:
    """How much of each entity counts, of the artist."""
    found: dict[str, float] = {}
    for task in desk.tables["task"]:
        moment = task.get("done_date" if mode.endswith("done") else "end_date")
        if not moment or any(task[name] != value for name, value in narrowed.items()):
            continue
        entity = task["entity_id"]
        if mode.startswith("weighted"):
            shares = [*logged(desk, task, first, after), *spread(desk, task, moment, first, after)]
            if shares:
                found[entity] = found.get(entity, 0) + sum(shares)
        elif is_artists(desk, task) and first <= there(moment).date() < after:
            found[entity] = 1
    return found


def is_artists(desk: Desk, task: dict[str, Any]) -> bool:
    """Whether it is assigned to the artist."""
    link = {"task_id": task["id"], "person_id": desk.people["artist"]}
    return link in desk.tables["task_person_link"]


def logged(desk: Desk, task: dict[str, Any], first: date, after: date) -> Iterator[float]:
    """The shares of the artist's time spent."""
    person = desk.people["artist"]
    for row in desk.tables["time_spent"]:
        is_theirs = (row["task_id"], row["person_id"]) == (task["id"], person)
        if is_theirs and first <= date.fromisoformat(row["date"]) < after:
            yield round(row["duration"] / task["duration"], 2) if task["duration"] else 0


def spread(
    desk: Desk, task: dict[str, Any], moment: str, first: date, after: date
) -> Iterator[float]:
    """The part of a task without time spent that is in the period."""
    is_logged = any(row["task_id"] == task["id"] for row in desk.tables["time_spent"])
    if is_logged or not task.get("real_start_date") or not is_artists(desk, task):
        return
    begins, ends = (datetime.combine(day, time.min) for day in (first, after))
    start, end = there(task["real_start_date"]), there(moment)
    if start >= ends or end < begins:
        return
    whole = workdays(start, _days(task["real_start_date"], moment))
    inside = whole
    if start < begins and end > ends:
        inside = 1
    elif start < begins or end > ends:
        later, earlier = max(start, begins), min(end, ends)
        inside = workdays(later, (earlier - later).days)
    yield round(inside / whole, 2)


def _days(start: str, end: str) -> int:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).days


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("period", [*PERIODS])
def test_shots_are_listed_once_with_their_weight(
    counted: OneService, desk: Desk, mode: str, period: str
) -> None:
    """By name; what is no shot isn't among them."""
    when, first, after = PERIODS[period]
    expected = weights(desk, mode, first, after)
    shown = listed(counted, desk.people["artist"], when, count_mode=mode)
    assert expected
    names = [shot["full_name"] for shot in shown]
    assert names == sorted(names)
    assert {shot["id"] for shot in shown} == set(expected) - {desk.prop}
    for shot in shown:
        assert shot["weight"] == pytest.approx(expected[shot["id"]])


def test_production_and_task_type_narrow(counted: OneService, desk: Desk) -> None:
    """Empty parameters don't."""
    when, first, after = PERIODS["december"]
    kind, artist = desk.kinds["animation"], desk.people["artist"]
    expected = weights(desk, "weighted", first, after, task_type_id=kind)
    shown = listed(counted, artist, when, task_type_id=kind, project_id=desk.project)
    assert {shot["id"] for shot in shown} == set(expected) - {desk.prop}
    assert listed(counted, artist, when, project_id=desk.other_project) == []
    assert listed(counted, artist, when, project_id="") == listed(counted, artist, when)


@pytest.mark.parametrize(
    "when",
    [
        {"year": "2026", "month": "13"},
        {"year": "2026", "month": "0"},
        {"year": "0", "month": "1"},
        {"year": "10000", "month": "1"},
        {"year": "9" * 30, "month": "1"},
        {"year": "x", "month": "1"},
        {"year": "2026", "month": "2", "day_of_month": "30"},
        {"year": "9" * 30, "month": "2", "day_of_month": "3"},
        {"year": "2025", "week": "53"},
        {"year": "2025", "week": "0"},
        {"year": "9" * 30, "week": "1"},
        {"year": "9999", "week": "52"},
    ],
    ids=lambda when: "-".join(when.values()),
)
def test_impossible_dates_are_refused(
    counted: OneService, desk: Desk, when: dict[str, str]
) -> None:
    """2026 has a week 53, 2025 has none."""
    assert listed(counted, desk.people["artist"], {"year": "2026", "week": "53"}) is not None
    with pytest.raises(InvalidInput, match=r"^Invalid month or year\.$"):
        listed(counted, desk.people["artist"], when)


@pytest.mark.parametrize("mode", MODES)
def test_the_first_and_the_last_month_have_shots(
    counted: OneService, desk: Desk, mode: str
) -> None:
    """The calendar's last day has no next one."""
    for year, month in (("1", "1"), ("9999", "12")):
        when = {"year": year, "month": month}
        assert listed(counted, desk.people["artist"], when, count_mode=mode) == []


def test_bots_have_no_quotas_and_malformed_questions_no_answer(
    counted: OneService, desk: Desk
) -> None:
    """In this order: the person, the mode, the production, the rights, the date."""
    artist, month = desk.people["artist"], PERIODS["month"][0]
    for unknown in (NOWHERE, "x"):
        with pytest.raises(NotFound):
            listed(counted, unknown, month)
    with pytest.raises(InvalidInput, match="count_mode"):
        listed(counted, artist, month, "colleague", count_mode="all", project_id=NOWHERE)
    with pytest.raises(NotFound):
        listed(counted, artist, month, "colleague", project_id=NOWHERE)
    for name in ("project_id", "task_type_id"):
        with pytest.raises(InvalidInput, match="Invalid UUID value: here"):
            listed(counted, artist, month, **{name: "here"})
    with pytest.raises(Forbidden):
        listed(counted, artist, {"year": "2026", "month": "13"}, "colleague")
    desk.row("person", artist)["is_bot"] = True
    with pytest.raises(Forbidden, match="Bots"):
        listed(counted, artist, month)


def test_leads_of_a_production_see_shots_there(counted: OneService, desk: Desk) -> None:
    """Everybody their own; in all productions only administrators see those of others."""
    everybody = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
    about: dict[str, Any] = {"person_id": desk.people["artist"], **PERIODS["month"][0]}
    found = counted.outcomes(everybody, "list_quota_shots", **about)
    assert found == {**dict.fromkeys(everybody, FORBIDDEN), "admin": OK, "artist": OK}
    query = {"project_id": desk.project}
    found = counted.outcomes(everybody, "list_quota_shots", **about, query=query)
    leads = dict.fromkeys(("admin", "manager", "supervisor", "artist"), OK)
    assert found == {**dict.fromkeys(everybody, FORBIDDEN), **leads}
