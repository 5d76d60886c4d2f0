"""A client that writes in one service and reads in another what follows from it."""

from __future__ import annotations

import itertools
import time
import uuid
from datetime import date, timedelta
from typing import Any, Final

from gateway.positions import STALE_HEADER
from tests.running import Caller
from tests.world import World

#: Days off, each of another day.
FIRST: Final = date(2030, 1, 1)
DAYS: Final = itertools.count()


class Writer:
    """A client that writes in one service and reads in another."""

    def __init__(self, caller: Caller, world: World) -> None:
        self.caller, self.world = caller, world
        #: Answers that said that somebody was behind, as one may on a busy machine.
        self.behind = 0
        #: What the reads took.
        self.seconds: list[float] = []
        self.shot_type = self.made("/data/task-types", for_entity="Shot", color="#000000")["id"]
        self.software = self.made("/data/softwares", short_name="maya", file_extension="ma")["id"]

    def made(self, path: str, **body: Any) -> Any:
        """A new row."""
        response = self.caller.post(path, {"name": uuid.uuid4().hex[:12], **body})
        assert response.status_code in {200, 201}, response.text
        return response.json()

    def read(self, path: str) -> Any:
        """What is there now; None where nothing is."""
        began = time.perf_counter()
        response = self.caller.get(path)
        self.seconds.append(time.perf_counter() - began)
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
        day, person = str(FIRST + timedelta(next(DAYS))), self.world.people["artist"]
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

    def is_stale(self, pair: str) -> bool:
        """Whether a read was too early, and its answer didn't say so."""
        behind, seen = self.behind, getattr(self, pair)()
        return not seen and self.behind == behind


PAIRS: Final = [name for name in vars(Writer) if "_to_" in name]
