"""The documentation page, as a new user works with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.running import System, until
from tests.world import World

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def opened(browser: Chrome, system: System) -> None:
    """Open the page and wait for its routes."""
    browser.get(f"{system.base}/docs")
    until(
        lambda: browser.find_element(By.TAG_NAME, "body").get_attribute("data-ready"), what="page"
    )


def log_in(browser: Chrome, password: str) -> str:
    """Log in; returns the page's text about the session."""
    for name, text in (("email", "admin@example.com"), ("password", password)):
        field = browser.find_element(By.NAME, name)
        field.clear()
        field.send_keys(text)
    browser.find_element(By.CSS_SELECTOR, "#session button").click()
    said: str = until(
        lambda: browser.find_element(By.ID, "who").text, what="an answer to the log-in"
    )
    return said


def route(browser: Chrome, words: str, path: str) -> WebElement:
    """Search for a route and open it."""
    search = browser.find_element(By.ID, "find")
    search.clear()
    search.send_keys(words)
    [section] = [
        row
        for row in browser.find_elements(By.CSS_SELECTOR, "details:not([hidden])")
        if row.find_element(By.CSS_SELECTOR, ".path").text == path
    ]
    section.find_element(By.TAG_NAME, "summary").click()
    until(lambda: section.find_elements(By.CSS_SELECTOR, ".act button"), what="the route's form")
    return section


def answered(row: WebElement) -> str:
    """Send the route's request; returns the response as displayed."""
    row.find_element(By.CSS_SELECTOR, ".act button").click()
    out = row.find_element(By.CSS_SELECTOR, ".act + pre")
    until(out.is_displayed, what="an answer")
    return f"{row.find_element(By.CSS_SELECTOR, '.act b').text}\n{out.text}"


def test_a_user_logs_in_and_tries_a_route(
    browser: Chrome, system: System, world: World, artefacts: Path
) -> None:
    """The session is an HttpOnly cookie and survives a reload."""
    opened(browser, system)
    assert log_in(browser, "wrong") == "wrong e-mail or password"
    assert log_in(browser, "mypassword").endswith(", admin")
    cookie = browser.get_cookie("access_token_cookie")
    assert cookie is not None
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    assert browser.execute_script("return document.cookie") == ""
    opened(browser, system)
    until(lambda: browser.find_element(By.ID, "who").text, what="the session after a reload")
    said = answered(route(browser, "get projects open", "/data/projects/open"))
    browser.save_screenshot(str(artefacts / "docs.png"))
    assert said.startswith("200 ")
    assert '"name": "Film"' in said


def test_a_form_creates_a_row_until_log_out(browser: Chrome, system: System, world: World) -> None:
    """A body can be edited, and an error is displayed."""
    opened(browser, system)
    log_in(browser, "mypassword")
    row = route(browser, "create department", "/data/departments")
    body = row.find_element(By.TAG_NAME, "textarea")
    body.clear()
    body.send_keys('{"name": "Drawn", "color": "#abcdef"}')
    assert '"name": "Drawn"' in answered(row)
    browser.find_element(By.ID, "leave").click()
    until(lambda: browser.find_element(By.ID, "session").is_displayed(), what="the form again")
    row = route(browser, "list department", "/data/departments")
    assert answered(row).startswith("401 ")
