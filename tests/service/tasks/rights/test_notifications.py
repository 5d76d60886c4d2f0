"""Notifications show what their readers may read now, in the app and by mail."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.desk import Desk
from tests.service.one_service import NOT_FOUND, OK, OneService
from tests.service.tasks.commenting import post_comment
from tests.service.tasks.rights.standing import leave, seat


def feed(tasks: OneService, who: str) -> list[dict[str, Any]]:
    """Somebody's notifications."""
    found: list[dict[str, Any]] = tasks.call(who, "list_notifications")
    return found


def unread(tasks: OneService, who: str) -> int:
    """Their number, as clients load it at start-up."""
    part = msgspec.json.decode(tasks.answer(who, "read_context_part").body)
    found: int = part["notification_count"]
    return found


def mailed(tasks: OneService, desk: Desk) -> dict[str, str]:
    """The words that ``auth`` would mail, by reader."""
    readers = {str(row["id"]): str(row["person_id"]) for row in tasks.rows("notification")}
    notices = tasks.call("admin", "list_notices", readers=readers)
    names = {ident: name for name, ident in desk.people.items()}
    return {
        names[readers[one["id"]]]: one["reply_text"] or one["comment_text"]
        for one in notices.values()
    }


def watch(desk: Desk, *people: str, task: str = "") -> None:
    """Subscribe people to the task."""
    for name in people:
        desk.add("subscription", name, person_id=desk.people[name], task_id=task or desk.task)


@pytest.fixture
def watched(tasks: OneService, desk: Desk) -> None:
    """Everybody is subscribed to the task, where some are assigned."""
    watch(desk, "manager", "supervisor", "colleague", "client", "rival", "hired")
    tasks.fill(desk)


@pytest.mark.usefixtures("watched")
def test_a_clients_words_reach_no_artist_and_no_vendor(tasks: OneService, desk: Desk) -> None:
    """They learn that a client wrote something; no mail tells them."""
    post_comment(tasks, desk, "client", "CLIENT words")
    found = {who: feed(tasks, who)[0]["comment_text"] for who in ("artist", "colleague", "hired")}
    assert found == {"artist": "", "colleague": "", "hired": ""}
    for who in ("manager", "supervisor", "rival"):
        assert feed(tasks, who)[0]["comment_text"] == "CLIENT words"
    assert mailed(tasks, desk) == dict.fromkeys(("manager", "supervisor", "rival"), "CLIENT words")


@pytest.mark.usefixtures("watched")
def test_nor_do_they_by_the_studios_reply(tasks: OneService, desk: Desk) -> None:
    """The comment's author decides, not the notification's."""
    comment = desk.add_comment("CLIENT words", "client", replies=[])
    tasks.fill(desk)
    at = {"task_id": desk.task, "comment_id": comment}
    tasks.call("manager", "reply_to_comment", **at, data={"text": "REPLY"})
    for who in ("artist", "hired"):
        (note,) = feed(tasks, who)
        assert (note["comment_text"], note["reply_text"]) == ("", "")
    assert mailed(tasks, desk).keys() == {"supervisor", "client", "rival"}


@pytest.mark.usefixtures("watched")
def test_the_studios_words_reach_no_client(tasks: OneService, desk: Desk) -> None:
    """But what is for clients does; a member whose role here is client is one."""
    seat(desk, "supervisor", "client")
    post_comment(tasks, desk, "manager", "STUDIO words")
    post_comment(tasks, desk, "manager", "for you", for_client=True)
    for who in ("client", "supervisor"):
        assert {one["comment_text"] for one in feed(tasks, who)} == {"for you", ""}
    assert mailed(tasks, desk)["client"] == "for you"
    assert "STUDIO words" in {one["comment_text"] for one in feed(tasks, "artist")}


@pytest.mark.usefixtures("watched")
def test_isolated_clients_are_not_told_each_others_words(tasks: OneService, desk: Desk) -> None:
    """Neither in the app nor by mail."""
    desk.row("project", desk.project)["is_clients_isolated"] = True
    post_comment(tasks, desk, "client", "CLIENT words")
    assert feed(tasks, "rival")[0]["comment_text"] == ""
    assert mailed(tasks, desk).keys() == {"manager", "supervisor"}


@pytest.mark.usefixtures("watched")
def test_who_left_the_team_is_told_nothing(tasks: OneService, desk: Desk) -> None:
    """Neither what was written before nor what is since, and it is not counted."""
    post_comment(tasks, desk, "manager", "before")
    (before,) = feed(tasks, "colleague")
    assert unread(tasks, "colleague") == 1
    leave(desk, "colleague")
    leave(desk, "artist")
    post_comment(tasks, desk, "manager", "after")
    for who in ("colleague", "artist"):
        assert feed(tasks, who) == []
        assert unread(tasks, who) == 0
        one = {"ident": before["id"]}
        assert tasks.outcomes([who], "read_notification", **one) == {who: NOT_FOUND}
        read = {**one, "data": {"read": True}}
        assert tasks.outcomes([who], "mark_notification", **read) == {who: NOT_FOUND}
    assert mailed(tasks, desk).keys() == {"supervisor", "hired"}


@pytest.mark.usefixtures("watched")
def test_a_vendor_off_the_entity_is_told_nothing(tasks: OneService, desk: Desk) -> None:
    """As one who left."""
    post_comment(tasks, desk, "manager", "words")
    assert unread(tasks, "hired") == 1
    assert feed(tasks, "hired")[0]["comment_text"] == "words"
    links = task_links(tasks)
    tasks.call("manager", "clear_assignation", data={"task_ids": [desk.rigging]})
    assert task_links(tasks) < links
    assert feed(tasks, "hired") == []
    assert unread(tasks, "hired") == 0
    assert "hired" not in mailed(tasks, desk)


def task_links(tasks: OneService) -> int:
    """The number of assignments."""
    return len(tasks.rows("task_person_link"))


def test_assignments_are_told_of_without_a_comment(tasks: OneService, desk: Desk) -> None:
    """To members."""
    data = {"person_id": desk.people["colleague"]}
    tasks.call("manager", "assign_task", task_id=desk.task, data=data)
    assert [one["notification_type"] for one in feed(tasks, "colleague")] == ["assignation"]
    assert mailed(tasks, desk) == {"colleague": ""}
    leave(desk, "colleague")
    assert mailed(tasks, desk) == {}


@pytest.mark.usefixtures("watched")
def test_an_administrator_outside_the_team_reads_their_own(tasks: OneService, desk: Desk) -> None:
    """They are in none, and see everything."""
    watch(desk, "admin")
    tasks.fill(desk)
    post_comment(tasks, desk, "client", "words")
    assert feed(tasks, "admin")[0]["comment_text"] == "words"
    assert unread(tasks, "admin") == 1
    assert mailed(tasks, desk)["admin"] == "words"


@pytest.mark.usefixtures("watched")
def test_marking_answers_what_reading_does(tasks: OneService, desk: Desk) -> None:
    """Without the words of others' clients."""
    post_comment(tasks, desk, "client", "CLIENT words")
    (note,) = feed(tasks, "artist")
    read = {"ident": note["id"], "data": {"read": True}}
    assert tasks.call("artist", "mark_notification", **read)["comment_text"] == ""
    assert tasks.outcomes(["artist"], "read_notification", ident=note["id"]) == {"artist": OK}


def test_all_letters_of_a_comment_ask_once(tasks: OneService, desk: Desk) -> None:
    """However many its readers are."""
    watch(desk, "manager", "colleague", "client", "rival", "hired")
    tasks.fill(desk)
    post_comment(tasks, desk, "supervisor", "words")
    tasks.fakes.calls.clear()
    assert len(mailed(tasks, desk)) == 4
    names = [name for name, _ in tasks.fakes.calls]
    for once in ("crud.list_roles", "crud.list_client_roles", "auth.list_clients"):
        assert names.count(once) == 1
