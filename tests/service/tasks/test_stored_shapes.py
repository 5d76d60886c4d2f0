"""JSON columns with a shape: refused at the door, borne with where an import brought them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.common.errors import InvalidInput, ServiceError
from tests.desk import Desk
from tests.service.one_service import OneService
from tests.service.tasks.commenting import body, comments_on, post_comment

WRONG: list[Any] = ["x", 1, {"a": 1}, [1], ["x"], [None], [[]]]
WRONG_CHECKLISTS = [*WRONG, [{"text": 1}], [{"checked": "x"}]]
WRONG_ANNOTATIONS = [
    *WRONG,
    [{"time": "x"}],
    [{"drawing": []}],
    [{"drawing": {"objects": {}}}],
    [{"drawing": {"objects": [1]}}],
    [{"drawing": {"objects": [{"id": []}]}}],
]
WRONG_DELETIONS: list[Any] = [
    "x",
    {"a": 1},
    [1],
    [None],
    [{"time": "x"}],
    [{"objects": "x"}],
    [{"objects": [[]]}],
    [{"objects": [{}]}],
]
WRONG_REPLIES = [*WRONG, [{"id": 1}], [{"person_id": 3}], [{"mentions": "x"}]]


def refused(call: Callable[[], Any], field: str) -> None:
    """Check that a call is refused, and that the refusal names the field."""
    with pytest.raises(ServiceError) as refusal:
        call()
    assert refusal.value.kind in {"invalid-input", "integrity"}
    assert field in f"{refusal.value.message} {refusal.value.data}"


@pytest.mark.parametrize("wrong", WRONG_CHECKLISTS)
def test_a_checklist_is_lines(tasks: OneService, desk: Desk, wrong: Any) -> None:
    """On every route that writes one; nothing is written."""
    item = body(desk, checklist=wrong)
    batch = {**item, "text": item.pop("comment"), "task_id": desk.task}
    refused(lambda: post_comment(tasks, desk, "artist", "x", checklist=wrong), "checklist")
    refused(lambda: tasks.call("admin", "batch_comment", data={"comments": [batch]}), "checklist")
    at = {"path": "comments", "ident": desk.comment}
    refused(
        lambda: tasks.call("artist", "update_row", **at, data={"checklist": wrong}), "checklist"
    )
    assert [row["text"] for row in comments_on(tasks, desk.task)] == ["Go"]


@pytest.mark.parametrize("good", [[], [{"text": "a", "checked": True, "frame": 3}], [{}]])
def test_a_checklist_keeps_what_else_it_holds(tasks: OneService, desk: Desk, good: Any) -> None:
    """Clients note frames and revisions in its lines."""
    assert post_comment(tasks, desk, "artist", "x", checklist=good)["checklist"] == good


def test_a_checklist_that_is_not_there_is_empty(tasks: OneService, desk: Desk) -> None:
    """Old comments have none, and imports bring some."""
    with tasks.database.raw.cursor() as cursor:
        cursor.execute("UPDATE comment SET checklist = NULL")
    at = {"path": "comments", "ident": desk.comment}
    shown = [
        *comments_on(tasks, desk.task),
        *tasks.call("admin", "list_task_comments", task_id=desk.task),
        *tasks.call("admin", "list_rows", path="comments", query={}),
        *tasks.call("admin", "list_rows", path="comments", query={"page": "1"})["data"],
        tasks.call("admin", "read_row", **at),
        tasks.call("admin", "update_row", **at, data={"text": "Gone"}),
    ]
    assert [row["checklist"] for row in shown] == [[]] * 6


@pytest.mark.parametrize("wrong", WRONG_ANNOTATIONS)
def test_annotations_are_drawings(tasks: OneService, desk: Desk, wrong: Any) -> None:
    """By a change of them or of the row; nothing is written."""
    at = {"path": "preview-files", "ident": desk.preview}
    arguments = {"annotations": wrong}
    refused(lambda: tasks.call("artist", "update_row", **at, data=arguments), "annotations")
    for name in ("additions", "updates"):
        arguments = {"ident": desk.preview, "data": {name: wrong}}
        with pytest.raises(InvalidInput, match="Validation") as refusal:
            tasks.call("artist", "annotate_preview", **arguments)
        assert name in str(refusal.value.data)
    (row,) = tasks.rows("preview_file", id=desk.preview)
    assert row["annotations"] is None


@pytest.mark.parametrize("wrong", WRONG_DELETIONS)
def test_deletions_name_objects_by_ids(tasks: OneService, desk: Desk, wrong: Any) -> None:
    """Of a time, or by themselves."""
    arguments = {"ident": desk.preview, "data": {"deletions": wrong}}
    refused(lambda: tasks.call("artist", "annotate_preview", **arguments), "deletions")


@pytest.mark.parametrize("stored", WRONG_REPLIES)
def test_replies_of_no_shape_are_none(tasks: OneService, desk: Desk, stored: Any) -> None:
    """The task's comments are read, replied to, and told of all the same."""
    odd = desk.add_comment("odd", "artist", replies=stored)
    tasks.fill(desk)
    assert len(comments_on(tasks, desk.task)) == 2
    assert tasks.call("artist", "read_row", path="comments", ident=odd)["replies"] == []
    at = {"task_id": desk.task, "comment_id": odd}
    reply = tasks.call("manager", "reply_to_comment", **at, data={"text": "ok"})
    tasks.fakes.replies["crud.list_project_names"] = {}
    assert tasks.call("artist", "list_notifications", query={})
    assert tasks.call("manager", "delete_reply", **at, reply_id=reply["id"])["replies"] == []


@pytest.mark.parametrize("stored", WRONG_ANNOTATIONS)
def test_annotations_of_no_shape_are_none(tasks: OneService, desk: Desk, stored: Any) -> None:
    """They are drawn on all the same."""
    desk.row("preview_file", desk.preview)["annotations"] = stored
    tasks.fill(desk)
    drawn = [{"time": 1, "drawing": {"objects": [{"id": "a"}]}}]
    arguments = {"ident": desk.preview, "data": {"additions": drawn}}
    assert tasks.call("artist", "annotate_preview", **arguments)["annotations"] == drawn


@pytest.mark.parametrize("stored", ["x", 1, [1]])
def test_data_of_no_shape_is_empty(tasks: OneService, desk: Desk, stored: Any) -> None:
    """A task's is merged with what comes, an entity's limits no retakes."""
    desk.row("task", desk.task)["data"] = stored
    desk.row("entity", desk.asset)["data"] = stored
    tasks.fill(desk)
    arguments = {"path": "tasks", "ident": desk.task, "data": {"data": {"a": 1}}}
    assert tasks.call("manager", "update_row", **arguments)["data"] == {"a": 1}
    assert post_comment(tasks, desk, "manager", "again", "retake")["text"] == "again"


@pytest.mark.parametrize(
    ("path", "field"),
    [("tasks", "data"), ("comments", "data"), ("preview-files", "data")],
)
@pytest.mark.parametrize("wrong", ["x", 1, [1]])
def test_data_is_an_object(
    tasks: OneService, desk: Desk, path: str, field: str, wrong: Any
) -> None:
    """Or null."""
    ident = {"tasks": desk.task, "comments": desk.comment, "preview-files": desk.preview}[path]
    arguments = {"path": path, "ident": ident, "data": {field: wrong}}
    refused(lambda: tasks.call("admin", "update_row", **arguments), field)


def test_fields_of_other_routes_are_not_writable(tasks: OneService, desk: Desk) -> None:
    """A comment's author neither forges replies nor acknowledges for others."""
    desk.link("comment_preview_link", comment=desk.comment, preview_file=desk.preview)
    tasks.fill(desk)
    at = {"task_id": desk.task, "comment_id": desk.comment}
    reply = tasks.call("manager", "reply_to_comment", **at, data={"text": "Redo it"})
    forged = {
        "replies": [{**reply, "text": "Approved", "person": None}],
        "acknowledgements": [desk.people["manager"]],
        "previews": [],
        "mentions": [desk.people["manager"]],
        "object_type": "Entity",
    }
    row = {"path": "comments", "ident": desk.comment}
    for who in ("artist", "manager"):
        tasks.call(who, "update_row", **row, data=forged)
        found = tasks.call("admin", "read_row", **row)
        assert [one["text"] for one in found["replies"]] == ["Redo it"]
        assert (found["acknowledgements"], found["mentions"]) == ([], [])
        assert (found["previews"], found["object_type"]) == ([desk.preview], "Task")


def test_assignees_cannot_change_file_fields_of_a_preview(tasks: OneService, desk: Desk) -> None:
    """What uploading and processing set stays; the verdict is theirs to change."""
    forged = {
        "person_id": desk.people["manager"],
        "path": "/etc/passwd",
        "extension": "exe",
        "status": "broken",
        "file_size": 3,
        "position": 7,
    }
    row = {"path": "preview-files", "ident": desk.preview}
    (before,) = tasks.rows("preview_file", id=desk.preview)
    data = {**forged, "validation_status": "rejected"}
    reply = tasks.call("artist", "update_row", **row, data=data)
    assert reply["validation_status"] == "rejected"
    (after,) = tasks.rows("preview_file", id=desk.preview)
    assert {name: after[name] for name in forged} == {name: before[name] for name in forged}


def test_an_unreadable_checklist_in_a_form_is_refused(tasks: OneService, desk: Desk) -> None:
    """As text, too, which is how forms send it."""
    with pytest.raises(InvalidInput):
        post_comment(tasks, desk, "artist", "x", checklist="[1]")
