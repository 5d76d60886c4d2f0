"""Read your writes: a read in another service right after a write, with two replicas."""

from __future__ import annotations

import itertools
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gateway.positions import COOKIE, HEADER, STALE_HEADER
from services.common.runtime.positions import WAIT_SECONDS
from tests.running import SERVICES, Caller, System
from tests.world import World

#: Rounds of each pair; ``POSITION_ROUNDS=1000`` for the long form.
ROUNDS = int(os.environ.get("POSITION_ROUNDS", "4"))
DAYS = itertools.count()


@pytest.fixture(scope="module")
def two_replicas(system: System) -> Iterator[System]:
    """Two replicas of every service."""
    system.start_seconds(*SERVICES)
    yield system
    system.restore()


class Writer:
    """A client that writes in one service and reads in another."""

    def __init__(self, caller: Caller, world: World) -> None:
        self.caller, self.world = caller, world
        #: Answers that said that somebody was behind, as one may on a busy machine.
        self.behind = 0
        self.shot_type = self.made("/data/task-types", for_entity="Shot", color="#000000")["id"]
        self.software = self.made("/data/softwares", short_name="maya", file_extension="ma")["id"]

    def made(self, path: str, **body: Any) -> Any:
        """A new row."""
        response = self.caller.post(path, {"name": uuid.uuid4().hex[:12], **body})
        assert response.status_code in {200, 201}, response.text
        return response.json()

    def read(self, path: str) -> Any:
        """What is there now; None where nothing is."""
        response = self.caller.get(path)
        self.behind += STALE_HEADER in response.headers
        return response.json() if response.status_code == 200 else None

    def removed(self, path: str) -> None:
        """Take a row and all that hangs on it away."""
        response = self.caller.delete(f"{path}?force=true")
        assert response.status_code == 204
        self.behind += STALE_HEADER in response.headers

    def shot(self) -> str:
        """A new shot's id."""
        path = f"/data/projects/{self.world.project}/shots"
        return str(self.made(path, sequence_id=self.world.sequence)["id"])

    def task(self, shot: str) -> str:
        """A new task's id."""
        path = f"/data/projects/{self.world.project}/task-types/{self.shot_type}"
        response = self.caller.post(
            path.replace("/data", "/actions") + "/shots/create-tasks", [shot]
        )
        return str(response.json()[0]["id"])

    def person(self) -> str:
        """A new person's id."""
        name = uuid.uuid4().hex
        body = {"first_name": name, "last_name": "", "email": f"{name}@example.com"}
        return str(self.caller.post("/data/persons", body).json()["id"])

    # --- a write in one service, seen in another: auth, assets, tasks, chat, crud -----------------

    def auth_to_crud(self) -> bool:
        """Who is deleted is no longer in a team."""
        person, project = self.person(), self.world.project
        self.caller.post(f"/data/projects/{project}/team", {"person_id": person})
        self.removed(f"/data/persons/{person}")
        return person not in self.read(f"/data/projects/{project}")["team"]

    def auth_to_tasks(self) -> bool:
        """Nor anybody's assignee."""
        person, task = self.person(), self.world.task
        self.caller.put(f"/actions/persons/{person}/assign", {"task_ids": [task]})
        self.removed(f"/data/persons/{person}")
        return person not in self.read(f"/data/tasks/{task}")["assignees"]

    def assets_to_tasks(self) -> bool:
        """A deleted shot has no tasks."""
        shot = self.shot()
        task = self.task(shot)
        self.removed(f"/data/shots/{shot}")
        return self.read(f"/data/tasks/{task}") is None

    def assets_to_tasks_to_crud(self) -> bool:
        """And they have no files."""
        shot = self.shot()
        task = self.task(shot)
        file = self.made(f"/data/tasks/{task}/working-files/new", software_id=self.software)
        self.removed(f"/data/shots/{shot}")
        return self.read(f"/data/working-files/{file['id']}") is None

    def tasks_to_crud(self) -> bool:
        """A deleted task has none, either."""
        task = self.task(self.shot())
        file = self.made(f"/data/tasks/{task}/working-files/new", software_id=self.software)
        self.removed(f"/data/tasks/{task}")
        return self.read(f"/data/working-files/{file['id']}") is None

    def crud_to_assets(self) -> bool:
        """A deleted production has no assets."""
        project = self.made("/data/projects")["id"]
        kind = self.world.tables["entity_type"][0]["id"]
        asset = self.made(f"/data/projects/{project}/asset-types/{kind}/assets/new")["id"]
        closed = {"project_status_id": self.world.closed}
        self.caller.put(f"/data/projects/{project}", closed)
        self.removed(f"/data/projects/{project}")
        return self.read(f"/data/assets/{asset}") is None

    def crud_to_tasks(self) -> bool:
        """No time is spent on a day off."""
        day, person = f"{2030 + next(DAYS)}-01-07", self.world.people["artist"]
        path = f"/actions/tasks/{self.world.task}/time-spents/{day}/persons/{person}"
        assert self.caller.post(path, {"duration": 60}).status_code in {200, 201}
        body = {"date": day, "end_date": day, "person_id": person}
        assert self.caller.post("/data/day-offs", body).status_code == 200
        return self.read(f"/data/time-spents?person_id={person}&date={day}") == []

    def crud_to_the_caller(self) -> bool:
        """A new production is among the caller's own, whatever the gateway remembers."""
        project = self.made("/data/projects")["id"]
        return project in {row["id"] for row in self.read("/data/projects/open")}

    def crud_to_the_log(self) -> bool:
        """A milestone is in the event log."""
        return self.logged(self.made("/data/milestones", project_id=self.world.project))

    def auth_to_the_log(self) -> bool:
        """So is a department."""
        return self.logged(self.made("/data/departments", color="#000000"))

    def assets_to_the_log(self) -> bool:
        """And an asset type."""
        return self.logged(self.made("/data/entity-types"))

    def tasks_to_the_log(self) -> bool:
        """And a task type."""
        return self.logged(self.made("/data/task-types", for_entity="Shot", color="#000000"))

    def logged(self, row: Any) -> bool:
        """Whether a row's event is in the log."""
        events = self.read("/data/events/last?limit=50")
        return any(row["id"] in event["data"].values() for event in events)


PAIRS = [name for name in vars(Writer) if "_to_" in name]


@pytest.mark.parametrize("pair", PAIRS)
def test_a_write_is_seen_by_the_next_read(two_replicas: System, world: World, pair: str) -> None:
    """Of the same client, in any service."""
    writer, stale = Writer(two_replicas.caller(world.admin), world), []
    for number in range(ROUNDS):
        behind, seen = writer.behind, getattr(writer, pair)()
        if not seen and writer.behind == behind:
            stale.append(number)
    assert stale == []
    assert writer.behind < ROUNDS


def test_the_effects_of_events_are_seen_too(two_replicas: System, world: World) -> None:
    """The number of ready assets, which ``tasks`` counts by event."""
    writer = Writer(two_replicas.caller(world.admin), world)
    asset = {"ready_for": writer.shot_type}
    assert writer.caller.put(f"/data/entities/{world.asset}", asset).status_code == 200
    for _ in range(ROUNDS):
        shot = writer.shot()
        task = writer.task(shot)
        path = f"/data/projects/{world.project}/entities/{shot}/casting"
        writer.caller.put(path, [{"asset_id": world.asset, "nb_occurences": 1}])
        assert writer.read(f"/data/tasks/{task}")["nb_assets_ready"] == 1


def test_the_header_replaces_the_cookie(two_replicas: System, world: World) -> None:
    """With the value from the answer to the write."""
    admin = two_replicas.caller(world.admin)
    for _ in range(ROUNDS):
        response = admin.post("/data/departments", {"name": uuid.uuid4().hex, "color": "#000000"})
        admin.session.cookies.clear()
        headers = {HEADER: response.headers[HEADER]}
        events = admin.get("/data/events/last?limit=50", headers=headers).json()
        assert any(response.json()["id"] in event["data"].values() for event in events)


def test_writes_at_the_same_time_are_all_seen(two_replicas: System, world: World) -> None:
    """By the next read of their session, whichever was answered last."""
    writer = Writer(two_replicas.caller(world.admin), world)
    for _ in range(ROUNDS):
        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(writer.made, "/data/entity-types") for _ in range(4)]
        ids = {future.result()["id"] for future in futures}
        behind, events = writer.behind, writer.read("/data/events/last?limit=50")
        logged = {event["data"].get("asset_type_id") for event in events}
        assert ids <= logged or writer.behind > behind
    assert writer.behind < ROUNDS


def test_a_read_sets_no_cookie(system: System, world: World) -> None:
    """Cached answers keep their headers."""
    admin = system.caller(world.admin)
    admin.post("/data/departments", {"name": "Lighting", "color": "#000000"})
    assert [name for name in admin.session.cookies.get_dict() if name.startswith(COOKIE)]
    for path in ("/data/departments", "/data/events/last", "/config"):
        assert "Set-Cookie" not in admin.get(path).headers


@pytest.fixture
def standstill(system: System) -> Iterator[Callable[[], None]]:
    """Stop the relay for the test."""
    yield lambda: system.kill("relay", signal.SIGSTOP)
    system.kill("relay", signal.SIGCONT)


def test_without_a_relay_an_answer_names_what_is_stale(
    system: System, world: World, standstill: Callable[[], None]
) -> None:
    """After a second, with the present state; other clients don't wait."""
    admin, other = system.caller(world.admin), system.caller(world.admin)
    standstill()
    body = admin.post("/data/departments", {"name": "Lighting", "color": "#000000"}).json()
    began = time.monotonic()
    response = admin.get("/data/events/last?limit=50")
    assert time.monotonic() - began >= WAIT_SECONDS
    assert response.status_code == 200
    assert response.headers[STALE_HEADER] == "crud"
    assert not any(body["id"] in event["data"].values() for event in response.json())
    assert STALE_HEADER not in other.get("/data/events/last?limit=50").headers
    assert STALE_HEADER not in admin.get(f"/data/departments/{body['id']}").headers


def test_without_a_relay_a_delete_names_what_is_stale(
    system: System, world: World, standstill: Callable[[], None]
) -> None:
    """The row is deleted, the tasks of a deleted shot not yet."""
    writer = Writer(system.caller(world.admin), world)
    shot = writer.shot()
    writer.task(shot)
    standstill()
    response = writer.caller.delete(f"/data/shots/{shot}?force=true")
    assert response.status_code == 204
    assert "tasks" in response.headers[STALE_HEADER].split(",")
