"""Editing comments, attaching files, and concurrent deletes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.common.errors import NotFound
from services.tasks.comments import write
from services.tasks.previews import rpc_actions, rpc_upload
from tests.desk import Desk
from tests.service.one_service import OneService
from tests.service.tasks.commenting import comments_on, post_comment, task_of


def edit(tasks: OneService, who: str, comment: str, **values: Any) -> None:
    """Change a comment."""
    tasks.call(who, "update_row", path="comments", ident=comment, data=values)


def mentioned(tasks: OneService, desk: Desk, comment: str) -> set[str]:
    """The names of the people notified of a mention."""
    names = {ident: name for name, ident in desk.people.items()}
    notes = tasks.rows("notification", comment_id=comment, type="mention")
    return {names[str(note["person_id"])] for note in notes}


def payloads_of(tasks: OneService, name: str) -> list[dict[str, Any]]:
    """The payloads of events."""
    return [payload for event, payload in tasks.emitted() if event == name]


def test_an_edit_notifies_newly_mentioned_people(tasks: OneService, desk: Desk) -> None:
    """Once; notifications of people no longer mentioned are deleted."""
    row = post_comment(tasks, desk, "artist", "@Manager Example look")
    assert mentioned(tasks, desk, row["id"]) == {"manager"}
    before = len(payloads_of(tasks, "notification:new"))
    edit(tasks, "artist", row["id"], text="@Manager Example and @Colleague Example look")
    assert mentioned(tasks, desk, row["id"]) == {"manager", "colleague"}
    (new,) = payloads_of(tasks, "notification:new")[before:]
    assert new["person_id"] == desk.people["colleague"]
    assert payloads_of(tasks, "notifications:written")[-1]["person_ids"] == [
        desk.people["colleague"]
    ]
    edit(tasks, "artist", row["id"], text="@Colleague Example look")
    assert mentioned(tasks, desk, row["id"]) == {"colleague"}
    edit(tasks, "artist", row["id"], text="never mind")
    assert mentioned(tasks, desk, row["id"]) == set()
    assert len(payloads_of(tasks, "notification:new")) == before + 1


def test_an_edit_notifies_mentioned_departments(tasks: OneService, desk: Desk) -> None:
    """Their members in the team, except the author."""
    row = post_comment(tasks, desk, "artist", "look")
    edit(tasks, "artist", row["id"], text="@Modeling look")
    assert mentioned(tasks, desk, row["id"]) == {"modeler"}
    edit(tasks, "artist", row["id"], text="@Modeling and @Modeler Example look")
    assert mentioned(tasks, desk, row["id"]) == {"modeler"}
    edit(tasks, "artist", row["id"], text="@Animation look")
    assert mentioned(tasks, desk, row["id"]) == {"animator"}


def test_an_edit_of_something_else_notifies_nobody(tasks: OneService, desk: Desk) -> None:
    """Nor takes anything back; other notifications of the comment stay in any case."""
    row = post_comment(tasks, desk, "manager", "@Colleague Example look")
    notes = tasks.rows("notification", comment_id=row["id"])
    edit(tasks, "manager", row["id"], pinned=True)
    assert tasks.rows("notification", comment_id=row["id"]) == notes
    edit(tasks, "manager", row["id"], text="look")
    kinds = [note["type"] for note in tasks.rows("notification", comment_id=row["id"])]
    assert kinds == ["comment"]


def test_an_edit_without_a_change_has_no_editor(tasks: OneService, desk: Desk) -> None:
    """Who may only tick the checklist doesn't become the editor of the text by sending nothing."""
    row = post_comment(tasks, desk, "manager", "look")
    edit(tasks, "artist", row["id"])
    assert [one["editor_id"] for one in tasks.rows("comment", id=row["id"])] == [None]
    edit(tasks, "artist", row["id"], checklist=[{"text": "a", "checked": True}])
    (ticked,) = tasks.rows("comment", id=row["id"])
    assert str(ticked["editor_id"]) == desk.people["artist"]


def test_an_edit_is_told_with_its_task(tasks: OneService, desk: Desk) -> None:
    """Clients show the task's comments anew, and know whose it is and for whom."""
    row = post_comment(tasks, desk, "manager", "look")
    edit(tasks, "manager", row["id"], text="see")
    ids = {"comment_id": row["id"], "task_id": desk.task, "project_id": desk.project}
    about = {"person_id": desk.people["manager"], "for_client": False}
    assert payloads_of(tasks, "comment:update") == [{**ids, **about}]


def test_attaching_and_detaching_files_emits_an_update(tasks: OneService, desk: Desk) -> None:
    """It invalidates cached lists."""
    at = {"task_id": desk.task, "comment_id": desk.comment}
    file = {"id": desk.project, "part": "f", "name": "a.txt", "extension": "txt", "size": 1}
    files = [{**file, "mimetype": "text/plain"}]
    (attached,) = tasks.call("artist", "add_attachments", **at, data={}, files=files)
    [changed] = payloads_of(tasks, "comment:update")
    ids = {"comment_id": desk.comment, "task_id": desk.task, "project_id": desk.project}
    assert changed == {**changed, **ids}
    assert changed.keys() - ids.keys() == {"person_id", "for_client"}
    tasks.call("artist", "delete_attachment", **at, attachment_id=attached["id"])
    assert payloads_of(tasks, "comment:update") == [changed, changed]


def test_comments_are_ordered_by_the_databases_clock(
    tasks: OneService, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica whose clock is behind gives the task a status all the same."""

    class Late(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) - timedelta(hours=1)

    post_comment(tasks, desk, "artist", "first", "wip")
    monkeypatch.setattr(write, "datetime", Late)
    post_comment(tasks, desk, "artist", "second", "wfa")
    assert task_of(tasks, desk.task)["task_status_id"] == desk.statuses["wfa"]
    assert [row["text"] for row in comments_on(tasks, desk.task)] == ["second", "first", "Go"]


# --- beside a delete ------------------------------------------------------------------------------


def delete(tasks: OneService, table: str, ident: str) -> None:
    """Delete a row and its references, as a concurrent request."""
    service = tasks.instance()
    rows = service.metadata.tables
    links = {
        "comment": ["comment_preview_link.comment"],
        "preview_file": ["comment_preview_link.preview_file"],
        "task": [
            "task_person_link.task_id",
            "preview_file.task_id",
            "comment.object_id",
            "time_spent.task_id",
        ],
    }
    for link in links[table]:
        name, column = link.split(".")
        gone = sa.delete(rows[name]).where(rows[name].c[column] == ident)
        service.tx.session.execute(gone)
    service.tx.session.execute(sa.delete(rows[table]).where(rows[table].c.id == ident))
    service.tx.commit()
    service.tx.close()


def test_a_comment_on_a_task_that_is_deleted_meanwhile(tasks: OneService, desk: Desk) -> None:
    """It is a 404."""
    team = tasks.fakes.replies["crud.list_team"]

    def meanwhile(project_id: str) -> Any:
        delete(tasks, "task", desk.task)
        return team(project_id)

    tasks.fakes.replies["crud.list_team"] = meanwhile
    with pytest.raises(NotFound):
        post_comment(tasks, desk, "artist", "@Manager Example look")


def test_a_preview_of_a_comment_that_is_deleted_meanwhile(
    tasks: OneService, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a 404."""
    check = rpc_upload.check_may

    def meanwhile(*found: Any) -> None:
        check(*found)
        delete(tasks, "comment", desk.comment)

    monkeypatch.setattr(rpc_upload, "check_may", meanwhile)
    at = {"task_id": desk.task, "comment_id": desk.comment}
    with pytest.raises(NotFound):
        tasks.call("artist", "add_preview", **at, data={})


@pytest.mark.parametrize(
    ("method", "data"),
    [
        ("place_preview", {"position": 1}),
        ("annotate_preview", {"additions": [{"time": 1}]}),
    ],
)
def test_a_preview_that_is_deleted_meanwhile(
    tasks: OneService,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    data: dict[str, Any],
) -> None:
    """It is a 404."""
    find = rpc_actions.preview_to_act_on

    def meanwhile(*asked: Any) -> Any:
        found = find(*asked)
        delete(tasks, "preview_file", desk.preview)
        return found

    monkeypatch.setattr(rpc_actions, "preview_to_act_on", meanwhile)
    with pytest.raises(NotFound):
        tasks.call("artist", method, ident=desk.preview, data=data)


def test_a_checklist_is_never_null(tasks: OneService, desk: Desk) -> None:
    """Created without one, or emptied."""
    ids = {"object_id": desk.task, "task_status_id": desk.status, "person_id": desk.admin}
    data = {**ids, "object_type": "Task"}
    row = tasks.call("admin", "create_row", path="comments", data={**data, "checklist": None})
    assert row["checklist"] == []
    edit(tasks, "admin", row["id"], checklist=[{"text": "a", "checked": False}])
    edit(tasks, "admin", row["id"], checklist=None)
    [stored] = [said for said in tasks.rows("comment") if str(said["id"]) == row["id"]]
    assert stored["checklist"] == []
