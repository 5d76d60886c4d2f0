"""Concurrent changes of one task."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg2
import pytest
import requests

from tests.desk import Desk
from tests.running import System, until
from tests.system.tasks.actions import comments_on, events_until, post_comment, task_of
from tests.system.tasks.conftest import As


def at_once(*calls: Any) -> list[requests.Response]:
    """Make the calls concurrently, and return their answers."""
    gate = Barrier(len(calls))

    def run(call: Any) -> requests.Response:
        gate.wait()
        answer: requests.Response = call()
        return answer

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_concurrent_comments_are_both_written(system: System, desk: Desk, who: As) -> None:
    """The later one sets the status, and both emit events."""
    with events_until(system, "comment:new", 2) as found:
        answers = at_once(
            lambda: post_comment(who("artist"), desk, "mine", "wfa"),
            lambda: post_comment(who("manager"), desk, "no, mine", "retake"),
        )
    assert [answer.status_code for answer in answers] == [201, 201]
    newest, *_ = comments_on(who("admin"), desk.task)
    task = task_of(who("admin"), desk.task)
    assert task["task_status_id"] in {desk.statuses["wfa"], desk.statuses["retake"]}
    if answers[0].json()["created_at"] != answers[1].json()["created_at"]:
        assert task["task_status_id"] == newest["task_status_id"]
    told = {payload["comment_id"] for name, payload in found if name == "comment:new"}
    assert told == {answer.json()["id"] for answer in answers}


def test_twenty_concurrent_comments_lose_no_effect(system: System, desk: Desk, who: As) -> None:
    """Each has its event, news and notification; all retakes count."""
    people = [who(("artist", "manager", "supervisor", "maker")[n % 4]) for n in range(20)]
    with events_until(system, "news:new", 20) as found:
        answers = at_once(
            *[
                lambda n=n, caller=caller: post_comment(
                    caller, desk, f"{n}", ("wip", "retake")[n % 2]
                )
                for n, caller in enumerate(people)
            ]
        )
    assert {answer.status_code for answer in answers} == {201}
    texts = {row["text"] for row in comments_on(who("admin"), desk.task)}
    assert texts == {"Go"} | {f"{n}" for n in range(20)}
    assert [name for name, _ in found].count("comment:new") == 20
    assert who("admin").get(f"/data/projects/{desk.project}/news").json()["total"] == 20
    changes = [p for name, p in found if name == "task:status-changed"]
    retakes = [p for p in changes if p["new_task_status_id"] == desk.statuses["retake"]]
    assert task_of(who("admin"), desk.task)["retake_count"] == len(retakes)
    for one, other in itertools.pairwise(changes):
        assert other["previous_task_status_id"] == one["new_task_status_id"]


def test_the_retake_cap_holds_under_concurrency(system: System, desk: Desk, who: As) -> None:
    """One retake over the cap is rejected."""
    desk.row("project", desk.project)["max_retakes"] = 1
    system.load(desk.tables)
    answers = at_once(
        *[lambda: post_comment(who("manager"), desk, status="retake") for _ in range(6)]
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 5


def test_concurrent_replies_are_all_kept(desk: Desk, who: As) -> None:
    """None overwrites another."""
    path = f"/data/tasks/{desk.task}/comments/{desk.comment}/reply"
    answers = at_once(*[lambda n=n: who("manager").post(path, {"text": f"{n}"}) for n in range(8)])
    assert {answer.status_code for answer in answers} == {200}
    (comment,) = comments_on(who("artist"), desk.task)
    assert {reply["text"] for reply in comment["replies"]} == {f"{n}" for n in range(8)}


def test_concurrent_assignments_are_all_kept(desk: Desk, who: As) -> None:
    """And non-members join the team."""
    names = ("colleague", "maker", "outside", "stranger", "outside")
    answers = at_once(
        *[
            lambda name=name: who("manager").put(
                f"/actions/tasks/{desk.task}/assign", {"person_id": desk.people[name]}
            )
            for name in names
        ]
    )
    assert {answer.status_code for answer in answers} == {200}
    wanted = {desk.people[name] for name in (*names, "artist")}
    assert set(task_of(who("admin"), desk.task)["assignees"]) == wanted
    team = who("admin").get(f"/data/projects/{desk.project}/team").json()
    assert {desk.people["outside"], desk.people["stranger"]} <= {row["id"] for row in team}


def test_concurrent_creations_make_each_task_once(desk: Desk, who: As) -> None:
    """Both answers together have each entity once."""
    path = (
        f"/actions/projects/{desk.project}/task-types/{desk.kinds['rigging']}/assets/create-tasks"
    )
    answers = at_once(*[lambda: who("manager").post(path, []) for _ in range(4)])
    assert {answer.status_code for answer in answers} == {201}
    made = [row["entity_id"] for answer in answers for row in answer.json()]
    assert sorted(made) == sorted([desk.prop, desk.boat])


def test_concurrently_added_time_is_summed(desk: Desk, who: As) -> None:
    """In one row."""
    person = desk.people["artist"]
    path = f"/actions/tasks/{desk.task}/time-spents/2026-03-02/persons/{person}/add"
    answers = at_once(*[lambda: who("manager").post(path, {"duration": 10}) for _ in range(8)])
    assert {answer.status_code for answer in answers} == {201}
    assert task_of(who("admin"), desk.task)["duration"] == 80.0


def test_concurrent_time_of_several_days_is_summed(system: System, desk: Desk, who: As) -> None:
    """Per row: who waited for the task's lock also sums what was committed meanwhile."""
    person, count = desk.people["artist"], 4
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

    def add(day: int) -> int:
        path = f"/actions/tasks/{desk.task}/time-spents/2026-03-0{day}/persons/{person}"
        return int(who("manager").post(path, {"duration": 10 * day}).status_code)

    url = system.parts.urls["tasks"]
    with psycopg2.connect(url) as theirs, theirs.cursor() as cursor:
        cursor.execute("SELECT id FROM task WHERE id = %s FOR NO KEY UPDATE", (desk.task,))
        with ThreadPoolExecutor(count) as pool:
            answers = [pool.submit(add, day) for day in range(1, count + 1)]

            def all_wait() -> bool:
                cursor.execute(waiting)
                return int(cursor.fetchone()[0]) >= count

            until(all_wait, what="all of them to wait")
            theirs.commit()
            assert {answer.result() for answer in answers} == {201}
    assert task_of(who("admin"), desk.task)["duration"] == 100.0


def test_mutual_automations_do_not_deadlock(system: System, desk: Desk, who: As) -> None:
    """Comments on either task, each of which sets the other."""
    for one, other in (("modeling", "rigging"), ("rigging", "modeling")):
        desk.rule(
            one,
            in_task_type_id=desk.kinds[one],
            in_task_status_id=desk.statuses["done"],
            out_field_type="status",
            out_task_type_id=desk.kinds[other],
            out_task_status_id=desk.statuses["wip"],
        )
    system.load(desk.tables)
    tasks = [(desk.task, desk.rigging)[n % 2] for n in range(8)]
    answers = at_once(
        *[lambda task=task: post_comment(who("manager"), desk, "x", "done", task) for task in tasks]
    )
    assert {answer.status_code for answer in answers} == {201}


def test_batches_in_opposite_order_do_not_deadlock(desk: Desk, who: As) -> None:
    """Tasks are locked in the order of ids."""

    def send(*tasks: str) -> requests.Response:
        items = [
            {"task_id": task, "task_status_id": desk.statuses["wip"], "text": "x"} for task in tasks
        ]
        return who("manager").post("/actions/tasks/batch-comment", {"comments": items})

    one, other = desk.task, desk.rigging
    answers = at_once(*[lambda n=n: send(*((one, other)[:: 1 - 2 * (n % 2)])) for n in range(8)])
    assert {answer.status_code for answer in answers} == {201}
    assert len(comments_on(who("admin"), one)) == 9


@pytest.mark.parametrize("what", ["edit", "delete"])
def test_comments_are_written_and_deleted_concurrently(desk: Desk, who: As, what: str) -> None:
    """The task's state matches the remaining comments."""
    rows = [post_comment(who("manager"), desk, f"{n}", "wip").json() for n in range(4)]

    def change(row: dict[str, Any]) -> requests.Response:
        path = f"/data/comments/{row['id']}"
        if what == "delete":
            return who("manager").delete(path)
        return who("manager").put(path, {"task_status_id": desk.statuses["wfa"]})

    answers = at_once(
        *[lambda row=row: change(row) for row in rows],
        *[lambda n=n: post_comment(who("artist"), desk, f"late {n}", "todo") for n in range(4)],
    )
    assert {answer.status_code for answer in answers} <= {200, 201, 204}
    newest = comments_on(who("admin"), desk.task)[0]
    until(
        lambda: task_of(who("admin"), desk.task)["task_status_id"] == newest["task_status_id"],
        what="the status of the newest comment",
    )


def test_a_deadlock_victim_is_retried(system: System, desk: Desk, who: As) -> None:
    """The database rolls our transaction back, and it is run again."""
    admin, (first, second) = who("admin"), sorted([desk.task, desk.rigging])
    url = system.parts.urls["tasks"]
    lock = "SELECT id FROM task WHERE id = %s FOR UPDATE"
    waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')"
    with psycopg2.connect(url) as theirs, theirs.cursor() as cursor, ThreadPoolExecutor(1) as pool:
        cursor.execute(lock, (second,))
        path = f"/actions/projects/{desk.project}/delete-tasks"
        answer = pool.submit(admin.post, path, [first, second])

        def blocked() -> bool:
            cursor.execute(waiting)
            return bool(cursor.fetchone()[0])

        until(blocked, what="the delete to wait")
        cursor.execute(lock, (first,))
        theirs.commit()
        assert answer.result().status_code == 200, answer.result().text
    assert sorted(answer.result().json()) == [first, second]
    assert admin.get(f"/data/tasks/{first}").status_code == 404
