"""Comments: fields, events, permissions, mentions, replies."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from services.common.errors import Forbidden, InvalidInput, KeyReused, NotFound
from tests.desk import Desk
from tests.service.one_service import FORBIDDEN, NOT_FOUND, OK, OneService
from tests.service.tasks.commenting import body, comments_on, post_comment, task_of
from tests.world import ident

REPLY = {
    "id",
    "date",
    "created_at",
    "person_id",
    "text",
    "mentions",
    "department_mentions",
    "person",
}


def test_a_comment_stores_the_fields_of_its_body(tasks: OneService, desk: Desk) -> None:
    """Text, checklist and links."""
    arguments = {"checklist": [{"text": "a", "checked": False}], "links": ["https://example.com"]}
    row = post_comment(tasks, desk, "artist", "hello", **arguments)
    assert row == {**row, "text": "hello", **arguments}
    result = comments_on(tasks, desk.task)[0]
    assert result == {**result, "text": "hello", **arguments}


def test_a_comment_emits_events_and_notifies(tasks: OneService, desk: Desk) -> None:
    """About the comment, the task, its new status, and each person notified."""
    row = post_comment(tasks, desk, "manager", "please", "wip")
    ids = {"task_id": desk.task, "project_id": desk.project}
    events = dict(tasks.emitted())
    assert events["comment:new"] == {
        "comment_id": row["id"],
        "task_status_id": desk.statuses["wip"],
        "person_id": desk.people["manager"],
        "for_client": False,
        **ids,
    }
    assert events["task:update"] == ids
    assert events["task:status-changed"] == {
        "new_task_status_id": desk.statuses["wip"],
        "previous_task_status_id": desk.status,
        "person_id": desk.people["manager"],
        **ids,
    }
    (note,) = tasks.rows("notification")
    assert events["notifications:written"] == {
        "notification_ids": [str(note["id"])],
        "person_ids": [desk.people["artist"]],
        "project_id": desk.project,
    }


def test_a_retried_comment_is_posted_once(tasks: OneService, desk: Desk) -> None:
    """The answer is the first one's; another body under the same key is refused."""
    key = str(uuid.uuid4())
    said = {"task_id": desk.task, "data": body(desk, "once")}
    first = tasks.answer("artist", "comment_task", key=key, **said)
    events = tasks.emitted()
    assert tasks.answer("artist", "comment_task", key=key, **said).body == first.body
    assert tasks.emitted() == events
    said["data"] = body(desk, "twice")
    with pytest.raises(KeyReused):
        tasks.answer("artist", "comment_task", key=key, **said)
    assert [row["text"] for row in comments_on(tasks, desk.task)] == ["once", "Go"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "task_status_id"),
        ({"task_status_id": None}, "task_status_id"),
        ({"task_status_id": "todo", "comment": [3]}, "comment"),
        ({"task_status_id": "todo", "comment": "nul \x00"}, "comment"),
        ({"task_status_id": "todo", "checklist": "[1"}, "checklist"),
        ({"task_status_id": "todo", "checklist": {"a": 1}}, "checklist"),
        ({"task_status_id": "todo", "links": [{}]}, "links.0"),
    ],
)
def test_an_invalid_body_names_the_field(
    tasks: OneService, desk: Desk, given: dict[str, Any], field: str
) -> None:
    """And nothing is written."""
    if given.get("task_status_id"):
        given = {**given, "task_status_id": desk.status}
    with pytest.raises(InvalidInput, match=r"^Validation error\.$") as refusal:
        tasks.call("artist", "comment_task", task_id=desk.task, data=given)
    assert refusal.value.data is not None
    assert refusal.value.data["errors"][0]["field"] == field
    assert len(comments_on(tasks, desk.task)) == 1
    assert tasks.emitted() == []


@pytest.mark.parametrize("wrong", ["nonsense", ident("nothing")])
def test_unknown_ids_are_not_found(tasks: OneService, desk: Desk, wrong: str) -> None:
    """Of a task, a status, an author."""
    for given in ({"task": wrong}, {"task_status_id": wrong}, {"person_id": wrong}):
        with pytest.raises(NotFound):
            post_comment(tasks, desk, "admin", **given)
    assert tasks.emitted() == []


def test_people_who_work_on_a_task_may_comment(tasks: OneService, desk: Desk) -> None:
    """Managers, clients, assignees, supervisors of the department, the entity's creator."""
    may = ("admin", "manager", "client", "artist", "supervisor", "modeler", "maker")
    not_they = ("colleague", "animator", "vendor", "hired", "stranger")
    outcomes = tasks.outcomes(
        (*may, *not_they), "comment_task", task_id=desk.task, data=body(desk, "hi")
    )
    assert outcomes == dict.fromkeys(may, OK) | dict.fromkeys(not_they, FORBIDDEN)


def test_a_vendor_comments_only_their_own_tasks(tasks: OneService, desk: Desk) -> None:
    """Not another task of the same entity."""
    assert post_comment(tasks, desk, "hired", task=desk.rigging)["object_id"] == desk.rigging


def test_former_members_may_not_comment(tasks: OneService, desk: Desk) -> None:
    """Even if they are still assigned."""
    desk.tables["project_person_link"] = [
        seat
        for seat in desk.tables["project_person_link"]
        if seat["person_id"] != desk.people["artist"]
    ]
    tasks.fill(desk)
    with pytest.raises(Forbidden):
        post_comment(tasks, desk, "artist")


@pytest.mark.parametrize("text", ["@Colleague Example", "look @Modeling and answer"])
def test_mentioned_people_may_comment_without_changing_the_status(
    tasks: OneService, desk: Desk, text: str
) -> None:
    """By name or department; vendors may not."""
    for name in ("colleague", "hired"):
        desk.link("department_link", person_id=desk.people[name], department_id=desk.department)
    tasks.fill(desk)
    post_comment(tasks, desk, "manager", text)
    assert post_comment(tasks, desk, "colleague", "yes")["text"] == "yes"
    with pytest.raises(Forbidden):
        post_comment(tasks, desk, "colleague", "yes", "wip")
    with pytest.raises(Forbidden):
        post_comment(tasks, desk, "hired", "yes")


@pytest.mark.parametrize(
    ("name", "status", "want"),
    [
        ("artist", "secret", FORBIDDEN),
        ("artist", "wfa", OK),
        ("client", "secret", FORBIDDEN),
        ("client", "done", OK),
        ("supervisor", "secret", OK),
        ("manager", "secret", OK),
    ],
)
def test_statuses_may_be_closed_to_artists_or_clients(
    tasks: OneService, desk: Desk, name: str, status: str, want: str
) -> None:
    """Other roles may set any."""
    given = body(desk, status=status)
    outcomes = tasks.outcomes([name], "comment_task", task_id=desk.task, data=given)
    assert outcomes == {name: want}


@pytest.mark.parametrize(
    ("status", "opened", "want"),
    [("secret", True, OK), ("done", False, FORBIDDEN), ("done", True, OK)],
)
def test_a_production_may_open_statuses_to_its_clients(
    tasks: OneService, desk: Desk, status: str, opened: bool, want: str
) -> None:
    """Or close them; also when a comment is changed. To others it is as the status says."""
    given = body(desk, status=status)
    ident = given["task_status_id"]
    rules = tasks.fakes.replies["crud.read_production_rules"]
    tasks.fakes.replies["crud.read_production_rules"] = {
        **rules,
        "client_statuses": {ident: opened},
    }
    outcomes = tasks.outcomes(["client"], "comment_task", task_id=desk.task, data=given)
    assert outcomes == {"client": want}
    own = post_comment(tasks, desk, "client", "mine", "wfa")["id"]
    change = {"path": "comments", "ident": own, "data": {"task_status_id": ident}}
    assert tasks.outcomes(["client"], "update_row", **change) == {"client": want}
    if status == "secret":
        artist = tasks.outcomes(["artist"], "comment_task", task_id=desk.task, data=given)
        assert artist == {"artist": FORBIDDEN}


def test_the_project_role_decides(tasks: OneService, desk: Desk) -> None:
    """A manager of the studio who is an artist in the production is an artist."""
    for seat in desk.tables["project_person_link"]:
        if (seat["project_id"], seat["person_id"]) == (desk.project, desk.people["manager"]):
            seat["role"] = "user"
    tasks.fill(desk)
    with pytest.raises(Forbidden):
        post_comment(tasks, desk, "manager")


def test_only_managers_choose_author_time_and_audience(tasks: OneService, desk: Desk) -> None:
    """For others these fields are ignored."""
    wish = {
        "person_id": desk.people["maker"],
        "created_at": "2026-01-02 03:04:05",
        "for_client": True,
    }
    row = post_comment(tasks, desk, "manager", **wish)
    assert (row["person_id"], row["created_at"], row["for_client"]) == (
        desk.people["maker"],
        "2026-01-02T03:04:05",
        True,
    )
    assert row["person"]["id"] == desk.people["maker"]
    for name in ("artist", "supervisor"):
        row = post_comment(tasks, desk, name, **wish)
        assert row["person_id"] == desk.people[name]
        assert row["created_at"] > "2026-01-06"
        assert row["for_client"] is False


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Artist Example", True),
        ("hi @Artist Example please", True),
        ("@Artist Example, please", False),
        ("@artist example", False),
        ("Artist Example", False),
        ("@Stranger Example", False),
        ("@Artist Example\nplease", False),
    ],
)
def test_a_mention_is_a_full_name_before_a_space_or_the_end(
    tasks: OneService, desk: Desk, text: str, named: bool
) -> None:
    """Of a member of the team, case-sensitive."""
    row = post_comment(tasks, desk, "manager", text)
    assert row["mentions"] == ([desk.people["artist"]] if named else [])


def test_departments_can_be_mentioned(tasks: OneService, desk: Desk) -> None:
    """All of them, whoever their members are."""
    row = post_comment(tasks, desk, "manager", "@Modeling and @Animation")
    assert sorted(row["department_mentions"]) == sorted([desk.department, desk.animation])


@pytest.mark.parametrize(
    ("text", "copied"), [("also #Rigging", True), ("#all", True), ("#rig", False), ("all", False)]
)
def test_a_hashtag_copies_the_comment_to_sibling_tasks(
    tasks: OneService, desk: Desk, text: str, copied: bool
) -> None:
    """Their status is unchanged; the copy names its origin."""
    row = post_comment(tasks, desk, "manager", text, "wip")
    result = comments_on(tasks, desk.rigging)
    assert len(result) == int(copied)
    assert task_of(tasks, desk.rigging)["task_status_id"] == desk.status
    assert task_of(tasks, desk.task)["task_status_id"] == desk.statuses["wip"]
    if copied:
        assert result[0]["text"] == f"{text}\n\n____\nFrom Modeling task"
        assert result[0]["task_status_id"] == desk.status
        assert result[0]["person_id"] == row["person_id"]


def test_a_reply_is_stored_and_emits_events(tasks: OneService, desk: Desk) -> None:
    """With its mentions and its author."""
    data = {"text": "ok @Artist Example"}
    at = {"task_id": desk.task, "comment_id": desk.comment}
    row = tasks.call("manager", "reply_to_comment", **at, data=data)
    assert row.keys() == REPLY
    assert (row["text"], row["mentions"]) == ("ok @Artist Example", [desk.people["artist"]])
    assert row["person"]["full_name"] == "Manager Example"
    (comment,) = comments_on(tasks, desk.task)
    assert comment["replies"] == [row]
    assert dict(tasks.emitted())["comment:reply"] == {
        "reply_id": row["id"],
        "project_id": desk.project,
        **at,
    }


@pytest.mark.parametrize(
    "wrong",
    [("nonsense", "", NOT_FOUND), ("", ident("nothing"), NOT_FOUND), ("rigging", "", FORBIDDEN)],
)
def test_a_reply_needs_a_comment_of_the_task(
    tasks: OneService, desk: Desk, wrong: tuple[str, str, str]
) -> None:
    """Otherwise it is not found, or forbidden."""
    task, comment, want = wrong
    at = {
        "task_id": {"rigging": desk.rigging, "": desk.task}.get(task, task),
        "comment_id": comment or desk.comment,
    }
    outcomes = tasks.outcomes(["admin"], "reply_to_comment", **at, data={"text": "x"})
    assert outcomes == {"admin": want}


def test_people_who_may_comment_may_reply(tasks: OneService, desk: Desk) -> None:
    """As well as the comment's author."""
    may = ("admin", "manager", "client", "artist", "supervisor", "modeler", "maker")
    not_they = ("colleague", "animator", "vendor", "hired", "stranger")
    shared = desk.add_comment("shared", "manager", for_client=True)
    tasks.fill(desk)
    at = {"task_id": desk.task, "comment_id": shared}
    found = tasks.outcomes((*may, *not_they), "reply_to_comment", **at, data={"text": "ok"})
    assert found == dict.fromkeys(may, OK) | dict.fromkeys(not_they, FORBIDDEN)


def test_the_author_may_reply_after_leaving_the_task(tasks: OneService, desk: Desk) -> None:
    """As well as mentioned people."""
    own = desk.add_comment("mine", "colleague")
    named = desk.add_comment("named", "manager")
    desk.link("comment_mentions", comment=named, person=desk.people["colleague"])
    tasks.fill(desk)
    for comment in (own, named):
        at = {"task_id": desk.task, "comment_id": comment}
        assert tasks.call("colleague", "reply_to_comment", **at, data={"text": "ok"})["id"]


def test_people_mentioned_in_a_reply_may_reply(tasks: OneService, desk: Desk) -> None:
    """Even if no comment mentions them."""
    at = {"task_id": desk.task, "comment_id": desk.comment}
    with pytest.raises(Forbidden):
        tasks.call("colleague", "reply_to_comment", **at, data={"text": "ok"})
    tasks.call("manager", "reply_to_comment", **at, data={"text": "@Colleague Example"})
    assert tasks.call("colleague", "reply_to_comment", **at, data={"text": "ok"})["text"] == "ok"


def test_clients_of_different_studios_do_not_reply_to_each_other(
    tasks: OneService, desk: Desk
) -> None:
    """They may reply to the studio."""
    own = desk.add_comment("theirs", "client")
    shared = desk.add_comment("shared", "manager", for_client=True)
    tasks.fill(desk)
    for name, comment, want in (
        ("rival", own, FORBIDDEN),
        ("client", own, OK),
        ("rival", shared, OK),
    ):
        at = {"task_id": desk.task, "comment_id": comment}
        outcomes = tasks.outcomes([name], "reply_to_comment", **at, data={"text": "ok"})
        assert outcomes == {name: want}


def test_acknowledging_twice_withdraws_it(tasks: OneService, desk: Desk) -> None:
    """Each emits an event."""
    person = desk.people["colleague"]
    at = {"task_id": desk.task, "comment_id": desk.comment}
    first = tasks.call("colleague", "acknowledge_comment", **at)
    second = tasks.call("colleague", "acknowledge_comment", **at)
    assert first["acknowledgements"] == [person]
    assert second["acknowledgements"] == []
    payload = {"comment_id": desk.comment, "person_id": person, "project_id": desk.project}
    assert tasks.emitted() == [
        ("comment:acknowledge", payload),
        ("comment:unacknowledge", payload),
    ]
    outcomes = tasks.outcomes(("hired", "vendor", "stranger"), "acknowledge_comment", **at)
    assert outcomes == {"hired": OK, "vendor": FORBIDDEN, "stranger": FORBIDDEN}


@pytest.mark.parametrize("of_task", [False, True])
def test_deleting_a_comment_restores_the_previous_status(
    tasks: OneService, desk: Desk, of_task: bool
) -> None:
    """By each of the routes."""
    last = post_comment(tasks, desk, "artist", "", "wfa")["id"]
    method: dict[str, Any] = {"method": "delete_row", "path": "comments", "ident": last}
    if of_task:
        method = {"method": "delete_comment_of_task", "task_id": desk.task, "comment_id": last}
    name = method.pop("method")
    assert tasks.outcomes(["colleague", "artist"], name, **method) == {
        "colleague": FORBIDDEN,
        "artist": OK,
    }
    task = task_of(tasks, desk.task)
    assert (task["task_status_id"], task["end_date"]) == (desk.status, None)
    assert task["last_comment_date"] == "2026-01-05T10:00:00"
    events = dict(tasks.emitted())
    assert events["comment:delete"] == {"comment_id": last, "project_id": desk.project}
    changed = events["task:status-changed"]
    assert (changed["new_task_status_id"], changed["previous_task_status_id"]) == (
        desk.status,
        desk.statuses["wfa"],
    )
    assert tasks.rows("news") == []


def test_a_task_without_comments_has_the_default_status(tasks: OneService, desk: Desk) -> None:
    """After its last comment was deleted."""
    tasks.call("artist", "delete_row", path="comments", ident=desk.comment)
    last = post_comment(tasks, desk, "artist", "", "wip")
    tasks.call("artist", "delete_row", path="comments", ident=last["id"])
    task = task_of(tasks, desk.task)
    assert (task["task_status_id"], task["real_start_date"], task["last_comment_date"]) == (
        desk.status,
        None,
        None,
    )
