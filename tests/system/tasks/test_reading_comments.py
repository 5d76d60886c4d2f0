"""Comments as each role reads them."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.local.parts import Parts
from services.tasks.service import TasksService
from tests.desk import Desk
from tests.running import System
from tests.statements import recorded_statements
from tests.system.tasks.actions import codes_of, comments_on
from tests.system.tasks.conftest import As
from tests.world import ident

SHOWN = {
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
    "person",
    "task_status",
    "acknowledgements",
    "mentions",
    "department_mentions",
    "previews",
    "attachment_files",
}
PREVIEW = {
    "id",
    "task_id",
    "revision",
    "extension",
    "width",
    "height",
    "duration",
    "status",
    "validation_status",
    "original_name",
    "position",
    "annotations",
}


@pytest.fixture
def thread(system: System, desk: Desk) -> Desk:
    """A task with comments of studio and clients; each text is its author's name."""
    for number, (name, who, values) in enumerate(
        (
            ("studio", "manager", {}),
            ("for client", "manager", {"for_client": True}),
            ("client", "client", {}),
            ("rival", "rival", {}),
            ("pictures", "artist", {}),
            ("vendor", "hired", {}),
        )
    ):
        desk.add_comment(name, who, created_at=f"2026-02-0{number + 1}T10:00:00", **values)
    reply = {
        "id": ident("reply"),
        "date": "2026-02-05T10:00:00",
        "text": "well",
        "mentions": [],
        "person_id": desk.people["manager"],
        "department_mentions": [],
    }
    for name in ("pictures", "for client"):
        desk.row("comment", ident(f"comment {name}"))["replies"] = [reply]
    desk.row("comment", ident("comment pictures"))["checklist"] = [{"text": "a"}]
    for name, verdict in (("good", "neutral"), ("bad", "rejected")):
        made = desk.add(
            "preview_file",
            name,
            name=name,
            task_id=desk.task,
            revision=2,
            status="ready",
            validation_status=verdict,
            position=1 + (name == "bad"),
            extension="png",
        )
        desk.link("comment_preview_link", comment=ident("comment pictures"), preview_file=made)
    desk.tables["comment"] = [row for row in desk.tables["comment"] if row["text"] != "Go"]
    system.load(desk.tables)
    return desk


EVERYTHING = ["vendor", "pictures", "rival", "client", "for client", "studio"]
OF_STUDIO = ["vendor", "pictures", "for client", "studio"]


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("admin", EVERYTHING),
        ("manager", EVERYTHING),
        ("supervisor", EVERYTHING),
        ("artist", OF_STUDIO),
        ("colleague", OF_STUDIO),
        ("hired", OF_STUDIO),
        ("client", ["", "rival", "client", "for client"]),
    ],
)
def test_each_role_sees_its_comments(thread: Desk, who: As, name: str, want: list[str]) -> None:
    """Newest first."""
    assert [row["text"] for row in comments_on(who(name), thread.task)] == want


def test_a_comment_is_shown_with_its_relations(thread: Desk, who: As) -> None:
    """People, status and previews as objects."""
    result = {row["text"]: row for row in comments_on(who("manager"), thread.task)}
    row = result["pictures"]
    assert set(row) == SHOWN
    assert set(row["person"]) == {
        "first_name",
        "last_name",
        "full_name",
        "has_avatar",
        "role",
        "id",
    }
    assert set(row["task_status"]) == {"name", "short_name", "color", "id"}
    assert [set(preview) for preview in row["previews"]] == [PREVIEW, PREVIEW]
    assert [preview["original_name"] for preview in row["previews"]] == [None, None]
    assert row["replies"][0]["person"]["full_name"] == "Manager Example"


def test_clients_see_previews_but_no_internal_comments(thread: Desk, who: As) -> None:
    """Nor assignees, nor the validation status of previews."""
    blank, rival, own, meant = comments_on(who("client"), thread.task)
    assert blank == {
        **blank,
        "text": "",
        "replies": [],
        "checklist": [],
        "attachment_files": [],
        "person": None,
    }
    assert [one["validation_status"] for one in blank["previews"]] == ["neutral"]
    assert own["person"]["id"] == thread.people["client"]
    assert rival["person"]["id"] == thread.people["rival"]
    assert meant["person"] is None
    assert [one["person"] for one in meant["replies"]] == [None]


def test_isolated_clients_see_their_own_comments(system: System, thread: Desk, who: As) -> None:
    """And those marked for clients."""
    thread.row("project", thread.project)["is_clients_isolated"] = True
    system.load(thread.tables)
    assert [row["text"] for row in comments_on(who("client"), thread.task)] == [
        "",
        "client",
        "for client",
    ]
    for name, want in (("rival", 403), ("client", 200), ("for client", 200)):
        path = f"/data/comments/{ident(f'comment {name}')}"
        assert who("client").get(path).status_code == want, name


def test_comments_are_for_readers_of_the_task(system: System, thread: Desk) -> None:
    """A vendor needs a task on the entity."""
    names = ("colleague", "client", "hired", "vendor", "stranger")
    codes = codes_of(system, thread, names, "GET", f"/data/tasks/{thread.task}/comments")
    assert list(codes.values()) == [200, 200, 200, 403, 403]
    for wrong in ("nonsense", ident("nothing")):
        path = f"/data/tasks/{wrong}/comments"
        assert codes_of(system, thread, ("artist",), "GET", path) == {"artist": 404}


SINGLE: Any = [
    ("studio", {"admin", "manager", "supervisor", "artist", "hired"}),
    ("for client", {"admin", "manager", "supervisor", "artist", "hired", "client"}),
    ("client", {"admin", "manager", "supervisor", "client"}),
    ("rival", {"admin", "manager", "supervisor", "client"}),
]


@pytest.mark.parametrize(("name", "may"), SINGLE)
def test_a_single_comment_has_the_same_permissions(
    system: System, thread: Desk, name: str, may: set[str]
) -> None:
    """On either path."""
    comment = ident(f"comment {name}")
    names = ("admin", "manager", "supervisor", "artist", "hired", "client", "vendor", "stranger")
    for path in (
        f"/data/comments/{comment}",
        f"/data/tasks/{thread.task}/comments/{comment}",
    ):
        codes = codes_of(system, thread, names, "GET", path)
        assert {one for one, status in codes.items() if status == 200} == may
        assert set(codes.values()) == {200, 403}


def test_a_comment_is_found_on_its_own_task_only(thread: Desk, who: As) -> None:
    """On other tasks it is a 404."""
    comment = ident("comment studio")
    for task, one in (
        (thread.rigging, comment),
        (thread.task, ident("x")),
        (thread.task, "nonsense"),
    ):
        assert who("admin").get(f"/data/tasks/{task}/comments/{one}").status_code == 404


def test_a_single_comment_may_include_its_previews(thread: Desk, who: As) -> None:
    """As ids or as rows."""
    path = f"/data/comments/{ident('comment pictures')}"
    plain = who("manager").get(path).json()
    assert sorted(plain["previews"]) == sorted(ident(f"preview_file {n}") for n in ("good", "bad"))
    whole = who("manager").get(f"{path}?with_previews=true").json()
    assert {preview["id"] for preview in whole["previews"]} == set(plain["previews"])
    hidden = who("client").get(f"/data/comments/{ident('comment for client')}").json()
    assert hidden["person"] is None


def test_the_client_role_in_the_production_decides(system: System, thread: Desk, who: As) -> None:
    """Whatever the role elsewhere."""
    for link in thread.tables["project_person_link"]:
        if (link["project_id"], link["person_id"]) == (
            thread.project,
            thread.people["colleague"],
        ):
            link["role"] = "client"
    system.load(thread.tables)
    body = who("colleague").get(f"/data/comments/{ident('comment for client')}").json()
    assert body["person"] is None
    assert [reply["person"] for reply in body["replies"]] == [None]
    assert comments_on(who("colleague"), thread.task)[0]["text"] == ""


def test_a_production_s_comments_are_paged(thread: Desk, who: As) -> None:
    """For its managers; an array without ``page``."""
    path = f"/data/projects/{thread.project}/comments"
    bare = who("manager").get(path).json()
    assert len(bare) == 6
    page = who("manager").get(f"{path}?page=2&limit=4").json()
    assert {name: page[name] for name in page if name != "data"} == {
        "total": 6,
        "nb_pages": 2,
        "limit": 4,
        "offset": 4,
        "page": 2,
    }
    assert page["data"] == bare[4:]
    past = who("manager").get(f"{path}?page=9&limit=4").json()
    assert (past["data"], past["total"]) == ([], 0)
    assert who("artist").get(path).status_code == 403
    assert who("manager").get(f"{path}?page=x").status_code == 400


@pytest.mark.parametrize("size", [1, 100])
def test_comments_are_read_in_two_statements(
    system: System, parts: Parts, desk: Desk, size: int
) -> None:
    """However many there are, with one call for people."""
    for number in range(size):
        desk.add_comment(f"word {number}", ("artist", "manager", "maker")[number % 3])
    system.load(desk.tables)
    asked: list[str] = []

    def ask(_service: str, method: str, /, **_given: Any) -> Any:
        asked.append(method)
        return {row["id"]: {**row, "full_name": ""} for row in desk.tables["person"]}

    service = TasksService()
    service.ask = ask  # type: ignore[method-assign]
    with recorded_statements(service, parts) as statements:
        assert service.list_task_comments(task_id=desk.task)
    assert asked == ["list_short_persons"]
    assert len(statements) == 2, statements
