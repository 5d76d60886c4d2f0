"""Comments many at a time: all or none, with files and previews."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.desk import Desk
from tests.running import Caller, System, until
from tests.system.tasks.actions import comments_on, events_until, task_of
from tests.system.tasks.conftest import As
from tests.system.tasks.test_previews import picture
from tests.world import ident


def item(desk: Desk, task: str, text: str = "hi", status: str = "todo", **more: Any) -> Any:
    """An item of comment-many."""
    return {"object_id": task, "task_status_id": desk.statuses[status], "comment": text, **more}


def entry(desk: Desk, task: str | None, text: str = "hi", status: str = "todo", **more: Any) -> Any:
    """An item of a batch."""
    named = {"task_id": task} if task else {}
    return {**named, "task_status_id": desk.statuses[status], "text": text, **more}


def many(caller: Caller, desk: Desk, body: Any, project: str | None = None) -> requests.Response:
    """Comment several tasks."""
    return caller.post(f"/actions/projects/{project or desk.project}/tasks/comment-many", body)


def batch(
    caller: Caller, items: Any, files: dict[str, Any] | None = None, task: str | None = None
) -> requests.Response:
    """Send a batch, as a form when files go with it."""
    path = f"/actions/tasks/{task}/batch-comment" if task else "/actions/tasks/batch-comment"
    if files is None:
        return caller.post(path, {"comments": items})
    form = {"comments": json.dumps(items)}
    return caller.send("POST", path, data=form, files=files)


def texts(desk: Desk, who: As) -> list[str]:
    """What was said on the entity's two tasks."""
    result = [comments_on(who("admin"), task) for task in (desk.task, desk.rigging)]
    return sorted(one["text"] for row in result for one in row if one["text"] != "Go")


# --- comment-many -------------------------------------------------------------------------------


def test_a_managers_comments_are_all_written(system: System, desk: Desk, who: As) -> None:
    """Answered in their order, each told of."""
    body = [item(desk, desk.rigging, "one", "wfa"), item(desk, desk.task, "two", links=["a"])]
    with events_until(system, "news:new", 2) as found:
        answer = many(who("manager"), desk, body)
    assert answer.status_code == 201, answer.text
    rows = answer.json()
    assert [(row["text"], row["object_id"], row["links"]) for row in rows] == [
        ("one", desk.rigging, []),
        ("two", desk.task, ["a"]),
    ]
    assert all(row["person"]["id"] == desk.people["manager"] for row in rows)
    assert [row["task_status"]["short_name"] for row in rows] == ["wfa", "todo"]
    told = [payload["comment_id"] for name, payload in found if name == "comment:new"]
    assert told == [row["id"] for row in rows]


@pytest.mark.parametrize(
    ("name", "kept"),
    [("artist", ["one"]), ("supervisor", ["one", "two"]), ("colleague", []), ("modeler", ["one"])],
)
def test_others_keep_what_they_work_on(desk: Desk, who: As, name: str, kept: list[str]) -> None:
    """As assignee or supervisor; the rest is dropped without a word."""
    answer = many(who(name), desk, [item(desk, desk.task, "one"), item(desk, desk.rigging, "two")])
    assert answer.status_code == 201, answer.text
    assert [row["text"] for row in answer.json()] == kept
    assert texts(desk, who) == kept


def test_items_that_lack_a_key_are_passed_over(desk: Desk, who: As) -> None:
    """The author is the caller, the time is now, whatever an item says."""
    body: list[Any] = [item(desk, desk.task) for _ in range(3)]
    for row, name in zip(body, ("object_id", "task_status_id", "comment"), strict=True):
        del row[name]
    extra = {"person_id": desk.people["artist"], "checklist": [{"text": "a"}]}
    (row,) = many(who("manager"), desk, [*body, item(desk, desk.task, "kept", **extra)]).json()
    assert (row["person_id"], row["checklist"]) == (desk.people["manager"], [])


@pytest.mark.parametrize("body", [{"a": 1}, "text", 3, [1]])
def test_many_comments_are_an_array(desk: Desk, who: As, body: Any) -> None:
    """Of objects."""
    answer = many(who("manager"), desk, body)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Request body must be a JSON array."


@pytest.mark.parametrize(
    ("wrong", "want"),
    [
        ({"object_id": ident("nothing")}, 404),
        ({"object_id": "nonsense"}, 404),
        ({"task_status_id": ident("nothing")}, 404),
        ({"comment": [3]}, 400),
        ({"links": 3}, 400),
    ],
)
def test_one_bad_item_leaves_none_written(
    desk: Desk, who: As, wrong: dict[str, Any], want: int
) -> None:
    """Wherever it stands."""
    body = [item(desk, desk.task), item(desk, desk.rigging) | wrong]
    assert many(who("manager"), desk, body).status_code == want
    assert texts(desk, who) == []


def test_a_status_not_theirs_refuses_them_all(desk: Desk, who: As) -> None:
    """For an artist."""
    body = [item(desk, desk.task), item(desk, desk.task, status="secret")]
    assert many(who("artist"), desk, body).status_code == 403
    assert texts(desk, who) == []


def test_the_tasks_must_be_the_managers_too(system: System, desk: Desk, who: As) -> None:
    """Whatever production the path names."""
    desk.join("maker", desk.other_project, role="manager")
    system.load(desk.tables)
    answer = many(who("maker"), desk, [item(desk, desk.task)], desk.other_project)
    assert answer.status_code == 403
    assert texts(desk, who) == []


def test_a_form_of_many_comments_may_bring_files(desk: Desk, who: As) -> None:
    """Named for their items."""
    path = f"/actions/projects/{desk.project}/tasks/comment-many"
    body = [item(desk, desk.task, "one"), item(desk, desk.rigging, "two")]
    response = who("manager").send(
        "POST",
        path,
        data={"comments": json.dumps(body)},
        files={"attachment_file-1-0": ("b.txt", b"b")},
    )
    assert response.status_code == 201, response.text
    assert [
        [attachment_file["name"] for attachment_file in row["attachment_files"]]
        for row in response.json()
    ] == [
        [],
        ["b.txt"],
    ]


# --- batches ------------------------------------------------------------------------------------


def test_a_batch_is_written_in_order(desk: Desk, who: As) -> None:
    """Several tasks, or one of them twice; the last word counts."""
    items = [
        entry(desk, desk.task, "one", "wip"),
        entry(desk, desk.rigging, "two"),
        entry(desk, desk.task, "three", "wfa", checklist=[{"text": "a"}]),
    ]
    answer = batch(who("manager"), items)
    assert answer.status_code == 201, answer.text
    assert [row["text"] for row in answer.json()] == ["one", "two", "three"]
    assert [row["preview_files"] for row in answer.json()] == [[], [], []]
    assert task_of(who("admin"), desk.task)["task_status_id"] == desk.statuses["wfa"]
    assert answer.json()[2]["checklist"] == [{"text": "a"}]


def test_a_task_has_a_batch_of_its_own(desk: Desk, who: As) -> None:
    """Whose items need not name it."""
    answer = batch(who("artist"), [entry(desk, None, "one")], task=desk.task)
    assert answer.status_code == 201, answer.text
    assert answer.json()[0]["object_id"] == desk.task


def test_a_batch_brings_files_and_previews(desk: Desk, who: As) -> None:
    """Each to its item; a picture becomes ready by itself."""
    items = [entry(desk, desk.task, f"{n}") for n in range(11)]
    files = {
        "attachment_file-0-0": ("a.txt", b"a"),
        "attachment_file-1": ("b.txt", b"b"),
        "attachment_file-10-0": ("k.txt", b"k"),
        "preview_file-0-0": ("p.png", picture(60, 40)),
        "preview_file-0-1": ("q.png", picture(30, 20)),
    }
    answer = batch(who("artist"), items, files)
    assert answer.status_code == 201, answer.text
    rows = answer.json()
    named = {
        n: [attachment_file["name"] for attachment_file in rows[n]["attachment_files"]]
        for n in (0, 1, 2, 10)
    }
    assert named == {0: ["a.txt"], 1: ["b.txt"], 2: [], 10: ["k.txt"]}
    first, second = rows[0]["preview_files"]
    assert (first["revision"], first["position"]) == (second["revision"], second["position"] - 1)
    assert rows[0]["previews"] == [first["id"], second["id"]]

    def ready() -> Any:
        body = who("artist").get(f"/data/preview-files/{first['id']}").json()
        return body["status"] == "ready" and body

    shown = until(ready, what="a ready preview")
    assert (shown["width"], shown["extension"]) == (60, "png")
    shown = who("artist").get(f"/pictures/originals/preview-files/{first['id']}.png")
    assert shown.status_code == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Missing required parameter: comments"),
        ({"comments": "[1"}, "Wrong value for parameter comments."),
        ({"comments": {"a": 1}}, "Wrong value for parameter comments."),
        ({"comments": [3]}, "Wrong value for parameter comments."),
    ],
)
def test_a_batch_is_an_array_of_comments(
    desk: Desk, who: As, body: dict[str, Any], message: str
) -> None:
    """Anything else is refused."""
    response = who("artist").post("/actions/tasks/batch-comment", body)
    assert (response.status_code, response.json()["message"]) == (400, message)


@pytest.mark.parametrize("missing", ["task_id", "task_status_id", "text"])
def test_a_batch_with_a_gap_is_refused_whole(
    system: System, desk: Desk, who: As, missing: str
) -> None:
    """Neither comments nor files stay."""
    wrong = entry(desk, desk.task)
    del wrong[missing]
    before = {path for path in system.storage.rglob("*") if path.is_file()}
    files = {"attachment_file-0": ("a.txt", b"a"), "preview_file-0": ("p.png", picture(6, 4))}
    answer = batch(who("artist"), [entry(desk, desk.task), wrong], files)
    assert answer.status_code == 400, answer.text
    assert answer.json()["data"]["errors"][0]["field"] == f"comments.1.{missing}"
    assert texts(desk, who) == []
    until(
        lambda: {path for path in system.storage.rglob("*") if path.is_file()} <= before,
        what="an empty storage",
    )


@pytest.mark.parametrize(
    ("change", "want"),
    [
        ({"task_id": "other"}, 403),
        ({"task_id": ident("nothing")}, 404),
        ({"status": "x"}, 404),
    ],
)
def test_a_batch_is_written_whole_or_not_at_all(
    desk: Desk, who: As, change: dict[str, Any], want: int
) -> None:
    """One task that isn't the caller's, or isn't there, is enough."""
    wrong = entry(desk, desk.rigging if change.get("task_id") == "other" else desk.task)
    if change.get("task_id") not in {"other", None}:
        wrong["task_id"] = change["task_id"]
    if "status" in change:
        wrong["task_status_id"] = ident("nothing")
    answer = batch(who("artist"), [entry(desk, desk.task), wrong])
    assert answer.status_code == want
    assert texts(desk, who) == []


def test_in_a_batch_too_only_managers_choose_author_and_time(desk: Desk, who: As) -> None:
    """As for one comment."""
    wish = {"person_id": desk.people["maker"], "created_at": "2026-01-02T03:04:05"}
    (row,) = batch(who("manager"), [entry(desk, desk.task, **wish)]).json()
    assert (row["person_id"], row["created_at"]) == (wish["person_id"], wish["created_at"])
    (row,) = batch(who("artist"), [entry(desk, desk.task, **wish)]).json()
    assert row["person_id"] == desk.people["artist"]
    assert row["created_at"] > "2026-01-06"


def test_a_mention_is_no_leave_for_a_batch(desk: Desk, who: As) -> None:
    """One answers with a comment."""
    who("manager").post(
        f"/actions/tasks/{desk.task}/comment",
        {"task_status_id": desk.status, "comment": "@Colleague Example"},
    )
    assert batch(who("colleague"), [entry(desk, desk.task)]).status_code == 403
