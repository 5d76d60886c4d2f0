"""Single comments: permissions and content."""

from __future__ import annotations

from tests.desk import Desk
from tests.running import System, until
from tests.system.tasks.actions import comments_on, is_stored, post_comment
from tests.system.tasks.conftest import As
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


def test_a_comment_is_returned_complete(desk: Desk, who: As) -> None:
    """With defaults, status and author, without the author's secrets."""
    response = who("artist").post(
        f"/actions/tasks/{desk.task}/comment", {"task_status_id": desk.status}
    )
    assert response.status_code == 201, response.text
    row = response.json()
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


def test_a_form_may_attach_files(desk: Desk, who: As) -> None:
    """Whatever the parts are called; lists are JSON text."""
    response = who("artist").send(
        "POST",
        f"/actions/tasks/{desk.task}/comment",
        data={"task_status_id": desk.status, "comment": "see", "checklist": '[{"text":"a"}]'},
        files=[("file", ("a.txt", b"one")), ("other-1", ("b.PNG", b"two"))],
    )
    assert response.status_code == 201, response.text
    row = response.json()
    assert row["checklist"] == [{"text": "a"}]
    first, second = sorted(row["attachment_files"], key=lambda one: one["name"])
    assert set(first) == {"id", "name", "extension", "size"}
    assert (first["name"], first["extension"], first["size"]) == ("a.txt", "txt", 3)
    for one, content in ((first, b"one"), (second, b"two")):
        path = f"/data/attachment-files/{one['id']}/file/{one['name']}"
        assert who("colleague").get(path).content == content
        assert who("stranger").get(path).status_code == 403


def test_a_rejected_comment_leaves_nothing(system: System, desk: Desk, who: As) -> None:
    """Neither a row nor a file, whatever the reason."""
    before = {path for path in system.storage.rglob("*") if path.is_file()}
    for name, status in (("colleague", desk.status), ("artist", ident("nothing"))):
        response = who(name).send(
            "POST",
            f"/actions/tasks/{desk.task}/comment",
            data={"task_status_id": status},
            files={"file": ("a.txt", b"one")},
        )
        assert response.status_code in {403, 404}
    assert len(comments_on(who("admin"), desk.task)) == 1
    until(
        lambda: {path for path in system.storage.rglob("*") if path.is_file()} <= before,
        what="an empty storage",
    )


def test_the_entity_s_creator_may_add_previews(desk: Desk, who: As) -> None:
    """As everybody who may comment, but not the rest of the team."""
    path = f"/actions/tasks/{desk.task}/comments/{desk.comment}/add-preview"
    assert who("maker").post(path, {}).status_code == 201
    assert who("colleague").post(path, {}).status_code == 403


def test_former_team_members_may_not_comment(system: System, desk: Desk, who: As) -> None:
    """Though still assigned."""
    person = desk.people["artist"]
    who("manager").delete(f"/data/projects/{desk.project}/team/{person}")
    assert post_comment(who("artist"), desk).status_code == 403


def test_the_role_in_the_production_decides(system: System, desk: Desk, who: As) -> None:
    """A studio manager who is an artist here counts as an artist."""
    link = {"project_id": desk.project, "person_id": desk.people["manager"]}
    for row in desk.tables["project_person_link"]:
        if {name: row[name] for name in link} == link:
            row["role"] = "user"
    system.load(desk.tables)
    assert post_comment(who("manager"), desk).status_code == 403


def test_the_files_of_a_deleted_comment_are_deleted(system: System, desk: Desk, who: As) -> None:
    """By event, shortly after."""
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
    (attachment_file,) = row["attachment_files"]
    assert is_stored(system, attachment_file["id"])
    assert who("artist").delete(f"/data/comments/{row['id']}").status_code == 204
    until(lambda: not is_stored(system, attachment_file["id"]), what="an empty storage")
