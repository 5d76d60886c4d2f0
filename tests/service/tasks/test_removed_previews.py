"""Deleting previews, and comments that are the only ones to show them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desk import Desk
from tests.service.one_service import OneService
from tests.service.tasks.commenting import task_of

Events = list[tuple[str, dict[str, Any]]]


class Shown:
    """Two revisions of the task, each shown by a comment; the second is the main preview."""

    def __init__(self, tasks: OneService, desk: Desk) -> None:
        self.tasks, self.desk = tasks, desk
        self.comments = [desk.add_comment("first", "artist"), desk.add_comment("second", "artist")]
        self.previews = [self.preview(f"r{n}", n) for n in (2, 3)]
        for comment, preview in zip(self.comments, self.previews, strict=True):
            self.link(comment, preview)
        self.fill(self.previews[1])

    def preview(self, name: str, revision: int, **values: Any) -> str:
        """One more preview of the task."""
        arguments = {"status": "ready", "validation_status": "neutral", "position": 1, **values}
        return self.desk.add(
            "preview_file", name, name=name, task_id=self.desk.task, revision=revision, **arguments
        )

    def link(self, comment: str, preview: str) -> None:
        """Let a comment show a preview."""
        self.desk.link("comment_preview_link", comment=comment, preview_file=preview)

    def fill(self, last: str) -> None:
        """Begin, with the task's last preview, which is the main one of its entity."""
        self.desk.row("task", self.desk.task)["last_preview_file_id"] = last
        brief = {self.desk.asset: {"entity_name": "Hero", "preview_file_id": last}}
        self.tasks.fakes.replies["assets.list_entities_in_brief"] = brief
        self.tasks.fill(self.desk)

    def last(self) -> str | None:
        """The task's last preview."""
        result: str | None = task_of(self.tasks, self.desk.task)["last_preview_file_id"]
        return result

    def there(self) -> set[str]:
        """The previews that are left."""
        return {str(row["id"]) for row in self.tasks.rows("preview_file")}

    def gone(self) -> list[str]:
        """The previews that the other services and the storage hear of."""
        return [
            ident
            for name, payload in self.tasks.emitted()
            if name == "rows:gone" and payload["table"] == "preview_file"
            for ident in payload["ids"]
        ]


@pytest.fixture
def shown(tasks: OneService, desk: Desk) -> Shown:
    """The task with its revisions."""
    return Shown(tasks, desk)


WAYS = {
    "the comment": lambda s: {"path": "comments", "ident": s.comments[1]},
    "the preview": lambda s: {"path": "preview-files", "ident": s.previews[1]},
}


@pytest.mark.parametrize("way", [*WAYS, "the comment of its task", "the preview of its comment"])
def test_the_revision_before_takes_the_place(shown: Shown, way: str) -> None:
    """As the task's last preview and as the entity's main one, however it goes."""
    tasks, desk, (first, second) = shown.tasks, shown.desk, shown.previews
    at = {"task_id": desk.task, "comment_id": shown.comments[1]}
    if way in WAYS:
        tasks.call("admin", "delete_row", **WAYS[way](shown))
    elif way == "the comment of its task":
        tasks.call("artist", "delete_comment_of_task", **at)
    else:
        tasks.call("artist", "remove_comment_preview", **at, ident=second)
    assert shown.there() == {desk.preview, first}
    assert shown.gone() == [second]
    assert shown.last() == first
    events = tasks.emitted()
    order = [name for name, _ in events if name.startswith("preview-file:")]
    assert order == ["preview-file:set-main", "preview-file:delete"]
    main = {
        "entity_id": desk.asset,
        "preview_file_id": first,
        "preview_file_status": "ready",
        "instead_of": second,
    }
    assert ("preview-file:set-main", {**main, "project_id": desk.project}) in events
    deleted = [name for name, _ in events].count("preview-file:delete")
    assert deleted == 1


def test_what_another_comment_shows_stays(shown: Shown) -> None:
    """Only the link goes."""
    shown.link(shown.comments[0], shown.previews[1])
    shown.fill(shown.previews[1])
    shown.tasks.call("admin", "delete_row", path="comments", ident=shown.comments[1])
    assert shown.previews[1] in shown.there()
    assert (shown.gone(), shown.last()) == ([], shown.previews[1])


def test_without_a_revision_before_there_is_none(shown: Shown) -> None:
    """``assets`` empties the main preview once the row is gone; nothing is set in its place."""
    for ident in (shown.desk.preview, shown.previews[0]):
        shown.tasks.call("admin", "delete_row", path="preview-files", ident=ident)
    shown.tasks.call("admin", "delete_row", path="comments", ident=shown.comments[1])
    assert (shown.there(), shown.last()) == (set(), None)
    assert "preview-file:set-main" not in dict(shown.tasks.emitted())


def test_what_was_not_the_main_preview_changes_no_entity(shown: Shown) -> None:
    """Nor the task's last."""
    shown.tasks.call("admin", "delete_row", path="comments", ident=shown.comments[0])
    assert shown.last() == shown.previews[1]
    assert "preview-file:set-main" not in dict(shown.tasks.emitted())


def test_a_revision_without_a_file_is_no_main_preview(shown: Shown) -> None:
    """It would show nothing; the one before it does."""
    broken = shown.preview("broken", 4, status="broken")
    newest = shown.preview("newest", 5)
    shown.fill(newest)
    shown.tasks.call("admin", "delete_row", path="preview-files", ident=newest)
    main = dict(shown.tasks.emitted())["preview-file:set-main"]
    assert main["preview_file_id"] == shown.previews[1]
    assert shown.last() == broken


def test_a_changed_preview_is_told_as_clients_know_it(shown: Shown) -> None:
    """Without its production, which the log has all the same."""
    preview = shown.previews[0]
    change = {"path": "preview-files", "ident": preview, "data": {"name": "front"}}
    shown.tasks.call("admin", "update_row", **change)
    assert shown.tasks.emitted() == [("preview-file:update", {"preview_file_id": preview})]
    (row,) = shown.tasks.rows("outbox")
    assert str(row["project_id"]) == shown.desk.project
