"""Comments, one at a time: who may, what they hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.running import System, until
from tests.system.tasks.conftest import As
from tests.system.tasks.desk import Desk, answers, comments_on, say, stored, task_of
from tests.world import ident

KEYS = {
    "id",
    "created_at",
    "updated_at",
    "type",
    "shotgun_id",
    "object_id",
    "object_type",
    "text",
    "data",
    "replies",
    "checklist",
    "pinned",
    "for_client",
    "links",
    "task_status_id",
    "person_id",
    "editor_id",
    "preview_file_id",
    "previews",
    "mentions",
    "department_mentions",
    "acknowledgements",
    "attachment_files",
    "task_status",
    "person",
}


def test_a_comment_is_answered_whole(desk: Desk, who: As) -> None:
    """With its defaults, its status and its author without their secrets."""
    answer = who("artist").post(
        f"/actions/tasks/{desk.task}/comment", {"task_status_id": desk.status}
    )
    assert answer.status_code == 201, answer.text
    row = answer.json()
    assert set(row) == KEYS
    assert row == {
        **row,
        "type": "Comment",
        "object_id": desk.task,
        "object_type": "Task",
        "text": "",
        "replies": [],
        "checklist": [],
        "links": [],
        "pinned": None,
        "for_client": False,
        "data": None,
        "task_status_id": desk.status,
        "person_id": desk.people["artist"],
        "editor_id": None,
        "preview_file_id": None,
        "previews": [],
        "mentions": [],
        "department_mentions": [],
        "acknowledgements": [],
        "attachment_files": [],
    }
    assert row["task_status"]["short_name"] == "todo"
    assert row["person"]["full_name"] == "Artist Example"
    assert not {"password", "departments", "totp_secret"} & set(row["person"])


def test_what_a_comment_holds_is_kept(desk: Desk, who: As) -> None:
    """Text, checklist and links as they were sent."""
    given = {"checklist": [{"text": "a", "checked": False}], "links": ["https://example.com"]}
    row = say(who("artist"), desk, "hello", **given).json()
    assert row == {**row, "text": "hello", **given}
    found = comments_on(who("artist"), desk.task)[0]
    assert found == {**found, "text": "hello", **given}


def test_a_form_brings_files_that_readers_download(desk: Desk, who: As) -> None:
    """Whatever the parts are called; lists come as JSON text."""
    answer = who("artist").send(
        "POST",
        f"/actions/tasks/{desk.task}/comment",
        data={"task_status_id": desk.status, "comment": "see", "checklist": '[{"text":"a"}]'},
        files=[("file", ("a.txt", b"one")), ("other-1", ("b.PNG", b"two"))],
    )
    assert answer.status_code == 201, answer.text
    row = answer.json()
    assert row["checklist"] == [{"text": "a"}]
    first, second = sorted(row["attachment_files"], key=lambda one: one["name"])
    assert set(first) == {"id", "name", "extension", "size"}
    assert (first["name"], first["extension"], first["size"]) == ("a.txt", "txt", 3)
    for one, content in ((first, b"one"), (second, b"two")):
        path = f"/data/attachment-files/{one['id']}/file/{one['name']}"
        assert who("colleague").get(path).content == content
        assert who("stranger").get(path).status_code == 403


def test_a_refused_comment_leaves_nothing(system: System, desk: Desk, who: As) -> None:
    """Neither a row nor a file, whatever it was refused for."""
    before = {path for path in system.storage.rglob("*") if path.is_file()}
    for name, status in (("colleague", desk.status), ("artist", ident("nothing"))):
        answer = who(name).send(
            "POST",
            f"/actions/tasks/{desk.task}/comment",
            data={"task_status_id": status},
            files={"file": ("a.txt", b"one")},
        )
        assert answer.status_code in {403, 404}
    assert len(comments_on(who("admin"), desk.task)) == 1
    until(
        lambda: {path for path in system.storage.rglob("*") if path.is_file()} <= before,
        what="an empty storage",
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "task_status_id"),
        ({"task_status_id": None}, "task_status_id"),
        ({"task_status_id": "todo", "comment": 3}, "comment"),
        ({"task_status_id": "todo", "comment": "nul \x00"}, "comment"),
        ({"task_status_id": "todo", "checklist": "[1"}, "checklist"),
        ({"task_status_id": "todo", "checklist": {"a": 1}}, "checklist"),
        ({"task_status_id": "todo", "links": [1]}, "links"),
    ],
)
def test_a_wrong_body_is_refused_by_field(
    desk: Desk, who: As, body: dict[str, Any], field: str
) -> None:
    """And nothing is written."""
    if body.get("task_status_id"):
        body = {**body, "task_status_id": desk.status}
    answer = who("artist").post(f"/actions/tasks/{desk.task}/comment", body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["message"] == "Validation error."
    assert answer.json()["data"]["errors"][0]["field"] == field
    assert len(comments_on(who("admin"), desk.task)) == 1


@pytest.mark.parametrize("wrong", ["nonsense", ident("nothing")])
def test_what_is_unknown_is_not_found(desk: Desk, who: As, wrong: str) -> None:
    """A task, a status, an author."""
    admin = who("admin")
    assert say(admin, desk, task=wrong).status_code == 404
    assert say(admin, desk, task_status_id=wrong).status_code == 404
    assert say(admin, desk, person_id=wrong).status_code == 404


def test_who_works_on_a_task_comments_it(system: System, desk: Desk) -> None:
    """Managers, clients, assignees, supervisors of the department, who made the entity."""
    may = ("admin", "manager", "client", "artist", "supervisor", "modeler", "maker")
    not_they = ("colleague", "animator", "vendor", "hired", "stranger")
    path, body = f"/actions/tasks/{desk.task}/comment", {"task_status_id": desk.status}
    found = answers(system, desk, (*may, *not_they), "POST", path, body)
    assert found == dict.fromkeys(may, 201) | dict.fromkeys(not_they, 403)


def test_who_made_the_entity_shows_what_they_did(desk: Desk, who: As) -> None:
    """A preview is for those who may comment; not for the rest of the team."""
    path = f"/actions/tasks/{desk.task}/comments/{desk.comment}/add-preview"
    assert who("maker").post(path, {}).status_code == 201
    assert who("colleague").post(path, {}).status_code == 403


def test_a_vendor_comments_their_own_task(desk: Desk, who: As) -> None:
    """But not the one beside it."""
    assert say(who("hired"), desk, task=desk.rigging).status_code == 201


def test_who_left_the_team_has_no_say(system: System, desk: Desk, who: As) -> None:
    """Though still assigned."""
    person = desk.people["artist"]
    who("manager").delete(f"/data/projects/{desk.project}/team/{person}")
    assert say(who("artist"), desk).status_code == 403


@pytest.mark.parametrize("text", ["@Colleague Example", "look @Modeling and answer"])
def test_who_is_mentioned_may_answer_without_changing_the_status(
    system: System, desk: Desk, who: As, text: str
) -> None:
    """By name or with their department; not as a vendor."""
    person, hired = desk.people["colleague"], desk.people["hired"]
    desk.link("department_link", person_id=person, department_id=desk.department)
    desk.link("department_link", person_id=hired, department_id=desk.department)
    system.load(desk.tables)
    assert say(who("manager"), desk, text).status_code == 201
    assert say(who("colleague"), desk, "yes").status_code == 201
    assert say(who("colleague"), desk, "yes", "wip").status_code == 403
    assert say(who("hired"), desk, "yes").status_code == 403


@pytest.mark.parametrize(
    ("name", "status", "want"),
    [
        ("artist", "secret", 403),
        ("artist", "wfa", 201),
        ("client", "secret", 403),
        ("client", "done", 201),
        ("supervisor", "secret", 201),
        ("manager", "secret", 201),
    ],
)
def test_some_statuses_are_not_for_artists_or_clients(
    desk: Desk, who: As, name: str, status: str, want: int
) -> None:
    """Others give any."""
    assert say(who(name), desk, status=status).status_code == want


def test_the_role_in_the_production_counts(system: System, desk: Desk, who: As) -> None:
    """A manager of the studio who is an artist here is one."""
    link = {"project_id": desk.project, "person_id": desk.people["manager"]}
    for row in desk.tables["project_person_link"]:
        if {name: row[name] for name in link} == link:
            row["role"] = "user"
    system.load(desk.tables)
    assert say(who("manager"), desk).status_code == 403


def test_author_time_and_audience_are_the_managers_to_choose(desk: Desk, who: As) -> None:
    """Others' wishes are ignored."""
    wish = {
        "person_id": desk.people["maker"],
        "created_at": "2026-01-02 03:04:05",
        "for_client": True,
    }
    row = say(who("manager"), desk, **wish).json()
    assert (row["person_id"], row["created_at"], row["for_client"]) == (
        desk.people["maker"],
        "2026-01-02T03:04:05",
        True,
    )
    assert row["person"]["id"] == desk.people["maker"]
    for name in ("artist", "supervisor"):
        row = say(who(name), desk, **wish).json()
        assert row["person_id"] == desk.people[name]
        assert row["created_at"] > "2026-01-06"
        assert row["for_client"] is False


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Artist Example", True),
        ("hi @Artist Example please", True),
        ("@Artist Example, please", False),
        ("@artist example", False),
        ("Artist Example", False),
        ("@Stranger Example", False),
        ("@Artist Example\nplease", False),
    ],
)
def test_a_mention_is_a_full_name_before_a_space_or_the_end(
    desk: Desk, who: As, text: str, named: bool
) -> None:
    """Of somebody in the team, in its case."""
    row = say(who("manager"), desk, text).json()
    assert row["mentions"] == ([desk.people["artist"]] if named else [])


def test_departments_are_mentioned_likewise(desk: Desk, who: As) -> None:
    """All of them, whoever works there."""
    row = say(who("manager"), desk, "@Modeling and @Animation").json()
    assert sorted(row["department_mentions"]) == sorted([desk.department, desk.animation])


@pytest.mark.parametrize(
    ("text", "copied"), [("also #Rigging", True), ("#all", True), ("#rig", False), ("all", False)]
)
def test_a_hashtag_copies_the_comment_to_the_tasks_beside(
    desk: Desk, who: As, text: str, copied: bool
) -> None:
    """They keep their status; the copy says where it comes from."""
    row = say(who("artist"), desk, text, "wip").json()
    found = comments_on(who("admin"), desk.rigging)
    assert len(found) == int(copied)
    assert task_of(who("admin"), desk.rigging)["task_status_id"] == desk.status
    assert task_of(who("admin"), desk.task)["task_status_id"] == desk.statuses["wip"]
    if copied:
        assert found[0]["text"] == f"{text}\n\n____\nFrom Modeling task"
        assert found[0]["task_status_id"] == desk.status
        assert found[0]["person_id"] == row["person_id"]


def test_the_files_of_a_deleted_comment_go_with_it(system: System, desk: Desk, who: As) -> None:
    """By event, a moment later."""
    row = (
        who("artist")
        .send(
            "POST",
            f"/actions/tasks/{desk.task}/comment",
            data={"task_status_id": desk.status},
            files={"file": ("a.txt", b"one")},
        )
        .json()
    )
    (one,) = row["attachment_files"]
    assert stored(system, one["id"])
    assert who("artist").delete(f"/data/comments/{row['id']}").status_code == 204
    until(lambda: not stored(system, one["id"]), what="an empty storage")
