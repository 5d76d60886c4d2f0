"""Helpers: log in, read e-mails, collect events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import requests

from tests.running import Caller, System, until
from tests.subscribing import Events, subscribed_to

LOGIN = {"email": "artist@example.com", "password": "mypassword"}


def log_in(system: System, **more: Any) -> requests.Response:
    """A log-in attempt in a new session."""
    return requests.post(f"{system.base}/auth/login", json={**LOGIN, **more}, timeout=30)


def signed_in(system: System, **more: Any) -> Caller:
    """A client with the tokens of a log-in that must succeed."""
    answer = log_in(system, **more)
    assert answer.status_code == 200, answer.text
    return Caller(system.base, answer.json()["access_token"])


def letters(system: System) -> list[EmailMessage]:
    """The e-mails sent so far, oldest first."""
    result = sorted((system.folder / "mail").glob("*.eml"))
    return [message_from_bytes(path.read_bytes(), policy=default) for path in result]  # type: ignore[misc]


@contextmanager
def next_letter(system: System, about: str = "") -> Iterator[list[str]]:
    """The text of the first matching e-mail that arrives after the block began."""
    before, found = len(letters(system)), []  # type: ignore[var-annotated]
    yield found
    arrived = until(
        lambda: [letter for letter in letters(system)[before:] if about in letter["Subject"]],
        what="a letter",
    )
    found.append(arrived[0].get_content())


def code_in(text: str) -> str:
    """The six digits in an e-mail."""
    match = re.search(r"^(\d{6})$", text, re.MULTILINE)
    assert match, text
    return match[1]


def token_in(text: str) -> str:
    """The token in an e-mail's link."""
    match = re.search(r"token=([\w-]{64})(?![\w-])", text)
    assert match, text
    return match[1]


@contextmanager
def events_of(system: System, *names: str) -> Iterator[Events]:
    """The events of ``auth`` with these names, since the block began."""
    with subscribed_to(system, "auth", *names) as (found, wait_for_event):
        yield found
        until(lambda: not wait_for_event(0.2) and found, what="the events")
