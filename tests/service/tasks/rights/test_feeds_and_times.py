"""News and time spent: not for clients; vendors see what is assigned to them."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import InvalidInput
from tests.desk import Desk
from tests.service.one_service import FORBIDDEN, OK, OneService
from tests.service.tasks.rights.standing import leave, newcomer, seat

STUDIO = ("manager", "supervisor", "artist", "colleague")


@pytest.fixture
def news(tasks: OneService, desk: Desk) -> dict[str, str]:
    """An entry of the artist's task and one of the hired vendor's, by task."""
    made = {}
    for task in (desk.task, desk.rigging):
        common = {"author_id": desk.people["manager"], "task_id": task, "change": True}
        said = desk.add_comment(f"news of {task}", "manager", task)
        made[task] = desk.add("news", f"of {task}", comment_id=said, **common)
    tasks.fill(desk)
    return made


def feeds(desk: Desk) -> dict[str, dict[str, Any]]:
    """The feeds, and their arguments."""
    return {
        "list_project_news": {"project_id": desk.project},
        "list_news_of_projects": {},
        "list_entity_news": {"entity_id": desk.asset},
    }


@pytest.mark.usefixtures("news")
def test_news_are_not_for_clients(tasks: OneService, desk: Desk) -> None:
    """By the role in the production; of all productions they get none."""
    people = (*STUDIO, "hired", "client")
    want = dict.fromkeys(people, OK) | {"client": FORBIDDEN}
    for method, asked in feeds(desk).items():
        assert tasks.outcomes(people, method, **asked) == want
    asked = {"query": {"project_id": desk.project}}
    assert tasks.outcomes(people, "list_news_of_projects", **asked) == want
    seat(desk, "supervisor", "client")
    for method, asked in feeds(desk).items():
        assert tasks.outcomes(["supervisor"], method, **asked) == {"supervisor": FORBIDDEN}
    assert tasks.call("stranger", "list_news_of_projects")["data"] == []


def test_one_entry_is_for_the_studio(tasks: OneService, desk: Desk, news: dict[str, str]) -> None:
    """Neither for vendors nor for clients."""
    people = (*STUDIO, "hired", "client")
    asked = {"project_id": desk.project, "ident": news[desk.rigging]}
    want = dict.fromkeys(people, OK) | {"client": FORBIDDEN, "hired": FORBIDDEN}
    assert tasks.outcomes(people, "read_project_news", **asked) == want


def test_vendors_get_news_of_their_tasks(
    tasks: OneService, desk: Desk, news: dict[str, str]
) -> None:
    """In the rows, in the total and in the numbers of statuses."""
    for method, asked in feeds(desk).items():
        for who, tasks_seen in (("manager", set(news)), ("hired", {desk.rigging})):
            page = tasks.call(who, method, **asked)
            assert {row["task_id"] for row in page["data"]} == tasks_seen
            assert page["total"] == len(tasks_seen)
            if "stats" in page:
                assert page["stats"] == {desk.status: len(tasks_seen)}
    assert tasks.call("vendor", "list_project_news", project_id=desk.project)["total"] == 0


# --- time ---------------------------------------------------------------------------------------


@pytest.fixture
def logged(tasks: OneService, desk: Desk) -> None:
    """The artist's and the vendor's time on the task, the artist's in another production."""
    desk.join("artist", desk.other_project)
    leave(desk, "manager", desk.other_project)
    other = desk.task_on(desk.foreign, "rigging", "artist", project_id=desk.other_project)
    for number, (task, who, minutes) in enumerate(
        (
            (desk.task, "artist", 60.0),
            (desk.task, "hired", 30.0),
            (desk.animation_task, "artist", 15.0),
            (other, "artist", 7.0),
        )
    ):
        desk.add(
            "time_spent",
            f"t{number}",
            task_id=task,
            person_id=desk.people[who],
            date="2026-01-05",
            duration=minutes,
        )
    tasks.fill(desk)


@pytest.mark.usefixtures("logged")
def test_time_on_a_task_is_not_for_clients(tasks: OneService, desk: Desk) -> None:
    """Vendors get their own."""
    asked = {"task_id": desk.task}
    assert tasks.outcomes(["client"], "list_time_spent_on_task", **asked) == {"client": FORBIDDEN}
    totals = {
        who: tasks.call(who, "list_time_spent_on_task", **asked)["total"]
        for who in ("manager", "supervisor", "artist", "hired", "admin")
    }
    assert totals == {"manager": 90, "supervisor": 90, "artist": 90, "hired": 30, "admin": 90}


@pytest.mark.usefixtures("logged")
def test_a_persons_time_is_read_in_the_productions_one_leads(tasks: OneService, desk: Desk) -> None:
    """By supervisors in their departments: ``modeler`` and ``animator`` have one each."""
    newcomer(desk, "lead", "user", "manager")
    person = {"person_id": desk.people["artist"]}

    def minutes(who: str, **period: Any) -> float:
        rows = tasks.call(who, "list_time_spent_by_person", **person, **period)
        return float(sum(row["duration"] for row in rows))

    seen = {
        who: minutes(who)
        for who in ("artist", "admin", "manager", "lead", "supervisor", "modeler", "animator")
    }
    assert seen == {
        "artist": 82,
        "admin": 82,
        "manager": 75,
        "lead": 75,
        "supervisor": 75,
        "modeler": 60,
        "animator": 15,
    }
    assert minutes("manager", year="2026") == 75
    assert minutes("manager", day="2026-01-05") == 75
    dates = {"start_date": "2026-01-01", "end_date": "2026-01-31"}
    for query, expected in (
        ({"project_id": desk.project}, 75),
        ({"project_id": desk.other_project}, 7),
        ({"task_type_id": desk.kinds["animation"]}, 15),
        ({"project_id": desk.other_project, "task_type_id": desk.kinds["animation"]}, 0),
    ):
        assert minutes("admin", query={**dates, **query}) == expected
        assert minutes("artist", query=query) == expected
    with pytest.raises(InvalidInput, match="Invalid UUID value"):
        minutes("admin", query={"project_id": "film"})
    seat(desk, "manager", "user")
    assert minutes("manager") == 0
    for who in ("colleague", "client", "hired"):
        assert tasks.outcomes([who], "list_time_spent_by_person", **person) == {who: FORBIDDEN}


@pytest.mark.usefixtures("logged")
def test_ones_own_time_stays_ones_own_to_read(tasks: OneService, desk: Desk) -> None:
    """It isn't deleted any more by who left the production."""
    own = {"path": "time-spents", "ident": desk.tables["time_spent"][0]["id"]}
    leave(desk, "artist")
    found = tasks.call("artist", "list_time_spent_by_person")
    assert sum(row["duration"] for row in found) == 82
    assert tasks.outcomes(["artist"], "delete_row", **own) == {"artist": FORBIDDEN}
    desk.join("artist")
    assert tasks.outcomes(["artist"], "delete_row", **own) == {"artist": OK}


def test_managers_log_the_time_of_the_team(tasks: OneService, desk: Desk) -> None:
    """Or of an assignee who left it; not of strangers."""
    asked = {"task_id": desk.task, "day": "2026-01-06", "data": {"duration": 60}}

    def log(who: str, person: str) -> str:
        given = {**asked, "person_id": desk.people[person]}
        return tasks.outcomes([who], "set_time_spent", **given)[who]

    assert log("manager", "artist") == log("admin", "colleague") == OK
    assert log("manager", "stranger") == log("admin", "stranger") == FORBIDDEN
    assert log("colleague", "colleague") == log("artist", "colleague") == FORBIDDEN
    leave(desk, "artist")
    assert log("manager", "artist") == OK
    assert log("artist", "artist") == FORBIDDEN
