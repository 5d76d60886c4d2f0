"""The first start of an empty system, and its first production."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import gazu
import pytest

from deploy.local.parts import backing
from deploy.local.settings import LocalSettings
from tests.running import System, until
from tests.system.whole.test_web_ui import Browser

EMAIL, PASSWORD = "first@example.com", "a-first-password"
KINDS = {"Asset": "assets", "Shot": "shots"}


@pytest.fixture(scope="module")
def studio(descriptions: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that was started for the first time."""
    del descriptions
    folder = Path(tempfile.mkdtemp(prefix="callboard-tests-"))
    settings = LocalSettings(run_dir=str(folder), admin_email=EMAIL, admin_password=PASSWORD)
    try:
        with backing(settings) as parts:
            parts.wait()
            root = tmp_path_factory.mktemp("dist")
            (root / "index.html").write_text("<!doctype html>")
            extra = {"WEB_ROOT": str(root)}
            with System(parts, tmp_path_factory.mktemp("logs"), extra).up() as found:
                yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def browser(studio: System) -> Browser:
    """The first administrator at the web interface."""
    found = Browser(studio.base)
    found.post("/auth/login", {"email": EMAIL, "password": PASSWORD}, 200)
    return found


def test_the_first_administrator_finds_a_studio(browser: Browser) -> None:
    """Every page opens: a time zone, a language, and whatever the lists are to show."""
    response = browser.get("/auth/authenticated")
    moment = datetime.now(UTC).astimezone(ZoneInfo(response["user"]["timezone"]))
    assert moment.utcoffset() is not None
    assert response["user"]["locale"] == "en_US"
    assert browser.get("/data/organisations") == [response["organisation"]]
    context = browser.get("/data/user/context")
    lists = ("project_status", "task_status", "task_types", "asset_types", "departments")
    for name in lists:
        assert all(row["name"] for row in context[name])
        assert context[name], name
    assert [row["short_name"] for row in context["task_status"] if row["is_default"]] == ["todo"]
    departments = {row["id"] for row in context["departments"]}
    assert {row["department_id"] for row in context["task_types"]} <= departments


def test_starter_rows_are_in_the_event_log(browser: Browser) -> None:
    """As if created over HTTP."""
    for path, event in (
        ("project-status", "project-status:new"),
        ("departments", "department:new"),
        ("task-types", "task-type:new"),
        ("task-status", "task-status:new"),
        ("asset-types", "asset-type:new"),
    ):
        made = {row["id"] for row in browser.get(f"/data/{path}")}
        key = f"{event.partition(':')[0].replace('-', '_')}_id"

        def logged_ids(event: str = event, key: str = key) -> set[str]:
            rows = browser.get(f"/data/events/last?name={event}&page_size=100")
            return {row["data"][key] for row in rows}

        until(lambda made=made, logged_ids=logged_ids: made <= logged_ids(), what=event)


def test_a_script_finds_the_status_of_new_tasks(studio: System) -> None:
    """As gazu asks for it."""
    client = gazu.client.create_client(f"{studio.base}/api")
    gazu.log_in(EMAIL, PASSWORD, client=client)
    status = gazu.task.get_default_task_status(client=client)
    assert (status["name"], status["for_concept"]) == ("Todo", False)


def test_the_first_production_is_made_at_the_web_interface(browser: Browser) -> None:
    """Its settings, its entities, their tasks, and the first comment."""
    context = browser.get("/data/user/context")
    (opened,) = (row for row in context["project_status"] if row["name"] == "Open")
    body = {
        "name": "First film",
        "production_type": "short",
        "production_style": "3d",
        "fps": "24",
        "ratio": "16:9",
        "resolution": "1920x1080",
        "start_date": "2026-11-02",
        "end_date": "2027-03-31",
    }
    film = browser.post("/data/projects/", body, 200)
    assert film["project_status_id"] == opened["id"]
    use_everything(browser, film["id"], context)
    me = browser.get("/auth/authenticated")["user"]["id"]
    browser.post(f"/data/projects/{film['id']}/team", {"person_id": me})
    again = browser.get("/data/user/context")
    (project,) = again["projects"]
    assert set(project["task_types"]) == {row["id"] for row in context["task_types"]}

    prop = next(row for row in context["asset_types"] if row["name"] == "Prop")
    path = f"/data/projects/{film['id']}"
    asset = browser.post(f"{path}/asset-types/{prop['id']}/assets/new", {"name": "Lantern"})
    sequence = browser.post(f"{path}/sequences", {"name": "SQ01"})
    shot = {"name": "SH010", "sequence_id": sequence["id"], "nb_frames": 48}
    browser.post(f"{path}/shots", shot)
    tasks = [
        task
        for kind in context["task_types"]
        if kind["for_entity"] in KINDS
        for task in browser.post(
            f"/actions/projects/{film['id']}/task-types/{kind['id']}"
            f"/{KINDS[kind['for_entity']]}/create-tasks",
            [],
        )
    ]
    assert {task["task_status_name"] for task in tasks} == {"Todo"}
    say_that_it_begins(browser, context, tasks[0]["id"])
    listed = browser.get(f"/data/assets/with-tasks?project_id={film['id']}")
    assert [row["id"] for row in listed] == [asset["id"]]
    begin_a_concept(browser, film["id"], context)
    browser.post(f"/actions/user/chats/{asset['id']}/join", status=200)
    browser.post(f"/data/entities/{asset['id']}/chat/messages", {"message": "Hello"})


def use_everything(browser: Browser, film: str, context: dict[str, Any]) -> None:
    """What the last step of the form sends."""
    for path, key, name in (
        ("task-types", "task_type_id", "task_types"),
        ("task-status", "task_status_id", "task_status"),
        ("asset-types", "asset_type_id", "asset_types"),
    ):
        for row in context[name]:
            browser.post(f"/data/projects/{film}/settings/{path}", {key: row["id"]})


def say_that_it_begins(browser: Browser, context: dict[str, Any], task: str) -> None:
    """A comment with a status of the starter set, which does what its flag says."""
    wip = next(row for row in context["task_status"] if row["is_wip"])
    said = {"task_status_id": wip["id"], "comment": "Here we go"}
    comment = browser.post(f"/actions/tasks/{task}/comment", said)
    assert datetime.fromisoformat(comment["created_at"])
    assert browser.get(f"/data/tasks/{task}")["real_start_date"] is not None


def begin_a_concept(browser: Browser, film: str, context: dict[str, Any]) -> None:
    """With the task type that has another's name."""
    named = [row for row in context["task_types"] if row["name"] == "Concept"]
    assert {row["for_entity"] for row in named} == {"Asset", "Concept"}
    kind = next(row for row in named if row["for_entity"] == "Concept")
    mood = browser.post(f"/data/projects/{film}/concepts", {"name": "Mood"})
    response = browser.post(
        f"/actions/projects/{film}/task-types/{kind['id']}/concepts/create-tasks", [mood["id"]]
    )
    assert [task["entity_id"] for task in response] == [mood["id"]]
