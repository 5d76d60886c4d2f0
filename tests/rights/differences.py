"""Answers that differ from the rules on purpose, each with its reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.rights.places import NOWHERE
from tests.rights.steps import Difference

Test = Callable[[Difference], bool]


def shows(path: str, *what: str, own: bool = False) -> Test:
    """An answer of these routes that shows only these marks."""
    return lambda one: (
        path in one.step.route.path
        and one.shown <= set(what)
        and bool(one.shown)
        and (one.step.case.own or not own)
    )


def answers(route: str, status: int) -> Test:
    """This route's answer to everybody who may use it."""
    return lambda one: one.step.name == route and one.status == status and one.step.allowed


def is_nobody(one: Difference) -> bool:
    """An empty answer about a person who isn't known, to those who may ask about people."""
    step = one.step
    about_person = step.route.method == "GET" and step.route.path.startswith("/data/persons/")
    return step.case.at is NOWHERE and about_person and one.status == 200 and not one.shown


def is_let_through(one: Difference) -> bool:
    """An empty answer about a production that isn't there, to an administrator."""
    step = one.step
    of_production = step.route.method == "GET" and "/projects/{project_id}/" in step.route.path
    passes = step.case.who.role == "admin" and step.case.at is NOWHERE
    return passes and of_production and one.status == 200 and not one.shown


EXPLAINED: Final[tuple[tuple[Test, str], ...]] = (
    (
        shows("/time-spents", "asset name", "production", own=True),
        "One's own time keeps the name of what it was spent on.",
    ),
    (
        shows("/data/user/context", "custom action"),
        "The answer with which a client starts holds all custom actions; they call addresses.",
    ),
    (is_let_through, "Whom every production lets in isn't asked which one."),
    (is_nobody, "Whom nobody knows has no tasks, no time and no days off."),
    (
        answers("POST /data/salary-scales", 400),
        "The system alone makes the rows of the scale, when it is listed.",
    ),
)


def why(one: Difference) -> str:
    """Why it is right all the same; empty if nobody said so."""
    return next((reason for test, reason in EXPLAINED if test(one)), "")
