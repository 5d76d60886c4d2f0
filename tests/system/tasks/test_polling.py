"""Conditional reads of views by polling clients, and what a view costs."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from deploy.local.parts import Parts
from services.common import queries
from services.common.actor import SYSTEM
from services.common.contracts.tasks.overview import VIEW_QUERIES
from services.common.database.pools import Database
from services.common.database.transaction import Transaction
from services.common.wire.rpc_protocol import Reply
from services.tasks.service import TasksService
from tests.desk import Desk
from tests.running import System, until
from tests.system.tasks.actions import post_comment, tasks_in
from tests.system.tasks.conftest import As


@pytest.mark.parametrize("kind", ["assets", "shots", "concepts"])
def test_the_writer_sees_each_kind_of_change_at_once(stage: Desk, who: As, kind: str) -> None:
    """An unchanged view is a 304, once the effects of events have arrived."""
    manager = who("manager")
    entity, task = {
        "assets": (stage.asset, stage.task),
        "shots": (stage.shots[0], stage.animation_task),
        "concepts": (stage.concept, stage.concept_task),
    }[kind]
    person = stage.people["colleague"]
    changes = {
        "task": lambda: manager.put(f"/data/tasks/{task}", {"priority": 2}),
        "comment": lambda: post_comment(manager, stage, "hello", "wip", task),
        "assignment": lambda: manager.put(f"/actions/tasks/{task}/assign", {"person_id": person}),
        "rename": lambda: manager.put(f"/data/entities/{entity}", {"name": "Renamed"}),
        "subscription": lambda: manager.post(f"/actions/user/tasks/{task}/subscribe", {}),
        "unsubscription": lambda: manager.delete(f"/actions/user/tasks/{task}/unsubscribe"),
        "time": lambda: manager.post(
            f"/actions/tasks/{task}/time-spents/2026-03-02/persons/{person}", {"duration": 5}
        ),
        "production": lambda: manager.put(f"/data/projects/{stage.project}", {"fps": "24"}),
        "deletion": lambda: manager.delete(f"/data/tasks/{task}?force=true"),
    }
    path = f"/data/{kind}/with-tasks?project_id={stage.project}"
    answer = manager.get(path)
    for name, change in changes.items():

        def settled() -> bool:
            nonlocal answer
            tag = answer.headers["ETag"]
            response = manager.get(path, headers={"If-None-Match": tag})
            answer = response if response.status_code == 200 else answer
            return response.status_code == 304

        until(settled, what=f"a 304 before the {name}")
        tag = answer.headers["ETag"]
        assert change().ok, name
        before, answer = answer, manager.get(path, headers={"If-None-Match": tag})
        assert answer.status_code == 200, name
        if name != "production":
            assert answer.json() != before.json(), name


def test_a_vendor_s_view_reflects_their_assignments(stage: Desk, who: As) -> None:
    """An assignment or its end invalidates the ETag."""
    vendor, manager = who("vendor"), who("manager")
    path = f"/data/assets/with-tasks?project_id={stage.project}"
    body = {"person_id": stage.people["vendor"]}
    empty = vendor.get(path)
    manager.put(f"/actions/tasks/{stage.task}/assign", body)
    response = vendor.get(path, headers={"If-None-Match": empty.headers["ETag"]})
    assert [row["name"] for row in response.json()] == ["Hero"]
    manager.put("/actions/tasks/clear-assignation", {"task_ids": [stage.task], **body})
    taken = vendor.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert taken.json() == []


def test_an_etag_grants_no_access_after_leaving_the_team(stage: Desk, who: As) -> None:
    """Authorization precedes the comparison."""
    path = f"/data/assets/with-tasks?project_id={stage.project}"
    tag = who("artist").get(path).headers["ETag"]
    who("manager").delete(f"/data/projects/{stage.project}/team/{stage.people['artist']}")
    assert who("artist").get(path, headers={"If-None-Match": tag}).status_code == 403


def test_a_change_of_role_changes_the_view(stage: Desk, who: As) -> None:
    """Also for those who have the former ETag."""
    path = f"/data/assets/with-tasks?project_id={stage.project}"
    tag = who("artist").get(path).headers["ETag"]
    assert who("admin").put(f"/data/persons/{stage.people['artist']}", {"role": "vendor"}).ok
    response = who("artist").get(path, headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert set(tasks_in(response.json())) == {stage.task}


@pytest.mark.parametrize("size", [1, 200])
def test_a_view_takes_one_statement_whatever_its_size(
    system: System, parts: Parts, desk: Desk, size: int
) -> None:
    """Beside the one in ``assets``."""
    heads = []
    for number in range(size):
        shot = desk.entity(f"P{number + 100}", "Shot", parent_id=desk.opening)
        desk.task_on(shot, "animation", "artist")
        heads.append([shot, {"id": shot}])
    system.load(desk.tables)
    service, statements = TasksService(), []
    service.database, service.call = Database(parts.urls["tasks"]), {"route": "view"}
    service.tx = Transaction(service.database, actor=SYSTEM)
    service.ask_raw = lambda *_args, **_given: json.dumps(heads).encode()  # type: ignore[method-assign]
    service.ask_all = lambda _asked: []  # type: ignore[method-assign]
    for engine in (service.database.engine, service.database.reading):
        sa.event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    try:
        query = {"project_id": desk.project}
        asked = queries.read(VIEW_QUERIES["shot"], query)
        answer: Reply = service._with_tasks("shot", asked, query)  # noqa: SLF001
        assert answer.body
    finally:
        service.tx.close()
        service.database.close()
    assert len(statements) == 1, statements
