"""Quotas of a production, compared with what they mean in plain Python."""

from __future__ import annotations

import itertools
from typing import Any, Final

import pytest

from services.common.errors import Forbidden, InvalidInput, NotFound
from tests.desk import Desk
from tests.service.one_service import FORBIDDEN, NOT_FOUND, OK, OneService
from tests.service.tasks.counted import PEOPLE, ZONES, Counting, quotas, same, work
from tests.world import ident

MODES: Final = ("weighted", "weighteddone", "feedback", "done")
NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
NOT_MODIFIED: Final = 304


@pytest.fixture
def counted(tasks: OneService, desk: Desk) -> OneService:
    """The service with random work, and neighbours that know the people and the shots."""
    work(desk, seed=7)
    for name in ("artist", "hired"):
        desk.row("person", desk.people[name])["studio_id"] = desk.studio
    tasks.fill(desk)
    tasks.fakes.replies |= neighbours(desk)
    return tasks


def neighbours(desk: Desk, zone: str = "Europe/Paris", fps: str | None = "25") -> dict[str, Any]:
    """What the other services tell."""

    def people(person_id: str | None, studio_id: str | None = None) -> dict[str, Any]:
        found = {row["id"]: row for row in desk.tables["person"]}
        studio = [key for key, row in found.items() if row.get("studio_id") == studio_id]
        is_bot = found[person_id]["is_bot"] if person_id in found else None
        return {"time_zone": zone, "is_bot": is_bot, "studio": studio if studio_id else None}

    def shots(project_id: str) -> dict[str, str]:
        rows = [
            row
            for row in desk.tables["entity"]
            if (row["project_id"], row["entity_type_id"]) == (project_id, desk.types["Shot"])
        ]
        frames = ("NULL" if row.get("nb_frames") is None else row["nb_frames"] for row in rows)
        ids = ",".join(row["id"] for row in rows)
        return {"ids": f"{{{ids}}}", "frames": f"{{{','.join(map(str, frames))}}}"}

    def project(project_id: str) -> Any:
        known = {row["id"] for row in desk.tables["project"]}
        settings = {"fps": fps, "is_client_stats_visible": True}
        return settings if project_id in known else NotFound()

    return {
        "auth.read_counting_facts": people,
        "assets.list_shot_frames": shots,
        "crud.read_counting_facts": project,
        **{f"{name}.read_change_version": 1 for name in ("assets", "auth", "crud")},
    }


def of_type(service: OneService, kind: str, who: str = "admin", **query: str) -> Any:
    """The quotas for a task type."""
    arguments = {"project_id": service.world.project, "task_type_id": kind, "query": query}
    return service.call(who, "list_quotas_of_type", **arguments)


def of_person(service: OneService, person: str, who: str = "admin", **query: str) -> Any:
    """The quotas of a person."""
    arguments = {"project_id": service.world.project, "person_id": person, "query": query}
    return service.call(who, "list_quotas_of_person", **arguments)


@pytest.mark.parametrize(("mode", "zone"), [*itertools.product(MODES, ZONES)])
def test_what_was_done_for_a_task_type_is_counted_by_person(
    counted: OneService, desk: Desk, mode: str, zone: str
) -> None:
    """In all modes, on the days of the caller's time zone."""
    counted.fakes.replies |= neighbours(desk, zone, fps="24")
    kind = desk.kinds["animation"]
    expected = quotas(desk, Counting(mode, "person", zone, kind=kind), fps=24.0)
    assert set(expected) == {"total", *(desk.people[name] for name in PEOPLE)}
    assert same(of_type(counted, kind, count_mode=mode), expected)


@pytest.mark.parametrize("mode", MODES)
def test_what_a_person_did_is_counted_by_task_type(
    counted: OneService, desk: Desk, mode: str
) -> None:
    """A task with two assignees counts once for each."""
    person = desk.people["artist"]
    expected = quotas(desk, Counting(mode, "kind", person=person))
    assert set(expected) == {"total", desk.kinds["animation"], ident("task_type layout")}
    assert same(of_person(counted, person, count_mode=mode), expected)


@pytest.mark.parametrize("mode", MODES)
def test_a_studio_narrows_to_tasks_of_its_people(
    counted: OneService, desk: Desk, mode: str
) -> None:
    """Of these tasks, others' work counts, too."""
    kind, people = desk.kinds["animation"], {desk.people["artist"], desk.people["hired"]}
    asked = Counting(mode, "person", kind=kind, studio=frozenset(people))
    assert same(of_type(counted, kind, count_mode=mode, studio_id=desk.studio), quotas(desk, asked))
    assert of_type(counted, kind, count_mode=mode, studio_id=desk.south) == {}


def test_the_usual_mode_is_weighted(counted: OneService, desk: Desk) -> None:
    """Also where the parameter is empty."""
    kind = desk.kinds["animation"]
    weighted = of_type(counted, kind, count_mode="weighted")
    assert of_type(counted, kind) == of_type(counted, kind, count_mode="") == weighted


@pytest.mark.parametrize("fps", [None, "", "0", "-1", "fast", "nan", "inf"])
def test_seconds_are_at_25_frames_without_a_rate(
    counted: OneService, desk: Desk, fps: str | None
) -> None:
    """A production's rate is any text."""
    counted.fakes.replies |= neighbours(desk, fps=fps)
    month = of_type(counted, desk.kinds["animation"], count_mode="done")["total"]["month"]
    assert month["seconds"] == {when: n / 25 for when, n in month["frames"].items()}


def test_odd_durations_and_dates_count_without_an_error(counted: OneService, desk: Desk) -> None:
    """A mistyped year makes no millions of days, a tiny duration no infinite share."""
    kind, shot = desk.kinds["animation"], desk.shots[0]
    desk.row("entity", shot)["nb_frames"] = 2**31 - 1
    odd = {"kind": "animation", "end_date": "2026-02-02T10:00:00"}
    del odd["kind"]
    ages = desk.task_on(shot, "animation", "artist", name="ages")
    desk.row("task", ages).update(
        real_start_date="0001-01-01T00:00:00", end_date="9999-12-31T23:00:00"
    )
    logged = desk.add(
        "task",
        "tiny",
        name="tiny",
        project_id=desk.project,
        entity_id=shot,
        task_type_id=kind,
        task_status_id=desk.status,
        difficulty=3,
        duration=1e-300,
        nb_drawings=3,
        **odd,
    )
    spent = {"task_id": logged, "person_id": desk.people["artist"], "date": "2026-02-02"}
    desk.add("time_spent", "huge", duration=1e300, **spent)
    counted.fill(desk)
    assert of_type(counted, kind)["total"]["day"]["frames"]["2026-02-02"] > 10**15


def test_nothing_done_is_an_empty_object(counted: OneService, desk: Desk) -> None:
    """So is an unknown task type."""
    assert of_type(counted, NOWHERE) == {}
    assert of_type(counted, desk.kinds["rigging"]) == {}
    assert of_person(counted, desk.people["stranger"]) == {}


def test_malformed_questions_are_refused(counted: OneService, desk: Desk) -> None:
    """Malformed ids in the path are unknown ones, in the query they are named."""
    kind = desk.kinds["animation"]
    with pytest.raises(InvalidInput, match="count_mode must be equal to weighted") as refusal:
        of_type(counted, kind, count_mode="weigtheddone")
    assert refusal.value.data
    assert refusal.value.data["errors"][0]["field"] == "count_mode"
    with pytest.raises(InvalidInput, match=r"^Invalid UUID value: north$") as refusal:
        of_person(counted, desk.people["artist"], studio_id="north")
    assert refusal.value.data
    assert refusal.value.data["errors"][0]["field"] == "studio_id"
    for call in (lambda: of_type(counted, "x"), lambda: of_person(counted, "x")):
        with pytest.raises(NotFound):
            call()
    with pytest.raises(NotFound):
        of_person(counted, NOWHERE)


def test_the_team_but_clients_count_for_task_types(counted: OneService, desk: Desk) -> None:
    """An unknown production is one for everybody."""
    everybody = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
    arguments = {"project_id": desk.project, "task_type_id": desk.kinds["animation"]}
    found = counted.outcomes(everybody, "list_quotas_of_type", **arguments)
    assert found == {**dict.fromkeys(everybody, OK), "client": FORBIDDEN, "stranger": FORBIDDEN}
    nowhere = counted.outcomes(
        everybody, "list_quotas_of_type", **arguments | {"project_id": NOWHERE}
    )
    assert set(nowhere.values()) == {NOT_FOUND}


def test_vendors_get_their_own_figures(counted: OneService, desk: Desk) -> None:
    """And a total of these."""
    kind, vendor = desk.kinds["animation"], desk.people["hired"]
    for mode in MODES:
        expected = quotas(desk, Counting(mode, "person", kind=kind, person=vendor))
        assert set(expected) == {vendor, "total"}
        assert same(of_type(counted, kind, "hired", count_mode=mode), expected)


def test_leads_count_for_anybody_others_for_themselves(counted: OneService, desk: Desk) -> None:
    """In the team or not; clients for nobody."""
    everybody = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
    about_artist = {"project_id": desk.project, "person_id": desk.people["artist"]}
    found = counted.outcomes(everybody, "list_quotas_of_person", **about_artist)
    assert {name for name, outcome in found.items() if outcome == OK} == {
        "admin",
        "manager",
        "supervisor",
        "artist",
    }
    assert set(found.values()) == {OK, FORBIDDEN}
    for name in everybody:
        own = {"project_id": desk.project, "person_id": desk.people[name]}
        outcome = counted.outcomes([name], "list_quotas_of_person", **own)[name]
        assert outcome == (FORBIDDEN if name == "client" else OK), name
    nowhere = counted.outcomes(
        everybody, "list_quotas_of_person", **about_artist | {"project_id": NOWHERE}
    )
    assert set(nowhere.values()) == {NOT_FOUND, FORBIDDEN} - {FORBIDDEN}


def test_a_global_manager_who_is_an_artist_there_counts_for_themselves(
    counted: OneService, desk: Desk
) -> None:
    """The role in the production decides."""
    for seat in desk.tables["project_person_link"]:
        if seat["person_id"] == desk.people["manager"]:
            seat["role"] = "user"
    with pytest.raises(Forbidden):
        of_person(counted, desk.people["artist"], "manager")


def test_unchanged_quotas_are_not_counted_again(counted: OneService, desk: Desk) -> None:
    """Here and elsewhere every change makes them anew."""
    arguments = {"project_id": desk.project, "task_type_id": desk.kinds["animation"]}

    def answer(match: str = "") -> Any:
        return counted.answer("manager", "list_quotas_of_type", match=match, **arguments)

    tag = answer().headers["etag"]
    assert answer(tag).status == NOT_MODIFIED
    assert (
        counted.answer("artist", "list_quotas_of_type", match=tag, **arguments).status
        != NOT_MODIFIED
    )
    for name in ("assets", "auth", "crud"):
        counted.fakes.replies[f"{name}.read_change_version"] = 2
        changed = answer(tag)
        assert changed.status != NOT_MODIFIED
        tag = changed.headers["etag"]
    path = {"path": "tasks", "ident": desk.animation_task}
    for change in ({"nb_drawings": 9}, {"end_date": "2026-01-09"}, {"done_date": "2026-01-09"}):
        counted.call("admin", "update_row", data=change, **path)
        changed = answer(tag)
        assert changed.status != NOT_MODIFIED, change
        tag = changed.headers["etag"]
    spent = {"task_id": desk.animation_task, "person_id": desk.people["artist"]}
    counted.call("manager", "set_time_spent", day="2026-01-08", data={"duration": 60}, **spent)
    assert answer(tag).status != NOT_MODIFIED
