"""The actor of a call."""

from __future__ import annotations

from uuid import uuid4

import msgspec

from services.common.actor import SYSTEM, Actor

FILM, SERIES, OTHER = uuid4(), uuid4(), uuid4()


def test_a_role_is_that_of_the_production() -> None:
    """Not the role in the studio; None outside of the team."""
    actor = Actor(id=uuid4(), role="user", projects={FILM: "supervisor", SERIES: "vendor"})
    assert [actor.role_in(project) for project in (FILM, SERIES, OTHER, None)] == [
        "supervisor",
        "vendor",
        None,
        None,
    ]


def test_an_administrator_is_one_everywhere() -> None:
    """In teams, outside of them, and where no production is concerned."""
    actor = Actor(id=uuid4(), role="admin", projects={FILM: "client"})
    assert {actor.role_in(project) for project in (FILM, OTHER, None)} == {"admin"}
    assert actor.is_admin
    assert SYSTEM.role_in(FILM) == "admin"


def test_a_vendor_anywhere_works_as_a_vendor() -> None:
    """What they see depends on assignments, whichever role makes them one."""
    assert Actor(role="vendor").works_as_vendor
    assert Actor(role="user", projects={FILM: "vendor"}).works_as_vendor
    assert not Actor(role="user", projects={FILM: "user"}).works_as_vendor


def test_an_actor_survives_the_wire() -> None:
    """It is sent as JSON with each call."""
    actor = Actor(
        id=uuid4(),
        role="manager",
        is_bot=True,
        departments=frozenset({uuid4()}),
        projects={FILM: "manager"},
        open_projects=frozenset({FILM}),
    )
    assert msgspec.json.decode(msgspec.json.encode(actor), type=Actor) == actor
