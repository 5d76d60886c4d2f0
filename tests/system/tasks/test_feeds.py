"""Notifications, subscriptions and news."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desk import Desk
from tests.running import System
from tests.system.tasks.actions import codes_of, events_until, post_comment
from tests.system.tasks.conftest import As
from tests.world import ident

NOTE = {
    "id",
    "type",
    "notification_type",
    "author_id",
    "comment_id",
    "task_id",
    "task_type_id",
    "task_status_id",
    "mentions",
    "department_mentions",
    "reply_mentions",
    "reply_department_mentions",
    "preview_file_id",
    "project_id",
    "project_name",
    "comment_text",
    "reply_text",
    "created_at",
    "read",
    "change",
    "full_entity_name",
    "episode_id",
    "entity_preview_file_id",
    "subscription_id",
    "playlist_id",
    "playlist_name",
    "playlist_for_entity",
    "playlist_is_for_all",
}
NEWS = {
    "id",
    "type",
    "author_id",
    "comment_id",
    "task_id",
    "task_type_id",
    "task_status_id",
    "task_entity_id",
    "preview_file_id",
    "preview_file_extension",
    "preview_file_revision",
    "project_id",
    "project_name",
    "created_at",
    "change",
    "full_entity_name",
    "episode_id",
    "entity_preview_file_id",
    "person",
}
MINE = "/data/user/notifications"


@pytest.fixture
def notified(system: System, desk: Desk) -> Desk:
    """Four notifications of the artist's, a day apart."""
    shot = desk.task_on(desk.shots[1], "animation", "artist")
    desk.add("subscription", "mine", person_id=desk.people["artist"], task_id=shot)
    rows: list[tuple[str, str, str, dict[str, Any]]] = [
        ("comment", desk.task, "manager", {"read": True}),
        ("mention", desk.task, "manager", {}),
        ("assignation", shot, "supervisor", {}),
        ("comment", shot, "client", {"change": True}),
    ]
    for number, (kind, task, author, values) in enumerate(rows, 1):
        said = desk.add_comment(f"word {number}", author, task) if kind != "assignation" else None
        desk.add(
            "notification",
            f"n{number}",
            **{
                "person_id": desk.people["artist"],
                "author_id": desk.people[author],
                "task_id": task,
                "comment_id": said,
                "type": kind,
                "read": False,
                "change": False,
                "created_at": f"2026-04-0{number}T10:00:00",
                **values,
            },
        )
    system.load(desk.tables)
    return desk


def test_notifications_are_listed_newest_first_with_names(notified: Desk, who: As) -> None:
    """Artists don't see the text of clients' comments."""
    rows = who("artist").get(MINE).json()
    assert [row["id"] for row in rows] == [ident(f"notification n{n}") for n in (4, 3, 2, 1)]
    by_client, given, *_, first = rows
    assert all(set(row) == NOTE for row in rows)
    assert first == {
        **first,
        "type": "Notification",
        "notification_type": "comment",
        "read": True,
        "author_id": notified.people["manager"],
        "project_name": "Film",
        "comment_text": "word 1",
        "full_entity_name": "Character / Hero",
        "reply_text": "",
        "subscription_id": None,
        "task_type_id": notified.task_type,
        "task_status_id": notified.status,
        "mentions": [],
        "playlist_id": None,
        "playlist_name": "",
        "playlist_is_for_all": False,
    }
    assert (by_client["comment_text"], by_client["change"]) == ("", True)
    assert by_client["full_entity_name"] == "E01 / S01 / P02"
    assert by_client["episode_id"] == notified.episode
    assert by_client["subscription_id"] == ident("subscription mine")
    assert (given["comment_id"], given["comment_text"]) == (None, "")
    assert who("manager").get(MINE).json() == []


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("type=comment", [4, 1]),
        ("read=true", [1]),
        ("read=false", [4, 3, 2]),
        ("watching=true", [4, 3]),
        ("watching=false", [2, 1]),
        ("task_type_id=animation", [4, 3]),
        ("after=2026-04-02T10:00:00", [4, 3]),
        ("before=2026-04-02T10:00:00", [1]),
        ("after=2026-04-02&before=2026-04-03", [2]),
        ("task_status_id=wip", [2, 1]),
        ("task_status_id=todo", [4, 3]),
    ],
)
def test_notifications_are_filtered(
    system: System, notified: Desk, who: As, query: str, want: list[int]
) -> None:
    """By kind, read, subscription, task type, status and time."""
    notified.row("task", notified.task)["task_status_id"] = notified.statuses["wip"]
    system.load(notified.tables)
    query = query.replace("animation", notified.kinds["animation"])
    for name in ("wip", "todo"):
        query = query.replace(f"={name}", f"={notified.statuses[name]}")
    rows = who("artist").get(f"{MINE}?{query}").json()
    assert [row["id"] for row in rows] == [ident(f"notification n{n}") for n in want]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("task_type_id=x", "Invalid UUID format for task_type_id: x"),
        ("task_status_id=x", "Invalid UUID format for task_status_id: x"),
        ("after=x", "Wrong date format for after or before."),
    ],
)
def test_an_invalid_filter_is_rejected(notified: Desk, who: As, query: str, message: str) -> None:
    """The error names it."""
    response = who("artist").get(f"{MINE}?{query}")
    assert (response.status_code, response.json()["message"]) == (400, message)


def test_only_the_owner_marks_a_notification(system: System, notified: Desk, who: As) -> None:
    """Read and unread; each change emits an event."""
    path = f"{MINE}/{ident('notification n2')}"
    assert who("artist").get(path).json()["read"] is False
    with events_until(system, "notification:unread") as found:
        assert who("artist").put(path, {"read": True}).json()["read"] is True
        assert who("artist").put(path, {"read": False}).json()["read"] is False
    payload = {
        "person_id": notified.people["artist"],
        "notification_id": ident("notification n2"),
    }
    assert found == [("notification:read", payload), ("notification:unread", payload)]
    assert who("artist").put(path, {"read": "maybe"}).status_code == 400
    assert who("manager").get(path).status_code == 404
    assert who("manager").put(path, {"read": True}).status_code == 404
    assert who("artist").get(f"{MINE}/nonsense").status_code == 404


def test_all_notifications_are_marked_in_one_call(system: System, notified: Desk, who: As) -> None:
    """The caller's only."""
    with events_until(system, "notification:all-read") as found:
        response = who("artist").post("/actions/user/notifications/mark-all-as-read", {})
    assert (response.status_code, response.json()) == (200, {"success": True})
    assert dict(found)["notification:all-read"] == {"person_id": notified.people["artist"]}
    assert {row["read"] for row in who("artist").get(MINE).json()} == {True}
    assert who("artist").get(f"{MINE}?read=false").json() == []


def test_at_most_a_hundred_notifications_are_listed(
    system: System, notified: Desk, who: As
) -> None:
    """The newest."""
    for number in range(110):
        notified.add(
            "notification",
            f"more {number}",
            person_id=notified.people["artist"],
            type="assignation",
            author_id=notified.people["manager"],
            task_id=notified.task,
            read=False,
            change=False,
            created_at=f"2026-05-01T10:{number // 60:02}:{number % 60:02}",
        )
    system.load(notified.tables)
    rows = who("artist").get(MINE).json()
    assert len(rows) == 100
    assert rows[0]["id"] == ident("notification more 109")


# --- subscriptions ------------------------------------------------------------------------------


def test_subscribers_are_notified(desk: Desk, who: As) -> None:
    """Until they unsubscribe; subscribing is idempotent."""
    base = f"/user/tasks/{desk.task}"
    client = who("client")
    assert client.get(f"/data{base}/subscribed").json() is False
    first = client.post(f"/actions{base}/subscribe", {})
    second = client.post(f"/actions{base}/subscribe", {})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert client.get(f"/data{base}/subscribed").json() is True
    post_comment(who("manager"), desk, "hello")
    assert len(client.get(MINE).json()) == 1
    response = client.delete(f"/actions{base}/unsubscribe")
    assert (response.status_code, response.content) == (204, b"")
    assert client.delete(f"/actions{base}/unsubscribe").status_code == 204
    post_comment(who("manager"), desk, "again")
    assert len(client.get(MINE).json()) == 1


def test_subscribing_requires_read_permission(system: System, desk: Desk) -> None:
    """On the task."""
    path = f"/actions/user/tasks/{desk.task}/subscribe"
    codes = codes_of(system, desk, ("colleague", "vendor", "stranger"), "POST", path, {})
    assert list(codes.values()) == [201, 403, 403]
    path = f"/actions/user/tasks/{ident('nothing')}/subscribe"
    assert codes_of(system, desk, ("colleague",), "POST", path, {}) == {"colleague": 404}


# --- news ---------------------------------------------------------------------------------------


@pytest.fixture
def feed(system: System, desk: Desk) -> Desk:
    """Three entries on one day, and one of another production."""
    there = desk.task_on(desk.foreign, "modeling", project_id=desk.other_project)
    rows = [
        ("one", desk.task, "artist", "wip", True),
        ("two", desk.animation_task, "manager", "wip", False),
        ("three", desk.task, "manager", "wfa", True),
        ("there", there, "manager", "wip", True),
    ]
    for number, (name, task, author, status, change) in enumerate(rows, 1):
        said = desk.add_comment(name, author, task, task_status_id=desk.statuses[status])
        desk.add(
            "news",
            name,
            author_id=desk.people[author],
            comment_id=said,
            task_id=task,
            change=change,
            created_at=f"2026-04-0{number}T10:00:00",
            preview_file_id=desk.preview if name == "three" else None,
        )
    system.load(desk.tables)
    return desk


def test_news_are_listed_newest_first(feed: Desk, who: As) -> None:
    """In an envelope, with names and the number of changes to each status."""
    body = who("artist").get(f"/data/projects/{feed.project}/news").json()
    assert {name: body[name] for name in body if name != "data"} == {
        "total": 3,
        "nb_pages": 1,
        "limit": 50,
        "offset": 0,
        "page": 1,
        "stats": {feed.statuses["wip"]: 1, feed.statuses["wfa"]: 1},
    }
    newest, shot, _ = body["data"]
    assert set(newest) == NEWS
    assert newest == {
        **newest,
        "id": ident("news three"),
        "type": "News",
        "project_name": "Film",
        "full_entity_name": "Character / Hero",
        "preview_file_id": feed.preview,
        "preview_file_revision": 1,
        "created_at": "2026-04-03T10:00:00",
        "change": True,
    }
    assert newest["person"]["full_name"] == "Manager Example"
    assert (shot["full_entity_name"], shot["episode_id"]) == ("E01 / S01 / P01", feed.episode)
    assert shot["preview_file_revision"] is None


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("task_type_id=modeling", ["three", "one"]),
        ("task_status_id=wip", ["two", "one"]),
        ("person_id=artist", ["one"]),
        ("episode_id=episode", ["two"]),
        ("after=2026-04-01T10:00:00&before=2026-04-03T10:00:00", ["two"]),
        ("only_preview=true", ["three"]),
        ("page=2&limit=2", ["one"]),
        ("page=9", []),
        ("page_size=1", ["three", "two", "one"]),
    ],
)
def test_news_are_filtered(feed: Desk, who: As, query: str, want: list[str]) -> None:
    """And paged."""
    ids = {
        "modeling": feed.task_type,
        "wip": feed.statuses["wip"],
        "artist": feed.people["artist"],
        "episode": feed.episode,
    }
    for name, value in ids.items():
        query = query.replace(f"={name}", f"={value}")
    body = who("artist").get(f"/data/projects/{feed.project}/news?{query}").json()
    assert [row["id"] for row in body["data"]] == [ident(f"news {name}") for name in want]


def test_news_of_previews_hold_all_files_of_the_revision(
    system: System, feed: Desk, who: As
) -> None:
    """In their order; other feeds don't."""
    beside = {"task_id": feed.task, "status": "ready", "validation_status": "neutral"}
    second = feed.add("preview_file", "b", name="b", revision=1, position=2, **beside)
    feed.add("preview_file", "next", name="next", revision=2, position=1, **beside)
    system.load(feed.tables)
    path = f"/data/projects/{feed.project}/news"
    (entry,) = who("artist").get(f"{path}?only_preview=true").json()["data"]
    assert [row["id"] for row in entry["preview_files"]] == [feed.preview, second]
    assert {row["type"] for row in entry["preview_files"]} == {"PreviewFile"}
    assert all("preview_files" not in row for row in who("artist").get(path).json()["data"])


@pytest.mark.parametrize("query", ["page=x", "limit=x", "task_type_id=x", "after=x", "limit=-1"])
def test_invalid_parameters_of_news_are_rejected(feed: Desk, who: As, query: str) -> None:
    """As InvalidInput."""
    path = f"/data/projects/{feed.project}/news?{query}"
    assert who("artist").get(path).status_code == 400


def test_news_are_for_the_team(system: System, feed: Desk) -> None:
    """But clients; single entries not for vendors."""
    names = ("admin", "artist", "client", "vendor", "stranger")
    base = f"/data/projects/{feed.project}/news"
    assert list(codes_of(system, feed, names, "GET", base).values()) == [200, 200, 403, 200, 403]
    one = f"{base}/{ident('news one')}"
    assert list(codes_of(system, feed, names, "GET", one).values()) == [200, 200, 403, 403, 403]
    for wrong in (
        f"{base}/{ident('news there')}",
        f"{base}/nonsense",
        f"/data/projects/{ident('nothing')}/news",
    ):
        assert codes_of(system, feed, ("artist",), "GET", wrong) == {"artist": 404}, wrong


def test_news_of_all_productions_are_listed(feed: Desk, who: As) -> None:
    """The caller's open ones; all open ones for administrators."""
    path = "/data/projects/news"
    seen = {
        name: len(who(name).get(path).json()["data"])
        for name in ("admin", "manager", "artist", "stranger")
    }
    assert seen == {"admin": 4, "manager": 4, "artist": 3, "stranger": 0}
    narrowed = who("manager").get(f"{path}?project_id={feed.other_project}").json()
    assert [row["id"] for row in narrowed["data"]] == [ident("news there")]
    response = who("artist").get(f"{path}?project_id={feed.other_project}")
    assert response.status_code == 403


def test_the_news_of_an_entity_are_listed(system: System, feed: Desk, who: As) -> None:
    """Without counts; for its readers."""
    path = f"/data/entities/{feed.asset}/news"
    body = who("artist").get(path).json()
    assert [row["id"] for row in body.pop("data")] == [ident(f"news {n}") for n in ("three", "one")]
    assert body == {"total": 2, "nb_pages": 1, "limit": 2000, "offset": 0, "page": 1}
    assert list(codes_of(system, feed, ("hired", "vendor", "stranger"), "GET", path).values()) == [
        200,
        403,
        403,
    ]
