"""Lists of a production: days off, playlists with their jobs."""

from __future__ import annotations

from typing import Any, Final

import pytest

from services.common.errors import InvalidInput
from tests.service.conftest import MakeService
from tests.service.one_service import FORBIDDEN, NOT_FOUND, OneService
from tests.world import World, ident

NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
EVERYBODY: Final = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service, with days off of two members and a stranger, and playlists with jobs."""
    service = make_service("crud")
    days = {"2026-01-05": "2026-01-09", "2026-03-02": "2026-03-02"}
    for name in ("artist", "supervisor", "stranger"):
        for start, end in days.items():
            about = {"person_id": world.people[name], "description": f"Why of {name}"}
            world.add("day_off", f"{name} {start}", date=start, end_date=end, **about)
    for number in range(3):
        made = world.add("playlist", str(number), name=str(number), project_id=world.project)
        status = {"status": "running", "job_type": "movie"}
        world.add("build_job", str(number), playlist_id=made, **status)
    world.add("playlist", "past", name="Past", project_id=world.past)
    world.tables["playlist"] = [
        row for row in world.tables["playlist"] if row["name"] in {"0", "1", "2", "Past"}
    ]
    service.fill(world)
    return service


def absences(crud: OneService, who: str, **query: str) -> Any:
    """The days off of the team, as somebody sees them."""
    arguments = {"project_id": crud.world.project, "query": query}
    return crud.call(who, "list_team_absences", **arguments)


def test_the_teams_days_off_are_listed_by_person(crud: OneService) -> None:
    """Those that overlap the days asked about, of members only."""
    people = crud.world.people
    found = absences(crud, "manager")
    assert set(found) == {people["artist"], people["supervisor"]}
    dates = [row["date"] for row in found[people["artist"]]]
    assert dates == ["2026-01-05", "2026-03-02"]
    narrow = absences(crud, "artist", start_date="2026-01-09", end_date="2026-02-01")
    assert [row["date"] for row in narrow[people["artist"]]] == ["2026-01-05"]
    assert absences(crud, "artist", start_date="2030-01-01") == {}
    with pytest.raises(InvalidInput, match="Wrong date format for x and/or None"):
        absences(crud, "artist", start_date="x")


def test_only_managers_are_told_why_others_are_away(crud: OneService) -> None:
    """Administrators, and people of themselves; clients and vendors see nothing."""
    people = crud.world.people
    for who, told in {
        "admin": {"artist", "supervisor"},
        "manager": {"artist", "supervisor"},
        "supervisor": {"supervisor"},
        "artist": {"artist"},
    }.items():
        found = absences(crud, who)
        knows = {
            name
            for name in ("artist", "supervisor")
            if all("description" in row for row in found[people[name]])
        }
        assert knows == told
    arguments = {"project_id": crud.world.project}
    refused = crud.outcomes(("client", "vendor", "stranger"), "list_team_absences", **arguments)
    assert set(refused.values()) == {FORBIDDEN}


def test_who_plans_lists_the_days_off_of_a_month(crud: OneService) -> None:
    """Supervisors of their departments' people, and without the reasons; others their own."""
    people, world = crud.world.people, crud.world
    asked: dict[str, Any] = {"year": "2026", "month": "3"}

    def away(who: str, **period: str) -> dict[str, bool]:
        rows = crud.call(who, "list_absences_of_people", **period)
        names = {ident: name for name, ident in people.items()}
        return {names[row["person_id"]]: "description" in row for row in rows}

    assert away("admin", **asked) == {"artist": True, "supervisor": True, "stranger": True}
    assert away("manager", **asked) == {"artist": True, "supervisor": True}
    assert away("supervisor", **asked) == {"artist": False, "supervisor": True}
    assert away("artist", **asked) == {"artist": True}
    assert away("stranger", **asked) == {"stranger": True}
    assert away("client", **asked) == {}
    assert len(crud.call("artist", "list_absences_of_people", year="2026")) == 2
    assert away("admin", year="2026", month="2") == {}
    for wrong in ({"year": "2026", "month": "13"}, {"year": "soon"}):
        with pytest.raises(InvalidInput, match="Invalid month or year"):
            away("admin", **wrong)
    of_artist = {"departments": [world.department]}
    crud.fakes.replies["auth.list_full_persons"] = lambda ids: dict.fromkeys(ids, of_artist)
    world.link("department_link", person_id=people["supervisor"], department_id=NOWHERE)
    assert away("supervisor", **asked) == {"supervisor": True}
    world.link("department_link", person_id=people["supervisor"], department_id=world.department)
    assert away("supervisor", **asked) == {"artist": False, "supervisor": True}


def test_all_playlists_are_listed_with_their_jobs(crud: OneService) -> None:
    """By the page, if one is asked for."""
    arguments: dict[str, Any] = {"project_id": crud.world.project}
    rows = crud.call("admin", "list_all_playlists", **arguments)
    jobs = {row["id"]: row["build_jobs"] for row in rows}
    wanted = {ident(f"playlist {n}"): [ident(f"build_job {n}")] for n in range(3)}
    assert jobs == wanted
    page = crud.call("admin", "list_all_playlists", query={"page": "1", "limit": "1"}, **arguments)
    assert (page["total"], page["limit"], page["page"], len(page["data"])) == (3, 100, 1, 3)
    assert len(crud.call("admin", "list_all_playlists", query={"page": "0"}, **arguments)) == 3
    with pytest.raises(InvalidInput, match=r"^page must be an integer\.$"):
        crud.call("admin", "list_all_playlists", query={"page": "x"}, **arguments)
    found = crud.call("admin", "list_build_jobs", **arguments)
    assert {row["playlist_id"] for row in found} == set(wanted)
    assert crud.call("admin", "list_build_jobs", project_id=crud.world.past) == []


@pytest.mark.parametrize("method", ["list_all_playlists", "list_build_jobs"])
def test_these_lists_are_for_administrators(crud: OneService, method: str) -> None:
    """An unknown production isn't found."""
    outcomes = crud.outcomes(EVERYBODY[1:], method, project_id=crud.world.project)
    assert set(outcomes.values()) == {FORBIDDEN}
    for unknown in (NOWHERE, "rubbish"):
        assert crud.outcomes(["admin"], method, project_id=unknown) == {"admin": NOT_FOUND}
