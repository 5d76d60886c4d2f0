"""Changes of comments: replies, acknowledgements, files, edits, deletion."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.desk import Desk
from tests.running import Caller, System, until
from tests.system.tasks.actions import (
    codes_of,
    comments_on,
    events_until,
    is_stored,
    post_comment,
    task_of,
)
from tests.system.tasks.conftest import As
from tests.world import ident


def path_of(desk: Desk, comment: str | None = None, task: str | None = None) -> str:
    """The path of a comment."""
    return f"/data/tasks/{task or desk.task}/comments/{comment or desk.comment}"


def reply(
    caller: Caller, desk: Desk, text: str = "ok", comment: str | None = None
) -> requests.Response:
    """Reply to a comment."""
    return caller.post(f"{path_of(desk, comment)}/reply", {"text": text})


def kinds(caller: Caller) -> list[str]:
    """The types of a person's notifications."""
    body = caller.get("/data/user/notifications").json()
    return sorted(note["notification_type"] for note in body)


# --- replies ------------------------------------------------------------------------------------


def test_a_reply_may_attach_files(desk: Desk, who: As) -> None:
    """They belong to the reply."""
    response = who("artist").send(
        "POST", f"{path_of(desk)}/reply", data={"text": "see"}, files={"file": ("a.txt", b"one")}
    )
    row = response.json()
    (attachment_file,) = row["attachment_files"]
    assert attachment_file == {
        "id": attachment_file["id"],
        "name": "a.txt",
        "extension": "txt",
        "size": 3,
        "reply_id": row["id"],
    }
    (comment,) = comments_on(who("artist"), desk.task)
    assert comment["attachment_files"] == [attachment_file]
    path = f"/data/attachment-files/{attachment_file['id']}/file/a.txt"
    assert who("colleague").get(path).content == b"one"


def test_a_reply_notifies_everybody_concerned(system: System, desk: Desk, who: As) -> None:
    """Assignees, subscribers, earlier repliers, author, mentioned people; not the replier."""
    desk.add("subscription", "maker", person_id=desk.people["maker"], task_id=desk.task)
    comment = desk.add_comment("first word", "supervisor", for_client=True)
    system.load(desk.tables)
    reply(who("client"), desk, comment=comment)
    for name in ("artist", "maker", "supervisor"):
        who(name).post("/actions/user/notifications/mark-all-as-read", {})
    reply(who("manager"), desk, "@Artist Example @Modeling", comment=comment)
    assert {name: kinds(who(name)) for name in ("client", "maker", "supervisor", "modeler")} == {
        "client": ["reply"],
        "maker": ["reply"] * 2,
        "supervisor": ["reply"] * 2,
        "modeler": ["reply-mention"],
    }
    assert kinds(who("artist")) == ["reply", "reply", "reply-mention"]
    assert kinds(who("manager")) == []
    (note,) = who("modeler").get("/data/user/notifications").json()
    assert note["reply_text"] == "@Artist Example @Modeling"
    assert note["reply_mentions"] == [desk.people["artist"]]


def test_a_reply_is_deleted_by_its_author(system: System, desk: Desk, who: As) -> None:
    """Or an administrator; with its files and notifications."""
    row = (
        who("maker")
        .send(
            "POST",
            f"{path_of(desk)}/reply",
            data={"text": "see"},
            files={"file": ("a.txt", b"one")},
        )
        .json()
    )
    path = f"{path_of(desk)}/reply/{row['id']}"
    assert who("manager").delete(path).status_code == 403
    assert who("maker").delete(f"{path_of(desk)}/reply/{ident('nothing')}").status_code == 404
    with events_until(system, "comment:delete-reply") as found:
        response = who("maker").delete(path)
    assert response.status_code == 200
    assert (response.json()["id"], response.json()["replies"]) == (desk.comment, [])
    assert dict(found)["comment:delete-reply"] == {
        "task_id": desk.task,
        "comment_id": desk.comment,
        "reply_id": row["id"],
        "project_id": desk.project,
    }
    until(lambda: not is_stored(system, row["attachment_files"][0]["id"]), what="an empty storage")
    assert kinds(who("artist")) == []
    other = reply(who("maker"), desk).json()["id"]
    assert who("admin").delete(f"{path_of(desk)}/reply/{other}").status_code == 200


# --- acknowledging and files --------------------------------------------------------------------


def test_author_and_managers_add_and_delete_files(system: System, desk: Desk, who: As) -> None:
    """The stored file is deleted by event."""
    path = f"/actions/tasks/{desk.task}/comments/{desk.comment}/add-attachment"
    for name, want in (("artist", 201), ("manager", 201), ("supervisor", 403), ("client", 403)):
        response = who(name).send("POST", path, files={"file": (f"{name}.txt", b"one")})
        assert response.status_code == want, response.text
    (comment,) = comments_on(who("artist"), desk.task)
    assert [one["name"] for one in comment["attachment_files"]] == ["artist.txt", "manager.txt"]
    one = comment["attachment_files"][0]["id"]
    there = f"{path_of(desk)}/attachments/{one}"
    assert who("supervisor").delete(there).status_code == 403
    assert who("artist").delete(f"{path_of(desk)}/attachments/{ident('x')}").status_code == 404
    assert who("artist").delete(f"{path_of(desk)}/attachments/nonsense").status_code == 404
    response = who("artist").delete(there)
    assert (response.status_code, response.content) == (204, b"")
    until(lambda: not is_stored(system, one), what="an empty storage")
    (comment,) = comments_on(who("artist"), desk.task)
    assert [one["name"] for one in comment["attachment_files"]] == ["manager.txt"]


def test_a_file_of_another_comment_is_not_deleted(desk: Desk, who: As) -> None:
    """Even by the author of both."""
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
    one = row["attachment_files"][0]["id"]
    assert who("artist").delete(f"{path_of(desk)}/attachments/{one}").status_code == 403


# --- taking back and editing --------------------------------------------------------------------


EDITS: Any = [
    ({"text": "new"}, {"admin", "manager", "artist"}),
    ({"pinned": True}, {"admin", "manager", "artist", "supervisor", "modeler"}),
    (
        {"checklist": [{"text": "a", "checked": True}]},
        {"admin", "manager", "artist", "supervisor", "modeler", "second"},
    ),
]


@pytest.mark.parametrize(("body", "may"), EDITS)
def test_each_role_edits_its_fields_of_a_comment(
    system: System, desk: Desk, who: As, body: dict[str, Any], may: set[str]
) -> None:
    """Managers and author all; supervisors pin and check, assignees check."""
    desk.people["second"] = desk.people["colleague"]
    desk.link("task_person_link", task_id=desk.task, person_id=desk.people["second"])
    system.load(desk.tables)
    names = (
        "admin",
        "manager",
        "artist",
        "supervisor",
        "modeler",
        "animator",
        "second",
        "maker",
        "client",
        "vendor",
        "stranger",
    )
    codes = codes_of(system, desk, names, "PUT", f"/data/comments/{desk.comment}", body)
    assert {name for name, status in codes.items() if status == 200} == may
    assert set(codes.values()) == {200, 403}


def test_an_edited_text_updates_mentions(system: System, desk: Desk, who: As) -> None:
    """The editor is recorded."""
    row = post_comment(who("manager"), desk, "@Artist Example").json()
    with events_until(system, "comment:update") as found:
        response = who("manager").put(f"/data/comments/{row['id']}", {"text": "@Maker Example"})
    assert response.status_code == 200
    assert response.json()["editor_id"] == desk.people["manager"]
    shown = comments_on(who("admin"), desk.task)[0]
    assert shown["mentions"] == [desk.people["maker"]]
    assert shown["editor"]["id"] == desk.people["manager"]
    assert set(shown["editor"]) == {"first_name", "last_name", "has_avatar", "role", "id"}
    told = dict(found)["comment:update"]
    assert told["comment_id"] == row["id"]


def test_an_edited_status_updates_the_task(system: System, desk: Desk, who: As) -> None:
    """And emits events."""
    row = post_comment(who("artist"), desk, status="wip").json()
    with events_until(system, "task:status-changed") as found:
        who("artist").put(f"/data/comments/{row['id']}", {"task_status_id": desk.statuses["wfa"]})
    task = task_of(who("admin"), desk.task)
    assert task["task_status_id"] == desk.statuses["wfa"]
    assert task["end_date"]
    changed = dict(found)["task:status-changed"]
    assert changed == {
        "task_id": desk.task,
        "new_task_status_id": desk.statuses["wfa"],
        "previous_task_status_id": desk.statuses["wip"],
        "person_id": desk.people["artist"],
        "project_id": desk.project,
    }


def test_an_edit_obeys_the_status_rules(desk: Desk, who: As) -> None:
    """Artists may not set every status."""
    path, body = f"/data/comments/{desk.comment}", {"task_status_id": desk.statuses["secret"]}
    assert who("artist").put(path, body).status_code == 403
    assert who("artist").put(path, {"task_status_id": ident("nothing")}).status_code in {400, 404}
    assert who("artist").put(path, {"task_status_id": desk.status, "text": "x"}).status_code == 200
    assert who("manager").put(path, body).status_code == 200


def test_a_concept_without_comments_gets_the_default_status(
    system: System, desk: Desk, who: As
) -> None:
    """That of concepts."""
    neutral = desk.add(
        "task_status",
        "neutral",
        name="Neutral",
        short_name="neutral",
        color="#ccc",
        is_default=True,
        for_concept=True,
        archived=False,
        is_done=False,
        is_retake=False,
        is_wip=False,
        is_feedback_request=False,
        is_artist_allowed=True,
        is_client_allowed=True,
    )
    system.load(desk.tables)
    row = post_comment(who("artist"), desk, status="wip", task=desk.concept_task).json()
    who("artist").delete(f"/data/comments/{row['id']}")
    assert task_of(who("admin"), desk.concept_task)["task_status_id"] == neutral


def test_an_author_cannot_move_a_comment(desk: Desk, who: As) -> None:
    """To another task or to clients; only managers can."""
    body = {
        "person_id": desk.people["maker"],
        "object_id": desk.rigging,
        "for_client": True,
    }
    path = f"/data/comments/{desk.comment}"
    assert who("artist").put(path, body).status_code == 200
    row = who("admin").get(path).json()
    assert (row["person_id"], row["object_id"], bool(row["for_client"])) == (
        desk.people["artist"],
        desk.task,
        False,
    )
    assert who("manager").put(path, body).status_code == 200
    row = who("admin").get(path).json()
    assert (row["person_id"], row["object_id"], row["for_client"]) == (
        desk.people["maker"],
        desk.rigging,
        True,
    )


def test_a_moved_comment_updates_both_tasks(desk: Desk, who: As) -> None:
    """The former one and the new one."""
    row = post_comment(who("artist"), desk, status="wfa").json()
    who("manager").put(f"/data/comments/{row['id']}", {"object_id": desk.rigging})
    assert task_of(who("admin"), desk.task)["task_status_id"] == desk.status
    assert task_of(who("admin"), desk.rigging)["task_status_id"] == desk.statuses["wfa"]


def test_a_comment_cannot_move_to_a_foreign_production(system: System, desk: Desk, who: As) -> None:
    """The manager has no role there."""
    desk.join("maker", desk.other_project, role="manager")
    desk.tables["project_person_link"] = [
        link
        for link in desk.tables["project_person_link"]
        if (link["project_id"], link["person_id"]) != (desk.other_project, desk.people["manager"])
    ]
    there = desk.task_on(desk.foreign, "modeling", project_id=desk.other_project)
    system.load(desk.tables)
    response = who("manager").put(f"/data/comments/{desk.comment}", {"object_id": there})
    assert response.status_code == 403
    response = who("manager").put(f"/data/comments/{desk.comment}", {"object_id": ident("x")})
    assert response.status_code in {400, 404}
