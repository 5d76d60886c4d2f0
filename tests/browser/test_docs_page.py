"""The documentation pages, as a new user works with them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.running import System, until
from tests.world import World

#: Seconds: it reads 690 operations, and other tests run beside it.
PATIENCE: Final = 90.0
REFUSED_BY_POLICY: Final = "Content Security Policy"


def opened(browser: Chrome, system: System, page: str = "/docs") -> None:
    """Open a page and wait for its contents."""
    browser.get(f"{system.base}{page}")
    until(
        lambda: browser.find_element(By.TAG_NAME, "body").get_attribute("data-ready"),
        what="page",
        seconds=PATIENCE,
    )


def log_in(browser: Chrome, password: str) -> str:
    """Log in; returns the page's text about the session."""
    for name, text in (("email", "admin@example.com"), ("password", password)):
        field = browser.find_element(By.NAME, name)
        field.clear()
        field.send_keys(text)
    browser.find_element(By.CSS_SELECTOR, "#session button").click()
    return said(browser)


def said(browser: Chrome) -> str:
    """What the page says about the session."""
    text: str = until(
        lambda: browser.find_element(By.ID, "who").text, what="who is logged in", seconds=PATIENCE
    )
    return text


#: The first visible element with some words. In the page: to ask for each of hundreds of elements
#: from here would take longer than the page does.
FIRST: Final = """
const [selector, words] = arguments;
return [...document.querySelectorAll(selector)].find(
  (one) => one.checkVisibility({visibilityProperty: true}) && one.innerText.includes(words)
);
"""


def visible(browser: Chrome, selector: str, words: str = "") -> WebElement:
    """The first visible element with these words, as soon as there is one."""
    element: WebElement = until(
        lambda: browser.execute_script(FIRST, selector, words),
        what=f"{selector} with {words!r}",
        seconds=PATIENCE,
    )
    return element


def find(browser: Chrome, words: str, operation: str) -> None:
    """Search for an operation, and open the form that tries it out."""
    visible(browser, "button", "Search").click()
    visible(browser, "[role=dialog] input").send_keys(words)
    path = operation.partition(" ")[2]
    visible(browser, "[role=option]", path).click()
    try_out(browser, operation)


def try_out(browser: Chrome, operation: str) -> None:
    """Open the form that tries out an operation that is on the page."""
    button = visible(browser, "button", f"({operation})")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()


def complaints(browser: Chrome) -> list[str]:
    """What the page's policy refused."""
    return [
        entry["message"]
        for entry in browser.get_log("browser")  # type: ignore[no-untyped-call]
        if REFUSED_BY_POLICY in entry["message"]
    ]


def test_a_session_is_a_cookie_that_survives_a_reload(
    browser: Chrome, system: System, world: World
) -> None:
    """An HttpOnly one; the form is there before all operations are."""
    browser.get(f"{system.base}/docs")
    assert log_in(browser, "wrong") == "Wrong email or password."
    assert log_in(browser, "mypassword").endswith(", admin")
    cookie = browser.get_cookie("access_token_cookie")
    assert cookie is not None
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    assert browser.execute_script("return document.cookie") == ""
    browser.get(f"{system.base}/docs")
    assert said(browser).endswith(", admin")
    assert complaints(browser) == []


def test_a_user_tries_an_operation_and_after_the_log_out_the_api_refuses(
    browser: Chrome, system: System, world: World, artefacts: Path
) -> None:
    """Though the page still shows everything."""
    operation = "get /data/projects/open"
    opened(browser, system)
    assert log_in(browser, "mypassword").endswith(", admin")
    find(browser, "list open projects", operation)
    visible(browser, "button", "Send").click()
    visible(browser, "[role=dialog], body", "200 OK")
    answer = visible(browser, ".cm-content, .scalar-code-block", '"name": "Film"')
    browser.save_screenshot(str(artefacts / "docs.png"))
    assert '"project_status_id"' in answer.text
    assert complaints(browser) == []
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    visible(browser, "#leave").click()
    visible(browser, "#session")
    try_out(browser, operation)
    visible(browser, "button", "Send").click()
    visible(browser, "[role=dialog], body", "401 Unauthorized")


def test_events_are_shown_and_found(browser: Chrome, system: System, artefacts: Path) -> None:
    """By the words of their names and sentences."""
    opened(browser, system, "/docs/events")
    place = browser.find_element(By.ID, "events")
    everything = int(place.get_attribute("data-events") or 0)
    browser.find_element(By.ID, "find").send_keys("task assignees removed")
    until(lambda: int(place.get_attribute("data-events") or 0) < everything, what="fewer events")
    visible(browser, "#events", "task:unassign")
    browser.save_screenshot(str(artefacts / "events.png"))
    assert complaints(browser) == []
