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
#: Where else a row is read: what the generic route shows to administrators only.
ELSEWHERE: Final = {
    "attachment-file": ("/data/comments/{comment}",),
    "chat": ("/data/entities/{entity}/chat",),
    "chat-message": ("/data/entities/{entity}/chat/messages",),
    "custom-action": ("/data/custom-actions",),
    "entity-link": ("/data/projects/{project}/entities/{entity}/casting",),
    "metadata-descriptor": ("/data/projects/{project}/metadata-descriptors/{id}",),
    # A page of it: an event of the day is among the newest.
    "news": ("/data/projects/{project}/news?limit=1000", "/data/projects/{project}/news/{id}"),
    "production-schedule-version": ("/data/production-schedule-versions?project_id={project}",),
    "schedule-item": ("/data/projects/{project}/schedule-items",),
    "status-automation": ("/data/status-automations",),
    "time-spent": ("/actions/tasks/{task}/time-spents",),
}
#: Subjects of which some who read their rows don't hear.
QUIET: Final = {
    "asset": "Vendors read assets, and no castings.",
    "chat": "Of a chat hears who takes part in it.",
    "chat-message": "Of a chat hears who takes part in it.",
    "day-off": "Of days off hear those whose they are.",
    "output-file": "Vendors don't hear of files.",
    "person": "Clients hear of themselves.",
    "working-file": "Vendors don't hear of files.",
}
#: Subjects of which some hear who read their rows by no route so far.
LOUD: Final = {
    "budget": "Budgets are for the managers of their production.",
    "budget-entry": "Budgets are for the managers of their production.",
    "notification": "It is for the person told, who may have lost the task since.",
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


@pytest.fixture(scope="module")
def told(walk: Walk, day: list[Event]) -> list[Event]:
    """Those about a row that is there, for the administrator reads it."""
    there = readable(walk, PEOPLE[0], sorted({path for event in day if (path := row_of(event))}))
    return [event for event in day if there.get(row_of(event) or "")]


def subject_of(event: Event) -> str:
    """``task`` of ``task:update``."""
    subject: str = event["name"].partition(":")[0]
    return subject


def ident_of(event: Event) -> str | None:
    """The id of the row that an event is about."""
    ident: str | None = event["data"].get(f"{subject_of(event).replace('-', '_')}_id")
    return ident


def row_of(event: Event) -> str | None:
    """Where that row is read by its id."""
    subject, ident = subject_of(event), ident_of(event)
    return f"{ROWS[subject]}/{ident}" if subject in ROWS and ident else None


def other_ways(event: Event) -> list[str]:
    """Where else it is read."""
    about, changes = event["about"], event["changes"]
    places = {name: (about.get(name) or {}).get("id") for name in ("entity", "task", "project")}
    places["id"] = ident_of(event)
    places["comment"] = (changes.get("comment_id") or {}).get("after")
    return [way.format(**places) for way in ELSEWHERE.get(subject_of(event), ())]


def readable(walk: Walk, who: Person, paths: list[str]) -> dict[str, str]:
    """What somebody reads at these paths; empty where they may not."""
    caller = walk.callers[who.name]

    def read(path: str) -> str:
        answer = caller.get(path)
        assert answer.status_code in {200, 400, 403, 404}, f"{path}: {answer.status_code}"
        return answer.text if answer.status_code == 200 else ""

    with ThreadPoolExecutor(THREADS) as pool:
        return dict(zip(paths, pool.map(read, paths), strict=True))


def test_the_day_is_one(day: list[Event]) -> None:
    """Else the comparison would show nothing."""
    subjects = {event["name"].partition(":")[0] for event in day}
    assert len(subjects & ROWS.keys()) > 25, subjects
    assert {"comment", "task", "asset", "time-spent", "notification"} <= subjects


@pytest.mark.parametrize("who", PEOPLE, ids=lambda who: who.name)
def test_somebody_hears_of_the_rows_that_they_read(
    walk: Walk, told: list[Event], begin: int, who: Person
) -> None:
    """And of no other row, whatever they are in the studio and in the production."""
    rows = readable(walk, who, sorted({row_of(event) or "" for event in told}))
    own = {event["position"] for event in heard(walk, who.name, begin)}
    ways = sorted({w for e in told if e["position"] in own for w in other_ways(e)})
    elsewhere = readable(walk, who, ways)
    differences = set()
    for event in told:
        subject, path = subject_of(event), row_of(event) or ""
        is_read = bool(rows[path])
        shown = is_read or any(
            # Castings show links without their ids.
            str(ident_of(event)) in text or (text and way.endswith("/casting"))
            for way in other_ways(event)
            if (text := elsewhere.get(way, ""))
        )
        if event["position"] in own and not shown and subject not in LOUD:
            ways_tried = ", ".join(other_ways(event))
            differences.add(f"{event['name']} is heard, {path} is not read; nor {ways_tried}")
        if event["position"] not in own and is_read and subject not in QUIET:
            differences.add(f"{event['name']} is not heard, {path} is read")
    assert not differences, "\n".join(sorted(differences))
