"""What an operator orders for an account; what is malformed is told in a sentence."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.crud.subscribers import __main__ as command
from services.crud.subscribers import orders
from services.crud.subscribers.management import Management, ManagementError
from services.crud.subscribers.orders import OrderError

FILM, TWIN, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
PRODUCTIONS = {FILM: "Film", TWIN: "Twin", OTHER: "twin"}


def rows(_statement: str, *, ident: str | None, name: str) -> list[tuple[Any, ...]]:
    """The productions of a studio, found as the database finds them."""
    return [
        (key, title)
        for key, title in PRODUCTIONS.items()
        if str(key) == ident or title.lower() == name.lower()
    ]


@pytest.mark.parametrize(
    ("productions", "events", "found"),
    [
        ("all", "", (None, {"*:*"})),
        ("film", "*", ({FILM}, {"*:*"})),
        (f"Film {TWIN}", "task:* *:new task:*", ({FILM, TWIN}, {"task:*", "*:new"})),
        ('"Film"', "asset_instance:add-to-shot", ({FILM}, {"asset_instance:add-to-shot"})),
    ],
)
def test_productions_and_events_are_read(
    productions: str, events: str, found: tuple[Any, Any]
) -> None:
    """By id or by name, in any case of letters."""
    assert orders.heard({"PRODUCTIONS": productions, "EVENTS": events}, rows) == found


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "PRODUCTIONS is missing"),
        ({"PRODUCTIONS": " "}, "PRODUCTIONS is missing"),
        ({"PRODUCTIONS": "Films"}, "PRODUCTIONS has 'Films', which is no production"),
        ({"PRODUCTIONS": "twin"}, "PRODUCTIONS has 'twin', which is 2 productions"),
        ({"PRODUCTIONS": "all Film"}, "PRODUCTIONS is all and more"),
        ({"PRODUCTIONS": "'Film"}, "PRODUCTIONS is .*: no closing quotation"),
        ({"PRODUCTIONS": "all", "EVENTS": "task"}, "EVENTS has 'task'"),
        ({"PRODUCTIONS": "all", "EVENTS": "ta*:new"}, "EVENTS has 'ta\\*:new'"),
        ({"PRODUCTIONS": "all", "EVENTS": "task.#:new"}, "EVENTS has 'task.#:new'"),
    ],
)
def test_malformed_orders_are_refused(given: dict[str, str], message: str) -> None:
    """The message names the variable, what came, and what is expected."""
    with pytest.raises(OrderError, match=message):
        orders.heard(given, rows)


@pytest.mark.parametrize("name", ["", "Farm", "a.b", "-farm", "f" * 41, "farm\n", "farm|.*"])
def test_names_are_plain(name: str) -> None:
    """They are part of patterns of rights."""
    with pytest.raises(OrderError, match="NAME is"):
        orders.account({"NAME": name})


@pytest.mark.parametrize(
    ("arguments", "environ", "message"),
    [
        ([], {}, "usage"),
        (["make", "farm"], {}, "usage"),
        (["list"], {}, "AMQP_URI is not set"),
        (["list"], {"AMQP_URI": "amqp://x"}, "CRUD_DATABASE_URL is not set"),
    ],
)
def test_the_command_says_what_it_lacks(
    arguments: list[str], environ: dict[str, str], message: str
) -> None:
    """And how it is called."""
    with pytest.raises(OrderError, match=message):
        command.main(arguments, environ)


def test_the_rotation_is_asked_for_plainly() -> None:
    """A password that somebody did not mean to change stops a program."""
    assert (orders.rotates({"ROTATE": "yes"}), orders.rotates({})) == (True, False)
    with pytest.raises(OrderError, match="ROTATE is 'no'"):
        orders.rotates({"ROTATE": "no"})


@pytest.mark.parametrize(
    ("uri", "url", "found"),
    [
        ("amqp://a:b%2F@rabbit:5672/", "", ("http://rabbit:15672", ("a", "b/"), "%2F")),
        ("amqps://a:b@one/studio;amqps://two", "", ("https://one:15671", ("a", "b"), "studio")),
        ("amqp://a:b@[::1]/", "", ("http://[::1]:15672", ("a", "b"), "%2F")),
        ("amqp://a:b@x", "https://c:d@m/rabbit/", ("https://m/rabbit", ("c", "d"), "%2F")),
        ("amqp://a:b@x", "http://m:1", ("http://m:1", ("a", "b"), "%2F")),
    ],
)
def test_the_management_is_found_from_the_brokers_address(
    uri: str, url: str, found: tuple[Any, ...]
) -> None:
    """With its credentials, unless it has an address of its own."""
    with Management(uri, url) as broker:
        assert (broker.url, broker.session.auth, broker.vhost) == found


def test_a_management_that_is_away_is_told() -> None:
    """With the setting that leads to it."""
    with Management("amqp://127.0.0.1", "http://127.0.0.1:1") as broker:
        with pytest.raises(ManagementError, match="set BROKER_MANAGEMENT_URL"):
            broker.get("users")
    with pytest.raises(ManagementError, match="AMQP_URI names no broker"):
        Management("http://127.0.0.1")
