"""Tasks and the people on them, as clients, vendors and leaders of other productions see them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from services.common.contracts.tasks import overview
from services.common.contracts.types import Answer
from services.tasks.policy.tasks import WORK
from tests.desk import Desk
from tests.examples import example
from tests.service.one_service import FORBIDDEN, OK, OneService
from tests.service.tasks.rights.standing import leave, newcomer, seat

#: What clients see masked, with values that tell when it isn't.
PLANNED = {
    "duration": 480.0,
    "estimation": 960.0,
    "priority": 3,
    "retake_count": 2,
    "completion_rate": 50,
    "nb_assets_ready": 1,
    "nb_drawings": 12,
    "difficulty": 5,
    "start_date": "2026-01-05T00:00:00",
    "due_date": "2026-02-05T00:00:00",
    "done_date": "2026-03-05T00:00:00",
    "end_date": "2026-03-05T00:00:00",
    "real_start_date": "2026-01-06T00:00:00",
    "last_comment_date": "2026-01-07T00:00:00",
}


@pytest.fixture
def planned(tasks: OneService, desk: Desk) -> None:
    """The task has everything that clients don't see; the client is assigned, too."""
    desk.row("task", desk.task).update(PLANNED)
    desk.link("task_person_link", task_id=desk.task, person_id=desk.people["client"])
    tasks.fill(desk)
    hero = {"id": desk.asset, "name": "Hero"}
    head = head_of(overview.AssetWithTasks, **hero)
    tasks.fakes.replies |= {
        "assets.list_entity_summaries": lambda compact, **_: [
            [desk.asset, list(head.values()) if compact else head]
        ],
        "assets.list_linked_summaries": [[desk.asset, head_of(overview.LinkingEntity, **hero)]],
        "assets.read_entity_summary": {"head": head_of(overview.AssetInFull, **hero)},
        "assets.list_entities_below": [desk.asset],
        "assets.read_change_version": 1,
        "crud.read_change_version": 1,
    }


def head_of(kind: type[Answer], **own: Any) -> dict[str, Any]:
    """An entity of a view as ``assets`` answers it: without tasks."""
    return {name: value for name, value in example(kind, **own).items() if name != "tasks"}


def shown_tasks(tasks: OneService, desk: Desk, who: str) -> dict[str, dict[str, Any]]:
    """The task as each route shows it."""
    kind = {"kind": "asset", "ident": desk.asset}
    relations = {"query": {"relations": "true"}}
    below = {"kind": "shot", "of": "sequence", "ident": desk.opening}
    lists = {
        "project": tasks.call(who, "list_project_tasks", project_id=desk.project),
        "crud": tasks.call(who, "list_rows", path="tasks", **relations),
        "entity": tasks.call(who, "list_entity_tasks", **kind, **relations),
        "own": tasks.call(who, "list_entity_tasks", **kind, own=True),
        "below": tasks.call(who, "list_tasks_below", **below, **relations),
        "person": tasks.call(who, "list_own_tasks"),
        "view": tasks.call(who, "list_with_tasks", kind="asset", query={})[0]["tasks"],
        "detail": tasks.call(who, "read_entity_detail", **kind)["tasks"],
        "linked": tasks.call(who, "list_linked_with_tasks", ident=desk.asset)[0]["tasks"],
    }
    found = {
        name: next(row for row in rows if row["id"] == desk.task) for name, rows in lists.items()
    }
    found["one"] = tasks.call(who, "read_row", path="tasks", ident=desk.task)
    found["full"] = tasks.call(who, "read_task_in_full", task_id=desk.task)
    return found


@pytest.mark.usefixtures("planned")
def test_no_way_shows_clients_people_dates_and_durations(tasks: OneService, desk: Desk) -> None:
    """Each has the values that stand for them."""
    for way, row in shown_tasks(tasks, desk, "client").items():
        wrong = {k: v for k, v in row.items() if k in WORK.values and v != WORK.values[k]}
        assert not wrong, way
    asked = {"kind": "asset", "query": {"compact": "true"}}
    compact = tasks.call("client", "list_with_tasks", **asked)
    values = {
        name: row[place]
        for row in compact["rows"][0][-1]
        for place, name in enumerate(compact["task_fields"])
        if row[compact["task_fields"].index("id")] == desk.task and name in WORK.values
    }
    assert values == {name: WORK.values[name] for name in values}
    assert "duration" in values


@pytest.mark.usefixtures("planned")
def test_others_see_them_by_every_way(tasks: OneService, desk: Desk) -> None:
    """With the same names."""
    desk.link("task_person_link", task_id=desk.task, person_id=desk.people["supervisor"])
    tasks.fill(desk)
    for way, row in shown_tasks(tasks, desk, "supervisor").items():
        masked = {k for k, v in row.items() if k in PLANNED and v != PLANNED[k]}
        assert not masked, way


@pytest.mark.usefixtures("planned")
def test_a_client_by_the_role_here_is_one(tasks: OneService, desk: Desk) -> None:
    """Whatever their role in the studio."""
    seat(desk, "supervisor", "client")
    row = tasks.call("supervisor", "read_row", path="tasks", ident=desk.task)
    assert row["due_date"] is None


@pytest.mark.parametrize("who", ["artist", "supervisor", "hired", "client"])
def test_a_task_in_full_holds_people_as_the_caller_sees_them(
    tasks: OneService, desk: Desk, who: str
) -> None:
    """Without what ``auth`` hides: salaries, phones, addresses; for clients, without people."""
    paid = desk.row("person", desk.people["artist"])
    paid |= {"daily_salary": 98765, "phone": "+33PHONE", "data": {"k": "PRIVATE"}}
    tasks.fill(desk)
    full = tasks.call(who, "read_task_in_full", task_id=desk.task)
    text = msgspec.json.encode(full).decode()
    assert not [secret for secret in ("98765", "+33PHONE", "@example", "PRIVATE") if secret in text]
    assert ("persons" in full) is ("assigner" in full) is (who != "client")
    if who != "client":
        assert [person["id"] for person in full["persons"]] == [desk.people["artist"]]


def test_clients_see_no_tasks_of_concepts(tasks: OneService, desk: Desk) -> None:
    """Nor what is said of them and shown there."""
    shown = desk.add(
        "preview_file", "mood", name="mood", task_id=desk.concept_task, revision=1, position=1
    )
    said = desk.add_comment("for you", "manager", desk.concept_task, for_client=True)
    tasks.fill(desk)
    listed = tasks.call("client", "list_rows", path="tasks")
    assert {row["id"] for row in listed} == {desk.task, desk.rigging, desk.animation_task}
    listed = tasks.call("client", "list_project_tasks", project_id=desk.project)
    assert desk.concept_task not in {row["id"] for row in listed}
    for method, asked in (
        ("read_row", {"path": "tasks", "ident": desk.concept_task}),
        ("read_row", {"path": "comments", "ident": said}),
        ("read_row", {"path": "preview-files", "ident": shown}),
        ("list_task_comments", {"task_id": desk.concept_task}),
        ("list_task_previews", {"task_id": desk.concept_task}),
        ("subscribe", {"task_id": desk.concept_task}),
    ):
        want = {"client": FORBIDDEN, "artist": OK, "manager": OK}
        assert tasks.outcomes(want, method, **asked) == want


def test_clients_see_no_tasks_of_linked_concepts(tasks: OneService, desk: Desk) -> None:
    """Others do."""
    head = head_of(overview.LinkingEntity, id=desk.concept, name="Mood")
    tasks.fakes.replies["assets.list_linked_summaries"] = [[desk.concept, head]]
    for who, count in (("client", 0), ("supervisor", 1)):
        (concept,) = tasks.call(who, "list_linked_with_tasks", ident=desk.asset)
        assert len(concept["tasks"]) == count


# --- a person's tasks ---------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tasks: OneService, desk: Desk) -> str:
    """A task of the artist in a production whose team no other knows."""
    desk.join("artist", desk.other_project)
    leave(desk, "manager", desk.other_project)
    task = desk.task_on(desk.foreign, "rigging", "artist", project_id=desk.other_project)
    desk.add_comment("ELSEWHERE", "artist", task)
    tasks.fill(desk)
    return task


@pytest.mark.parametrize("who", ["manager", "supervisor"])
def test_leaders_see_a_persons_tasks_in_their_productions(
    tasks: OneService, desk: Desk, elsewhere: str, who: str
) -> None:
    """Not those in others; the person and administrators see all."""
    asked = {"person_id": desk.people["artist"]}

    def seen(caller: str) -> set[str]:
        rows = tasks.call(caller, "list_person_tasks", **asked)
        of_type = {"task_type_id": desk.kinds["rigging"]}
        rows += tasks.call(caller, "list_person_tasks_of_type", **asked, **of_type)
        return {row["id"] for row in rows}

    assert seen(who) == {desk.task, desk.concept_task}
    assert seen("artist") == seen("admin") == {desk.task, desk.concept_task, elsewhere}
    seat(desk, who, "user")
    assert seen(who) == set()
    leave(desk, who)
    assert seen(who) == set()


def test_who_leads_a_production_need_not_lead_the_studio(tasks: OneService, desk: Desk) -> None:
    """Artists, clients and vendors see nobody else's tasks."""
    newcomer(desk, "lead", "user", "manager")
    asked = {"person_id": desk.people["artist"]}
    want = {"lead": OK, "colleague": FORBIDDEN, "client": FORBIDDEN, "hired": FORBIDDEN}
    assert tasks.outcomes(want, "list_person_tasks", **asked) == want


def test_the_last_comment_is_one_that_the_reader_may_read(tasks: OneService, desk: Desk) -> None:
    """A client by the role here wrote the newest; a client gets none of the studio's."""
    newcomer(desk, "guest", "user", "client")
    desk.add_comment("GUEST words", "guest", created_at="2030-01-01T00:00:00")
    desk.link("task_person_link", task_id=desk.task, person_id=desk.people["client"])
    tasks.fill(desk)
    own = tasks.call("artist", "list_own_tasks")
    assert {row["last_comment"].get("text") for row in own} == {"Go", None}
    (row,) = tasks.call("client", "list_own_tasks")
    assert row["last_comment"] == {}


# --- bots ---------------------------------------------------------------------------------------


def test_bots_get_no_work_where_the_production_gives_them_none(
    tasks: OneService, desk: Desk
) -> None:
    """By no way; where it does, by all."""
    bot = desk.people["bot"] = desk.person("bot", "user")
    desk.row("person", bot)["is_bot"] = True
    tasks.fill(desk)
    tries = {
        "assign_task": {"task_id": desk.task, "data": {"person_id": bot}},
        "assign_tasks": {"person_id": bot, "data": {"task_ids": [desk.rigging]}},
        "update_row": {
            "path": "tasks",
            "ident": desk.animation_task,
            "data": {"assignees": [bot, desk.people["artist"]]},
        },
        "create_row": {
            "path": "tasks",
            "data": {
                "project_id": desk.project,
                "entity_id": desk.prop,
                "task_type_id": desk.task_type,
                "assignees": [bot],
            },
        },
    }
    tasks.fakes.replies["assets.list_kinds_of_entities"] = {}
    tasks.fakes.replies["assets.find_existing_rows"] = lambda tables: tables
    for allowed, outcome in ((False, FORBIDDEN), (True, OK)):
        project = {"is_bot_collaboration_enabled": allowed}
        tasks.fakes.replies["crud.read_row"] = project
        for method, given in tries.items():
            assert tasks.outcomes(["manager"], method, **given) == {"manager": outcome}, method
        assert bool(tasks.rows("task_person_link", person_id=bot)) is allowed
    tasks.fakes.replies["crud.read_row"] = {"is_bot_collaboration_enabled": False}
    kept = {"path": "tasks", "ident": desk.animation_task, "data": {"assignees": [bot]}}
    assert tasks.outcomes(["manager"], "update_row", **kept) == {"manager": OK}


def test_bots_have_no_page_of_their_own(tasks: OneService, desk: Desk) -> None:
    """What is about the caller is for people."""
    bot = desk.people["bot"] = desk.person("bot", "user")
    desk.row("person", bot)["is_bot"] = True
    desk.join("bot")
    tasks.fill(desk)
    entity = {"kind": "asset", "ident": desk.asset, "own": True}
    want = {"bot": FORBIDDEN, "artist": OK}
    for method, asked in {
        "list_entity_tasks": entity,
        "list_entity_task_types": entity,
        "is_subscribed": {"task_id": desk.task},
        "list_time_spent_today": {"task_id": desk.task, "day": "2026-01-05"},
    }.items():
        assert tasks.outcomes(want, method, **asked) == want
