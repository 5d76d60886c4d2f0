"""A comment is shown by its policy, whatever shows it: lists, answers of writes, files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.common.errors import Forbidden, MethodUnknown, Unavailable
from tests.desk import Desk
from tests.service.one_service import FORBIDDEN, OK, OneService
from tests.service.tasks.commenting import comments_on, post_comment
from tests.service.tasks.rights.standing import leave, newcomer, seat, texts

STUDIO_ROLES = ("artist", "hired")
Attempt = Callable[[OneService, Desk, str, str], Any]


@pytest.fixture
def outside(tasks: OneService, desk: Desk) -> str:
    """A comment by a client."""
    ident = desk.add_comment("CLIENT words", "client")
    tasks.fill(desk)
    return ident


@pytest.fixture
def inside(tasks: OneService, desk: Desk) -> str:
    """A comment of the studio, with a preview: clients see that it is there."""
    ident = desk.add_comment("STUDIO words", "manager", checklist=[{"text": "SECRET item"}])
    desk.link("comment_preview_link", comment=ident, preview_file=desk.preview)
    tasks.fill(desk)
    return ident


def acknowledge(tasks: OneService, desk: Desk, who: str, comment: str) -> Any:
    """Confirm having read it."""
    return tasks.call(who, "acknowledge_comment", task_id=desk.task, comment_id=comment)


def put_nothing(tasks: OneService, _desk: Desk, who: str, comment: str) -> Any:
    """An update that changes nothing."""
    return tasks.call(who, "update_row", path="comments", ident=comment, data={})


def put_checklist(tasks: OneService, _desk: Desk, who: str, comment: str) -> Any:
    """An update of what assignees may tick."""
    return tasks.call(who, "update_row", path="comments", ident=comment, data={"checklist": []})


def reply(tasks: OneService, desk: Desk, who: str, comment: str) -> Any:
    """Answer it."""
    at = {"task_id": desk.task, "comment_id": comment}
    return tasks.call(who, "reply_to_comment", **at, data={"text": "ok"})


def add_preview(tasks: OneService, desk: Desk, who: str, comment: str) -> Any:
    """Show something with it."""
    at = {"task_id": desk.task, "comment_id": comment}
    return tasks.call(who, "add_preview", **at, data={})


WAYS: tuple[Attempt, ...] = (acknowledge, put_nothing, put_checklist, reply, add_preview)


@pytest.mark.parametrize("attempt", WAYS)
@pytest.mark.parametrize("who", STUDIO_ROLES)
def test_no_way_shows_a_clients_words_to_artists_and_vendors(
    tasks: OneService, desk: Desk, outside: str, attempt: Attempt, who: str
) -> None:
    """Nor lets them answer."""
    desk.link("task_person_link", task_id=desk.task, person_id=desk.people["hired"])
    tasks.fill(desk)
    with pytest.raises(Forbidden):
        attempt(tasks, desk, who, outside)


@pytest.mark.parametrize("attempt", [way for way in WAYS if way is not acknowledge])
def test_no_way_shows_the_studios_words_to_clients(
    tasks: OneService, desk: Desk, inside: str, attempt: Attempt
) -> None:
    """Nor lets them answer."""
    with pytest.raises(Forbidden):
        attempt(tasks, desk, "client", inside)


def test_clients_acknowledge_what_they_see(tasks: OneService, desk: Desk, inside: str) -> None:
    """And see no more of it."""
    found = acknowledge(tasks, desk, "client", inside)
    assert found["acknowledgements"] == [desk.people["client"]]
    assert (found["text"], found["checklist"], found["previews"]) == ("", [], [desk.preview])


def test_a_comment_without_pictures_is_not_there_for_clients(tasks: OneService, desk: Desk) -> None:
    """Not even to be acknowledged."""
    with pytest.raises(Forbidden):
        acknowledge(tasks, desk, "client", desk.comment)
    assert comments_on(tasks, desk.task)
    assert tasks.call("client", "list_task_comments", task_id=desk.task) == []


@pytest.mark.parametrize(("who", "by"), [("client", "manager"), ("artist", "client")])
def test_taking_back_a_reply_shows_no_hidden_comment(
    tasks: OneService, desk: Desk, who: str, by: str
) -> None:
    """One that was written while it was readable."""
    own = {"id": desk.task, "person_id": desk.people[who], "text": "mine"}
    ident = desk.add_comment("HIDDEN", by, replies=[own])
    tasks.fill(desk)
    at = {"task_id": desk.task, "comment_id": ident, "reply_id": own["id"]}
    assert tasks.outcomes([who, "admin"], "delete_reply", **at) == {who: FORBIDDEN, "admin": OK}


def test_isolated_clients_read_only_their_own(tasks: OneService, desk: Desk, outside: str) -> None:
    """And what is for them."""
    shared = desk.add_comment("for you", "manager", for_client=True)
    tasks.fill(desk)
    asked = {"task_id": desk.task}
    assert texts(tasks.call("rival", "list_task_comments", **asked)) == {"CLIENT words", "for you"}
    desk.row("project", desk.project)["is_clients_isolated"] = True
    assert texts(tasks.call("rival", "list_task_comments", **asked)) == {"for you"}
    assert tasks.outcomes(["rival"], "acknowledge_comment", **asked, comment_id=outside) == {
        "rival": FORBIDDEN
    }
    read = {"path": "comments"}
    for comment, want in ((outside, FORBIDDEN), (shared, OK)):
        assert tasks.outcomes(["rival"], "read_row", **read, ident=comment) == {"rival": want}
        assert tasks.outcomes(["client"], "read_row", **read, ident=comment) == {"client": OK}


# --- whose words are a client's -----------------------------------------------------------------


def test_whose_words_are_a_clients_is_decided_in_the_production(
    tasks: OneService, desk: Desk
) -> None:
    """A person with another role in the studio is a client where they are one, and only there."""
    newcomer(desk, "guest", "user", "client")
    newcomer(desk, "helper", "client", "user")
    desk.add_comment("guest words", "guest")
    desk.add_comment("helper words", "helper")
    desk.add_comment("client words", "client")
    tasks.fill(desk)

    def read(who: str) -> set[str]:
        return texts(tasks.call(who, "list_task_comments", task_id=desk.task))

    assert read("artist") == {"Go", "helper words"}
    assert read("client") == {"client words", "guest words"}
    assert read("manager") == {"Go", "helper words", "client words", "guest words"}


def test_a_client_who_left_stays_one(tasks: OneService, desk: Desk, outside: str) -> None:
    """Their role in the studio counts where they have no other."""
    leave(desk, "client")
    assert texts(tasks.call("artist", "list_task_comments", task_id=desk.task)) == {"Go"}
    assert tasks.outcomes(["artist"], "read_row", path="comments", ident=outside) == {
        "artist": FORBIDDEN
    }


def test_a_supervisor_who_is_an_artist_here_reads_as_one(
    tasks: OneService, desk: Desk, outside: str
) -> None:
    """The role in the production decides."""
    assert tasks.call("supervisor", "read_row", path="comments", ident=outside)
    seat(desk, "supervisor", "user")
    assert tasks.outcomes(["supervisor"], "read_row", path="comments", ident=outside) == {
        "supervisor": FORBIDDEN
    }


def test_managers_and_supervisors_ask_nobody_who_the_clients_are(
    tasks: OneService, desk: Desk, outside: str
) -> None:
    """They read all comments; others ask once a request."""
    asked = {}
    for who in ("manager", "supervisor", "artist", "client"):
        tasks.fakes.calls.clear()
        tasks.call(who, "list_task_comments", task_id=desk.task)
        if who in {"manager", "supervisor"}:
            tasks.call(who, "read_row", path="comments", ident=outside)
        names = [name for name, _ in tasks.fakes.calls]
        asked[who] = names.count("crud.list_client_roles")
    assert asked == {"manager": 0, "supervisor": 0, "artist": 1, "client": 1}
    tasks.fakes.calls.clear()
    post_comment(tasks, desk, "artist", "done")
    assert "crud.list_client_roles" not in [name for name, _ in tasks.fakes.calls]


def test_nothing_is_shown_while_the_clients_are_unknown(tasks: OneService, desk: Desk) -> None:
    """By a service of the release before, during an upgrade."""
    tasks.fakes.replies["auth.list_clients"] = MethodUnknown("no method 'list_clients'")
    with pytest.raises(Unavailable):
        tasks.call("artist", "list_task_comments", task_id=desk.task)
    assert comments_on(tasks, desk.task)


# --- those who left -----------------------------------------------------------------------------


def test_who_left_the_team_does_nothing_with_their_comments(tasks: OneService, desk: Desk) -> None:
    """Neither reads, edits, answers, deletes them nor attaches to them."""
    leave(desk, "artist")
    at, row = {"task_id": desk.task, "comment_id": desk.comment}, {"path": "comments"}
    tries: list[tuple[str, dict[str, Any]]] = [
        ("read_row", {**row, "ident": desk.comment}),
        ("update_row", {**row, "ident": desk.comment, "data": {}}),
        ("update_row", {**row, "ident": desk.comment, "data": {"text": "CHANGED"}}),
        (
            "update_row",
            {**row, "ident": desk.comment, "data": {"task_status_id": desk.statuses["wip"]}},
        ),
        ("delete_row", {**row, "ident": desk.comment}),
        ("delete_comment_of_task", at),
        ("reply_to_comment", {**at, "data": {"text": "still here"}}),
        ("add_attachments", {**at, "data": None, "files": []}),
        ("acknowledge_comment", at),
        ("add_preview", {**at, "data": {}}),
    ]
    found = {name: tasks.outcomes(["artist"], name, **given)["artist"] for name, given in tries}
    assert found == dict.fromkeys(found, FORBIDDEN)
    assert tasks.rows("comment")[0]["text"] == "Go"


def test_a_vendor_off_the_entity_loses_their_comments(tasks: OneService, desk: Desk) -> None:
    """Also their own: what they see depends on their assignments."""
    own = desk.add_comment("by vendor", "hired")
    tasks.fill(desk)
    assert put_nothing(tasks, desk, "hired", own)["text"] == "by vendor"
    links = desk.tables["task_person_link"]
    links[:] = [one for one in links if one["person_id"] != desk.people["hired"]]
    tasks.fill(desk)
    with pytest.raises(Forbidden):
        put_nothing(tasks, desk, "hired", own)


# --- attached files -----------------------------------------------------------------------------


def test_a_file_is_read_by_who_may_read_its_comment(tasks: OneService, desk: Desk) -> None:
    """Its row and its bytes."""
    made = {}
    for name, by in (("inside", "manager"), ("outside", "client")):
        said = desk.add_comment(name, by)
        made[name] = desk.add("attachment_file", name, name=f"{name}.txt", comment_id=said)
    tasks.fill(desk)
    people = ("manager", "supervisor", "artist", "hired", "vendor", "client", "stranger")
    for name, may in (
        ("inside", {"manager", "supervisor", "artist", "hired"}),
        ("outside", {"manager", "supervisor", "client"}),
    ):
        want = {who: OK if who in may else FORBIDDEN for who in people}
        row = {"path": "attachment-files", "ident": made[name]}
        assert tasks.outcomes(people, "read_row", **row) == want
        file = {"ident": made[name], "name": "any"}
        assert tasks.outcomes(people, "send_attachment", **file) == want


# --- copies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "copied"),
    [("artist", False), ("maker", True), ("modeler", False), ("supervisor", True)],
)
def test_copies_go_only_to_tasks_that_one_may_comment_on(
    tasks: OneService, desk: Desk, who: str, copied: bool
) -> None:
    """``maker`` made the entity, ``modeler`` supervises the department of one task only."""
    post_comment(tasks, desk, who, "look #all")
    assert len(comments_on(tasks, desk.rigging)) == int(copied)
