"""Rejected previews are not there for clients, whatever shows previews."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from services.common.errors import InvalidInput
from tests.desk import Desk
from tests.service.one_service import FORBIDDEN, OK, OneService
from tests.service.tasks.rights.standing import leave


@pytest.fixture
def rejected(tasks: OneService, desk: Desk) -> str:
    """A rejected preview of a comment for clients, beside one that was not."""
    common = {"task_id": desk.task, "status": "ready", "revision": 2, "extension": "png"}
    bad = desk.add(
        "preview_file", "bad", name="bad", validation_status="rejected", position=1, **common
    )
    good = desk.add(
        "preview_file", "good", name="good", validation_status="validated", position=2, **common
    )
    said = desk.add_comment("look", "manager", for_client=True)
    for preview in (bad, good):
        desk.link("comment_preview_link", comment=said, preview_file=preview)
    desk.link("task_person_link", task_id=desk.task, person_id=desk.people["client"])
    tasks.fill(desk)
    return bad


def ways(desk: Desk) -> dict[str, dict[str, Any]]:
    """What shows previews, and its arguments."""
    comment = desk.tables["comment"][-1]["id"]
    query = {"query": {"relations": "true", "with_previews": "true"}}
    at = {"task_id": desk.task, "comment_id": comment}
    return {
        "list_task_previews": {"task_id": desk.task},
        "list_previews_of": {"kind": "asset", "ident": desk.asset},
        "list_entity_previews": {"entity_id": desk.asset},
        "list_rows": {"path": "preview-files"},
        "list_task_comments": {"task_id": desk.task},
        "read_row": {"path": "comments", "ident": comment, **query},
        "read_task_comment": at,
        "acknowledge_comment": at,
        "place_preview": {
            "ident": next(r["id"] for r in desk.tables["preview_file"] if r["name"] == "good"),
            "data": {"position": 2},
        },
    }


def test_no_way_shows_clients_a_rejected_preview(
    tasks: OneService, desk: Desk, rejected: str
) -> None:
    """All show it to others, and to clients the one beside it."""
    for method, asked in ways(desk).items():
        for who, shown in (("supervisor", True), ("client", False)):
            text = msgspec.json.encode(tasks.call(who, method, **asked)).decode()
            assert (rejected in text) is shown, (method, who)
            assert "good" in text or desk.tables["preview_file"][-1]["id"] in text


def test_nor_its_row_and_its_pictures(tasks: OneService, desk: Desk, rejected: str) -> None:
    """By id."""
    for method, asked in {
        "read_row": {"path": "preview-files", "ident": rejected},
        "send_picture": {"file": f"{rejected}.png", "shape": "thumbnails"},
        "send_original": {"file": f"{rejected}.png"},
        "annotate_preview": {"ident": rejected, "data": {}},
        "place_preview": {"ident": rejected, "data": {"position": 1}},
    }.items():
        want = {"client": FORBIDDEN, "supervisor": OK}
        assert tasks.outcomes(want, method, **asked) == want, method
    pages = tasks.call("client", "list_rows", path="preview-files", query={"page": "1"})
    assert (pages["total"], len(pages["data"])) == (2, 2)


def test_a_comment_with_rejected_previews_only_is_not_there_for_clients(
    tasks: OneService, desk: Desk, rejected: str
) -> None:
    """Its words are not theirs, and there is nothing else to see."""
    said = desk.add_comment("STUDIO words", "manager")
    desk.link("comment_preview_link", comment=said, preview_file=rejected)
    tasks.fill(desk)
    found = tasks.call("client", "list_task_comments", task_id=desk.task)
    assert said not in {comment["id"] for comment in found}


def test_an_assignee_who_left_changes_no_preview(tasks: OneService, desk: Desk) -> None:
    """As long as they are in the team they do."""
    change = {"path": "preview-files", "ident": desk.preview, "data": {"annotations": []}}
    assert tasks.outcomes(["artist"], "update_row", **change) == {"artist": OK}
    leave(desk, "artist")
    assert tasks.outcomes(["artist"], "update_row", **change) == {"artist": FORBIDDEN}


def test_supervisors_of_the_department_edit_previews(tasks: OneService, desk: Desk) -> None:
    """As they edit its tasks; one of another department doesn't."""
    edit = {"path": "preview-files", "ident": desk.preview, "data": {"description": "see"}}
    want = dict.fromkeys(("animator", "client", "vendor", "stranger"), FORBIDDEN)
    want |= {"supervisor": OK, "modeler": OK}
    assert tasks.outcomes(want, "update_row", **edit) == want


def test_who_works_on_the_task_takes_previews_off_its_comments(
    tasks: OneService, desk: Desk
) -> None:
    """Whoever wrote the comment, if they read it."""
    said = desk.add_comment("look", "manager")
    desk.link("comment_preview_link", comment=said, preview_file=desk.preview)
    tasks.fakes.replies["assets.list_entities_in_brief"] = {}
    tasks.fill(desk)
    at = {"task_id": desk.task, "comment_id": said, "ident": desk.preview}
    outsiders = ("client", "vendor", "stranger")
    refused = tasks.outcomes(outsiders, "remove_comment_preview", **at)
    assert refused == dict.fromkeys(outsiders, FORBIDDEN)
    assert tasks.outcomes(["artist"], "remove_comment_preview", **at) == {"artist": OK}


def test_previews_are_listed_by_production(tasks: OneService, desk: Desk) -> None:
    """The parameter is no column of theirs."""
    for project, want in ((desk.project, [desk.preview]), (desk.past, [])):
        query = {"project_id": project}
        rows = tasks.call("admin", "list_rows", path="preview-files", query=query)
        assert [row["id"] for row in rows] == want
    with pytest.raises(InvalidInput):
        tasks.call("admin", "list_rows", path="preview-files", query={"project_id": "x"})
