"""Effects of comments: the task's status and dates, notifications, automations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desk import Desk
from tests.running import System, until
from tests.system.deploy.dumps import rows
from tests.system.tasks.actions import comments_on, events_until, post_comment, task_of
from tests.system.tasks.conftest import As


def test_a_status_sets_the_dates_of_its_task(desk: Desk, who: As) -> None:
    """Start, end on feedback, retake count, done date."""
    artist, manager = who("artist"), who("manager")
    post_comment(artist, desk, status="wip")
    task = task_of(artist, desk.task)
    started = task["real_start_date"]
    assert started
    assert task["last_comment_date"]
    assert (task["task_status_id"], task["end_date"]) == (desk.statuses["wip"], None)
    post_comment(artist, desk, status="wfa")
    assert task_of(artist, desk.task)["end_date"]
    post_comment(manager, desk, status="retake")
    post_comment(manager, desk, status="retake")
    task = task_of(artist, desk.task)
    assert (task["retake_count"], task["end_date"]) == (1, None)
    post_comment(artist, desk, status="wip")
    post_comment(artist, desk, status="wfa")
    post_comment(manager, desk, status="done")
    task = task_of(artist, desk.task)
    assert task["done_date"]
    assert task["end_date"]
    assert task["real_start_date"] == started
    post_comment(manager, desk, status="todo")
    task = task_of(artist, desk.task)
    assert (task["done_date"], task["end_date"]) == (None, None)


def test_a_back_dated_comment_does_not_set_the_status(desk: Desk, who: As) -> None:
    """The task reflects its comments in order."""
    manager = who("manager")
    post_comment(manager, desk, status="wfa")
    post_comment(manager, desk, status="retake", created_at="2026-01-04T10:00:00")
    task = task_of(manager, desk.task)
    assert task["task_status_id"] == desk.statuses["wfa"]
    assert task["retake_count"] == 1
    newest = comments_on(manager, desk.task)[0]
    assert task["last_comment_date"] == newest["created_at"]


@pytest.mark.parametrize(("own", "allowed"), [(None, 2), (1, 1), ("3", 3)])
def test_retakes_are_capped(
    system: System, desk: Desk, who: As, own: int | str | None, allowed: int
) -> None:
    """By the production, or by the entity's own setting."""
    desk.row("project", desk.project)["max_retakes"] = 2
    desk.row("entity", desk.asset)["data"] = {"max_retakes": own} if own else {}
    system.load(desk.tables)
    manager = who("manager")
    for _ in range(allowed):
        assert post_comment(manager, desk, status="retake").status_code == 201
        assert post_comment(manager, desk, status="wip").status_code == 201
    answer = post_comment(manager, desk, status="retake")
    assert answer.status_code == 400
    assert answer.json()["message"] == "No more retakes allowed on this task"
    assert task_of(manager, desk.task)["retake_count"] == allowed


def test_effects_of_a_comment_emit_events_in_order(system: System, desk: Desk, who: As) -> None:
    """Comment, task, status, review, notifications, news."""
    project = {"project_id": desk.project}
    until(lambda: rows(system, "tasks", "SELECT count(*) FROM outbox") == [(0,)], what="silence")
    with events_until(system, "news:new") as found:
        row = post_comment(who("manager"), desk, "look #Rigging", "wfa").json()
    changed = {
        "task_id": desk.task,
        "new_task_status_id": desk.statuses["wfa"],
        "previous_task_status_id": desk.status,
        "person_id": desk.people["manager"],
        **project,
    }
    copy = comments_on(who("admin"), desk.rigging)[0]
    (note,) = who("artist").get("/data/user/notifications").json()
    (news,) = who("admin").get(f"/data/projects/{desk.project}/news").json()["data"]
    assert found == [
        (
            "comment:new",
            {
                "comment_id": row["id"],
                "task_id": desk.task,
                "task_status_id": desk.statuses["wfa"],
                "person_id": desk.people["manager"],
                "for_client": False,
                **project,
            },
        ),
        (
            "comment:new",
            {
                "comment_id": copy["id"],
                "task_id": desk.rigging,
                "task_status_id": desk.status,
                "person_id": desk.people["manager"],
                "for_client": False,
                **project,
            },
        ),
        ("task:update", {"task_id": desk.task, **project}),
        ("task:status-changed", changed),
        ("task:to-review", {**changed, "comment_id": row["id"]}),
        (
            "notification:new",
            {"notification_id": note["id"], "person_id": desk.people["artist"], **project},
        ),
        (
            "notifications:written",
            {"notification_ids": [note["id"]], "person_ids": [desk.people["artist"]], **project},
        ),
        (
            "news:new",
            {
                "news_id": news["id"],
                "task_status_id": desk.statuses["wfa"],
                "task_type_id": desk.task_type,
                **project,
            },
        ),
    ]
    assert (news["change"], news["comment_id"]) == (True, row["id"])


def test_a_comment_with_the_same_status_changes_nothing(
    system: System, desk: Desk, who: As
) -> None:
    """``task:update`` is emitted, ``task:status-changed`` is not."""
    with events_until(system, "news:new") as found:
        post_comment(who("artist"), desk, "still at it")
    assert [name for name, _ in found] == ["comment:new", "task:update", "news:new"]
    (news,) = who("admin").get(f"/data/projects/{desk.project}/news").json()["data"]
    assert news["change"] is False


def test_a_comment_notifies_everybody_concerned(system: System, desk: Desk, who: As) -> None:
    """Assignees, subscribers of task and sequence, mentioned people; never the author."""
    task = desk.task_on(desk.shots[1], "animation", "artist", "manager")
    desk.add("subscription", "client", person_id=desk.people["client"], task_id=task)
    desk.add(
        "subscription",
        "maker",
        person_id=desk.people["maker"],
        entity_id=desk.opening,
        task_type_id=desk.kinds["animation"],
    )
    desk.add(
        "subscription",
        "colleague",
        person_id=desk.people["colleague"],
        entity_id=desk.opening,
        task_type_id=desk.kinds["rigging"],
    )
    system.load(desk.tables)
    post_comment(who("manager"), desk, "@Artist Example and @Modeling", task=task)
    result = {
        name: sorted(
            note["notification_type"] for note in who(name).get("/data/user/notifications").json()
        )
        for name in ("artist", "client", "maker", "modeler", "colleague", "manager", "outside")
    }
    assert result == {
        "artist": ["comment", "mention"],
        "client": ["comment"],
        "maker": ["comment"],
        "modeler": ["mention"],
        "colleague": [],
        "manager": [],
        "outside": [],
    }


def test_an_automation_sets_another_task(system: System, desk: Desk, who: As) -> None:
    """By a comment of the same author, with its own news and events."""
    desk.rule(
        "ready",
        in_task_type_id=desk.task_type,
        in_task_status_id=desk.statuses["done"],
        out_field_type="status",
        out_task_type_id=desk.kinds["rigging"],
        out_task_status_id=desk.statuses["wip"],
    )
    system.load(desk.tables)
    with events_until(system, "task:status-changed", 2) as found:
        post_comment(who("manager"), desk, status="done")
    assert task_of(who("admin"), desk.rigging)["task_status_id"] == desk.statuses["wip"]
    (comment,) = comments_on(who("admin"), desk.rigging)
    assert comment["person_id"] == desk.people["manager"]
    assert [p["task_id"] for n, p in found if n == "task:status-changed"] == [
        desk.task,
        desk.rigging,
    ]


@pytest.mark.parametrize("change", [{"archived": True}, {"entity_type": "shot"}, None])
def test_an_automation_applies_only_where_it_is_enabled(
    system: System, desk: Desk, who: As, change: dict[str, Any] | None
) -> None:
    """Not archived, for that kind of entity, linked to the production."""
    made = desk.rule(
        "ready",
        in_task_type_id=desk.task_type,
        in_task_status_id=desk.statuses["done"],
        out_field_type="status",
        out_task_type_id=desk.kinds["rigging"],
        out_task_status_id=desk.statuses["wip"],
    )
    if change is None:
        desk.tables["project_status_automation_link"] = []
    else:
        desk.row("status_automation", made).update(change)
    system.load(desk.tables)
    assert post_comment(who("manager"), desk, status="done").status_code == 201
    assert task_of(who("admin"), desk.rigging)["task_status_id"] == desk.status


def test_circular_automations_terminate(system: System, desk: Desk, who: As) -> None:
    """Each task gets each status once."""
    for name, one, other in (("to", "modeling", "rigging"), ("fro", "rigging", "modeling")):
        for first, then in (("done", "wip"), ("wip", "done")):
            desk.rule(
                f"{name} {first}",
                in_task_type_id=desk.kinds[one],
                in_task_status_id=desk.statuses[first],
                out_field_type="status",
                out_task_type_id=desk.kinds[other],
                out_task_status_id=desk.statuses[then],
            )
    system.load(desk.tables)
    assert post_comment(who("manager"), desk, status="done").status_code == 201
    assert task_of(who("admin"), desk.task)["task_status_id"] == desk.statuses["done"]
    assert task_of(who("admin"), desk.rigging)["task_status_id"] == desk.statuses["wip"]


def test_an_automation_sets_an_asset_s_readiness(system: System, desk: Desk, who: As) -> None:
    """By an event, which ``assets`` handles."""
    desk.rule(
        "ready",
        in_task_type_id=desk.task_type,
        in_task_status_id=desk.statuses["done"],
        out_field_type="ready_for",
        out_task_type_id=desk.kinds["animation"],
    )
    system.load(desk.tables)
    with events_until(system, "asset:ready-changed", service="assets") as found:
        post_comment(who("manager"), desk, status="done")
    until(
        lambda: (
            who("admin").get(f"/data/entities/{desk.asset}").json()["ready_for"]
            == desk.kinds["animation"]
        ),
        what="a ready asset",
    )
    update = dict(found)["asset:update"]
    assert (update["asset_id"], update["project_id"]) == (desk.asset, desk.project)
    assert dict(found)["asset:ready-changed"]["asset_id"] == desk.asset


def test_comments_on_concepts_make_no_news(desk: Desk, who: As) -> None:
    """They are comments all the same."""
    assert post_comment(who("artist"), desk, "nice", task=desk.concept_task).status_code == 201
    assert len(comments_on(who("artist"), desk.concept_task)) == 1
    assert who("admin").get(f"/data/projects/{desk.project}/news").json()["data"] == []
