"""What somebody hears is what they may read: live events against the HTTP API."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, Final

import pytest

from deploy.docs.declarations import resources
from gateway.routes import ROUTES
from gateway.routes.table import Route
from tests.listening import poll, position
from tests.rights.corner import furnished
from tests.rights.database import Databases
from tests.rights.people import PEOPLE, Person
from tests.rights.studio import KINDS
from tests.rights.walk import THREADS, Walk
from tests.running import System, until

Event = dict[str, Any]
#: The paths of rows by the subjects of their events.
ROWS: Final = {
    **{
        subject: f"/data/{path}"
        for path, resource in resources().items()
        for subject in resource.events or (resource.event_name({}),)
    },
    **dict.fromkeys(KINDS, "/data/entities"),
}
#: What is written of each resource, and what people do all day.
VERBS: Final = frozenset({"create_row", "update_row"})
WORK: Final = frozenset(
    {
        "tasks.comment_task",
        "tasks.reply_to_comment",
        "tasks.set_time_spent",
        "tasks.acknowledge_comment",
        "assets.create_asset",
        "assets.create_entity",
        "assets.replace_casting",
        "tasks.create_tasks",
        "chat.post_message",
        "crud.new_working_file",
        "crud.new_output_file",
        "tasks.add_preview",
    }
)
#: Events that are for others than the readers of their row, and why.
APART: Final = {
    "news:new": "Clients read no feed, and comments carry what is for them.",
}
PAGE: Final = 1000


def is_work(route: Route) -> bool:
    """Whether it is part of the day."""
    return route.function in VERBS or route.rpc in WORK


@pytest.fixture(scope="module")
def walk(system: System) -> Iterator[Walk]:
    """Everybody with a session, in a studio with two productions."""
    with closing(Databases(system.parts.urls)) as databases:
        yield Walk(system, furnished(), databases)


@pytest.fixture(scope="module")
def begin(walk: Walk) -> int:
    """The position before the day."""
    return position(walk.callers["admin"])


@pytest.fixture(scope="module")
def day(walk: Walk, begin: int) -> list[Event]:
    """All events of a day on which administrators and artists change something of everything."""
    writes = [route for route in ROUTES if route.method != "GET" and is_work(route)]
    for step in walk.steps(writes):
        # What an artist writes is the artist's own: comments, time, files.
        if step.case.who.name in {"admin", "artist"} and step.allowed and not step.empty:
            walk.send(step)
    caller = walk.callers["admin"]
    last = caller.post("/data/departments", {"name": "Day's end", "color": "#000000"}).json()["id"]

    def is_over() -> bool:
        events = heard(walk, "admin", begin)
        return any(event["data"].get("department_id") == last for event in events)

    until(is_over, 60, "the day's last event")
    return heard(walk, "admin", begin)


def heard(walk: Walk, name: str, begin: int) -> list[Event]:
    """All that somebody hears after a position."""
    found: list[Event] = []
    while True:
        page = poll(walk.callers[name], after=begin, limit=PAGE)
        if not page["events"]:
            return found
        found += page["events"]
        begin = page["next"]


def row_of(event: Event) -> str | None:
    """Where the row is read that an event is about."""
    subject = event["name"].partition(":")[0]
    ident = event["data"].get(f"{subject.replace('-', '_')}_id")
    return f"{ROWS[subject]}/{ident}" if subject in ROWS and ident else None


def readable(walk: Walk, who: Person, paths: list[str]) -> dict[str, bool]:
    """Which of these rows somebody reads."""
    caller = walk.callers[who.name]

    def reads(path: str) -> bool:
        status = caller.get(path).status_code
        assert status in {200, 403, 404}, f"{path}: {status}"
        return status == 200

    with ThreadPoolExecutor(THREADS) as pool:
        return dict(zip(paths, pool.map(reads, paths), strict=True))


def test_the_day_is_one(day: list[Event]) -> None:
    """Else the comparison would show nothing."""
    subjects = {event["name"].partition(":")[0] for event in day}
    assert len(subjects & ROWS.keys()) > 25, subjects
    assert {"comment", "task", "asset", "time-spent", "notification"} <= subjects


@pytest.mark.parametrize("who", PEOPLE, ids=lambda who: who.name)
def test_somebody_hears_of_the_rows_that_they_read(
    walk: Walk, day: list[Event], begin: int, who: Person
) -> None:
    """And of no other row, whatever they are in the studio and in the production."""
    there = readable(walk, PEOPLE[0], sorted({path for e in day if (path := row_of(e))}))
    rows = readable(walk, who, [path for path, exists in there.items() if exists])
    own = {event["position"] for event in heard(walk, who.name, begin)}
    differences = {
        f"{event['name']} is {'heard' if event['position'] in own else 'not heard'}, "
        f"{row_of(event)} is {'read' if rows[row_of(event)] else 'not read'}"
        for event in day
        if row_of(event) in rows
        and event["name"] not in APART
        and (event["position"] in own) != rows[row_of(event)]
    }
    assert not differences, "\n".join(sorted(differences))
