"""The console, as an administrator works with it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from kombu import Connection, Queue
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from services.common.wire.topology import QUEUE
from services.crud.subscribers.__main__ import main as subscribers
from tests.browser.test_docs_page import PATIENCE, complaints, visible
from tests.letters import count, none_left
from tests.running import Caller, System, until
from tests.world import World

#: Markup that would leave a trace, were it taken as such.
MARKUP: Final = "<img src=x onerror=window.broken=1><script>window.broken=1</script>"
MINE: Final = "a program's queue"


def opened(browser: Chrome, system: System, part: str = "", who: str = "admin") -> None:
    """Open the console, and log in unless that was done."""
    browser.get(f"{system.base}/console#{part}")
    until(lambda: browser.find_elements(By.CSS_SELECTOR, "#login, #leave"), PATIENCE, "the page")
    if browser.find_elements(By.ID, "login"):
        log_in(browser, who, "mypassword")
    visible(browser, "#who", f", {who}")


def log_in(browser: Chrome, who: str, password: str) -> None:
    """Send the form."""
    for name, text in (("email", f"{who}@example.com"), ("password", password)):
        field = browser.find_element(By.NAME, name)
        field.clear()
        field.send_keys(text)
    browser.find_element(By.CSS_SELECTOR, "#login button").click()


def texts(browser: Chrome, selector: str) -> list[str]:
    """The texts of what is visible."""
    script = (
        "return [...document.querySelectorAll(arguments[0])]"
        ".filter((one) => one.checkVisibility()).map((one) => one.textContent.trim())"
    )
    found: list[str] = browser.execute_script(script, selector)
    return found


def events(browser: Chrome) -> list[str]:
    """The names of the events on the page, newest first."""
    return texts(browser, "#events .name")


def work(admin: Caller, world: World) -> None:
    """Some events, as a day of work has them."""
    artist = world.people["artist"]
    admin.put(f"/actions/persons/{artist}/assign", {"task_ids": [world.task]})
    comment = {"task_status_id": world.status, "comment": "Softer light, please."}
    admin.post(f"/actions/tasks/{world.task}/comment", comment)
    day = {"date": "2030-01-07", "end_date": "2030-01-08", "person_id": artist}
    admin.post("/data/day-offs", day)
    admin.put(f"/data/tasks/{world.task}", {"priority": 2})


def unharmed(browser: Chrome) -> bool:
    """Whether no markup of data was taken as such, and the policy was kept."""
    broken: Any = browser.execute_script("return window.broken")
    return broken is None and complaints(browser) == []


@pytest.fixture
def receiver() -> Iterator[str]:
    """The URL of a receiver of webhooks, which answers with markup."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", str(len(MARKUP)))
            self.end_headers()
            self.wfile.write(MARKUP.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def died(system: System, admin: Caller) -> Iterator[Any]:
    """Has events die in a program's queue."""
    none_left(system, admin)
    with Connection(system.parts.amqp_uri) as connection:
        channel = connection.channel()
        Queue(MINE, queue_arguments={**QUEUE}).bind(channel).declare()

        def die(*numbers: int) -> Any:
            before = count(admin)
            for number in numbers:
                connection.Producer(channel, serializer="json").publish(
                    {"number": number, "title": MARKUP},
                    exchange="",
                    routing_key=MINE,
                    headers={"event_id": str(uuid.uuid4()), "name": f"sample:{MARKUP}"},
                )
                message = until(lambda: channel.basic_get(MINE), what="the event")
                channel.basic_reject(message.delivery_tag, requeue=False)
            until(lambda: count(admin) == before + len(numbers), what="the letters")
            return channel

        yield die
        channel.queue_delete(MINE)
    none_left(system, admin)


def test_whoever_is_no_administrator_is_refused_in_words(
    browser: Chrome, system: System, world: World
) -> None:
    """Wrong passwords, too; and log-outs end it."""
    browser.get(f"{system.base}/console")
    visible(browser, "#login button")
    log_in(browser, "manager", "wrong")
    visible(browser, "#said", "rong")
    log_in(browser, "manager", "mypassword")
    assert "for administrators" in visible(browser, "#refused").text
    assert not browser.find_elements(By.TAG_NAME, "nav")
    browser.find_element(By.ID, "leave").click()
    visible(browser, "#login button")
    assert unharmed(browser)


def test_events_appear_as_they_happen(
    browser: Chrome, system: System, admin: Caller, world: World, artefacts: Path
) -> None:
    """Filtered, paused, and in full; whatever names hold is text."""
    opened(browser, system, "events")
    visible(browser, "#events [role=status]", "following")
    row = admin.post("/data/departments", {"name": MARKUP, "color": "#fff"}).json()
    visible(browser, "#events .name", "department:new")
    work(admin, world)
    admin.put(f"/data/entities/{world.shot}", {"description": "Rain"})
    visible(browser, "#events td", "SH1")
    visible(browser, "#events .name", "shot:update").send_keys(Keys.ENTER)
    full = visible(browser, "#full")
    assert '"after": "Rain"' in full.text
    browser.save_screenshot(str(artefacts / "console.png"))
    # Paused, nothing moves.
    browser.find_element(By.ID, "pause").click()
    before = events(browser)
    admin.delete(f"/data/departments/{row['id']}")
    visible(browser, "#held", "new")
    assert events(browser) == before
    browser.find_element(By.ID, "pause").click()
    visible(browser, "#events .name", "department:delete").click()
    assert MARKUP in visible(browser, "#full").text
    # Filtered by name and production.
    browser.find_element(By.NAME, "names").send_keys("shot:*", Keys.ENTER)
    visible(browser, "#events [role=status]", "following")
    visible(browser, "#events .empty", "No events yet")
    assert events(browser) == []
    Select(browser.find_element(By.NAME, "production")).select_by_visible_text("Film")
    visible(browser, "#events [role=status]", "following")
    admin.post("/data/departments", {"name": "Sound", "color": "#fff"})
    admin.put(f"/data/entities/{world.shot}", {"description": "Snow"})
    visible(browser, "#events .name", "shot:update")
    assert set(events(browser)) == {"shot:update"}
    assert unharmed(browser)


def test_a_filter_that_is_refused_is_told(browser: Chrome, system: System, world: World) -> None:
    """In the server's words."""
    opened(browser, system, "events")
    visible(browser, "#events [role=status]", "following")
    browser.find_element(By.NAME, "task").send_keys("no id", Keys.ENTER)
    visible(browser, "#events .error", "alid")


def test_dead_letters_are_inspected_replayed_and_discarded(
    browser: Chrome, system: System, admin: Caller, died: Any, artefacts: Path
) -> None:
    """One by one, and all."""
    opened(browser, system, "letters")
    visible(browser, "#letters .empty", "no dead letters")
    channel = died(1, 2, 3, 4)
    visible(browser, "#letters td", MINE)
    visible(browser, "#letters .name", MARKUP).click()
    assert '"number": 4' in visible(browser, "#body").text
    assert MARKUP in visible(browser, "#letters aside").text
    browser.save_screenshot(str(artefacts / "console-letters.png"))
    browser.find_element(By.ID, "replay").click()
    visible(browser, "#letters #told", f"Replayed to {MINE}")
    message = until(lambda: channel.basic_get(MINE), what="the event")
    assert b'"number": 4' in bytes(message.body, "utf-8")
    channel.basic_ack(message.delivery_tag)
    visible(browser, "#letters .name", MARKUP).click()
    visible(browser, "#discard").click()
    visible(browser, "#letters #told", "Discarded.")
    assert count(admin) == 2
    # Discarding all is asked twice.
    browser.find_element(By.ID, "discard-all").click()
    assert count(admin) == 2
    visible(browser, "#discard-them").click()
    visible(browser, "#letters #told", "2 discarded.")
    died(5)
    visible(browser, "#replay-all", "1").click()
    visible(browser, "#letters #told", "1 replayed.")
    until(lambda: channel.basic_get(MINE), what="the event")
    assert count(admin) == 0
    assert unharmed(browser)


def test_webhooks_are_paused_tested_and_replayed(
    browser: Chrome, system: System, admin: Caller, receiver: str, artefacts: Path
) -> None:
    """And what was sent is shown: the request, the event, the answer."""
    opened(browser, system, "webhooks")
    visible(browser, "#webhooks .empty", "no webhooks")
    body = {"url": receiver, "names": ["department:*"], "description": MARKUP}
    hook = admin.post("/data/webhooks", body).json()
    visible(browser, "#webhooks .url", receiver).click()
    admin.post("/data/departments", {"name": "Sound", "color": "#fff"})
    visible(browser, "#deliveries .name", "department:new").click()
    assert visible(browser, "#answer").text == MARKUP
    assert '"name": "department:new"' in visible(browser, "#webhooks aside").text
    browser.save_screenshot(str(artefacts / "console-webhooks.png"))
    visible(browser, "#webhooks .acts button", "Pause").click()
    visible(browser, "#webhooks .state", "paused")
    assert admin.get(f"/data/webhooks/{hook['id']}").json()["state"] == "paused"
    visible(browser, "#webhooks .acts button", "Test").click()
    visible(browser, "#webhooks #told", "The test was answered with 200")
    visible(browser, "#deliveries .name", "webhook:test")
    visible(browser, "#webhooks .acts button", "Resume").click()
    visible(browser, "#webhooks .state", "active")
    for name, text in (("from", "2026-01-01 00:00:00"), ("to", "2100-01-01 00:00:00")):
        browser.find_element(By.NAME, name).send_keys(text)
    visible(browser, "#webhooks button", "Replay").click()
    visible(browser, "#webhooks #told", "are being sent again")
    until(lambda: "replay" in texts(browser, "#deliveries td"), PATIENCE, "the replay")
    assert unharmed(browser)


def test_accounts_of_programs_are_shown(
    browser: Chrome, system: System, admin: Caller, world: World, artefacts: Path
) -> None:
    """With what waits for them."""
    opened(browser, system, "subscribers")
    visible(browser, "#subscribers .empty", "No program has an account")
    environ = system.environment()
    subscribers(["make", "NAME=farm", "PRODUCTIONS=all", "EVENTS=department:*"], environ)
    try:
        visible(browser, "#subscribers td", "subscriber.farm")
        admin.post("/data/departments", {"name": "Sound", "color": "#fff"})
        # The broker counts messages every five seconds.
        visible(browser, "#subscribers .waiting", "1")
        found = texts(browser, "#subscribers tbody td")
        assert found[:5] == ["farm", "subscriber.farm", "all, and the studio", "department:*", "1"]
        assert found[-1] == "no"
        browser.save_screenshot(str(artefacts / "console-subscribers.png"))
        (row,) = admin.get("/data/console/subscribers").json()
        assert (row["name"], row["waiting"], row["connected"]) == ("farm", 1, False)
    finally:
        subscribers(["revoke", "NAME=farm"], environ)
    assert unharmed(browser)


def test_services_and_queues_are_shown(
    browser: Chrome, system: System, world: World, artefacts: Path
) -> None:
    """A service that is down, in words."""
    opened(browser, system, "services")
    visible(browser, "#services td", "tasks.forget_rows")
    assert texts(browser, "#services table:first-of-type td:first-child")[:6] == [
        "gateway",
        "auth",
        "assets",
        "tasks",
        "chat",
        "crud",
    ]
    browser.save_screenshot(str(artefacts / "console-services.png"))
    system.kill("chat")
    try:
        visible(browser, "#services .error", "No process of it runs")
    finally:
        system.start("chat")
        system.wait()
    assert unharmed(browser)
