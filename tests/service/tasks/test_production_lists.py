"""Lists of a production: time spent, and the files of comments."""

from __future__ import annotations

from typing import Any, Final

import pytest

from services.common.errors import InvalidInput
from tests.desk import Desk
from tests.service.one_service import FORBIDDEN, NOT_FOUND, OK, OneService
from tests.service.tasks.counted import work

NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
EVERYBODY: Final = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
NOT_MODIFIED: Final = 304


@pytest.fixture
def timed(tasks: OneService, desk: Desk) -> OneService:
    """The service with time spent, some of it on another production."""
    work(desk, seed=5)
    other = desk.add("task", "elsewhere", name="e", project_id=desk.other_project, difficulty=3)
    spent = {"person_id": desk.people["artist"], "date": "2026-01-05", "duration": 5.0}
    desk.add("time_spent", "elsewhere", task_id=other, **spent)
    tasks.fill(desk)
    return tasks


def ids_of(desk: Desk, **where: Any) -> set[str]:
    """The time spent on the production's tasks."""
    tasks = {row["id"] for row in desk.tables["task"] if row["project_id"] == desk.project}
    return {
        row["id"]
        for row in desk.tables["time_spent"]
        if row["task_id"] in tasks and all(row[name] == value for name, value in where.items())
    }


def test_the_time_spent_on_a_production_is_listed(timed: OneService, desk: Desk) -> None:
    """Vendors get their own; clients nothing."""
    where = {"project_id": desk.project}
    for who in ("admin", "manager", "artist"):
        rows = timed.call(who, "list_project_time_spents", **where)
        assert {row["id"] for row in rows} == ids_of(desk)
    own = timed.call("hired", "list_project_time_spents", **where)
    expected = ids_of(desk, person_id=desk.people["hired"])
    assert {row["id"] for row in own} == expected != set()
    found = timed.outcomes(EVERYBODY, "list_project_time_spents", **where)
    assert found == {**dict.fromkeys(EVERYBODY, OK), "client": FORBIDDEN, "stranger": FORBIDDEN}
    assert set(
        timed.outcomes(EVERYBODY, "list_project_time_spents", project_id=NOWHERE).values()
    ) == {NOT_FOUND}


def test_an_unchanged_list_of_time_is_not_made_again(timed: OneService, desk: Desk) -> None:
    """Logged time changes it."""
    where = {"project_id": desk.project}
    tag = timed.answer("manager", "list_project_time_spents", **where).headers["etag"]
    again = timed.answer("manager", "list_project_time_spents", match=tag, **where)
    assert again.status == NOT_MODIFIED
    spent = {"task_id": desk.animation_task, "person_id": desk.people["artist"]}
    timed.call("manager", "set_time_spent", day="2026-01-08", data={"duration": 60}, **spent)
    fresh = timed.answer("manager", "list_project_time_spents", match=tag, **where)
    assert fresh.status != NOT_MODIFIED


def test_managers_list_the_time_spent_for_a_task_type(timed: OneService, desk: Desk) -> None:
    """By person, the newest first, from one day to another."""
    kind = desk.kinds["animation"]
    about = {"project_id": desk.project, "task_type_id": kind}
    of_kind = {row["id"] for row in desk.tables["task"] if row.get("task_type_id") == kind}

    def listed(**query: str) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = timed.call(
            "manager", "list_time_spents_of_type", **about, query=query
        )
        return found

    for query, first, last in (
        ({}, "0001", "9999"),
        ({"start_date": "2026-01-02"}, "2026-01-02", "9999"),
        (
            {"start_date": "2025-12-25", "end_date": "2026-01-02"},
            "2025-12-25",
            "2026-01-02",
        ),
    ):
        expected = {
            row["id"]: row["person_id"]
            for row in desk.tables["time_spent"]
            if row["task_id"] in of_kind and first <= row["date"] <= last
        }
        found = listed(**query)
        assert {row["id"]: key for key, rows in found.items() for row in rows} == expected != {}
        for rows in found.values():
            dates = [row["date"] for row in rows]
            assert dates == sorted(dates, reverse=True)
    with pytest.raises(InvalidInput, match="Wrong date format for x and/or None"):
        listed(start_date="x")
    with pytest.raises(InvalidInput, match=r"Wrong UUID format\."):
        timed.call("manager", "list_time_spents_of_type", **about | {"task_type_id": "x"})
    unknown = about | {"task_type_id": NOWHERE}
    assert timed.call("manager", "list_time_spents_of_type", **unknown) == {}
    found = timed.outcomes(EVERYBODY, "list_time_spents_of_type", **about | {"task_type_id": kind})
    assert found == {**dict.fromkeys(EVERYBODY, FORBIDDEN), "admin": OK, "manager": OK}


def test_administrators_list_the_files_of_a_productions_comments(
    tasks: OneService, desk: Desk
) -> None:
    """Each with its whole comment; not those of chats or other productions."""
    comment = desk.add_comment("with a file", "artist")
    common = {"size": 3, "extension": "png", "mimetype": "image/png"}
    file = desk.add("attachment_file", "of it", name="a.png", comment_id=comment, **common)
    desk.add("attachment_file", "of a chat", name="b.png", chat_message_id=NOWHERE, **common)
    tasks.fill(desk)

    def listed(project: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = tasks.call(
            "admin", "list_project_attachments", project_id=project
        )
        return rows

    (row,) = listed(desk.project)
    shown = tasks.call("admin", "read_row", path="attachment-files", ident=file)
    assert row == shown
    assert (row["comment"]["text"], row["chat_message"]) == ("with a file", None)
    assert listed(desk.other_project) == listed(NOWHERE) == []
    outcomes = tasks.outcomes(EVERYBODY, "list_project_attachments", project_id=desk.project)
    assert outcomes == {**dict.fromkeys(EVERYBODY, FORBIDDEN), "admin": OK}
    assert tasks.outcomes(["admin"], "list_project_attachments", project_id="x") == {
        "admin": NOT_FOUND
    }


def test_the_lists_of_a_production_read_their_queries_alike(timed: OneService, desk: Desk) -> None:
    """What is empty is not given, nor is a size without a page; what is malformed is named."""

    def listed(**query: str) -> Any:
        return timed.call("admin", "list_project_tasks", project_id=desk.project, query=query)

    every = listed()
    assert every == listed(task_type_id="", page="", limit="") == listed(limit="x") != []
    assert listed(page="1", limit="2")["data"] == every[:2]
    for query, message in (
        ({"task_type_id": "x"}, "Invalid UUID value: x"),
        ({"page": "x"}, "page must be an integer."),
        ({"page": "1", "limit": "0"}, "limit must be a positive integer."),
    ):
        with pytest.raises(InvalidInput) as refused:
            listed(**query)
        assert refused.value.message == message


@pytest.mark.parametrize(
    ("method", "flag"), [("list_news_of_projects", "only_preview"), ("list_notifications", "read")]
)
def test_a_flag_is_true_or_false(timed: OneService, method: str, flag: str) -> None:
    """Another word is told, as a column's filter tells it."""
    with pytest.raises(InvalidInput, match=f"'{flag}': 'perhaps'. Expected true or false"):
        timed.call("artist", method, query={flag: "perhaps"})
