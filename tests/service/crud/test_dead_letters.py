"""Dead letters in their table: who sees them, what they show, what becomes of them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from pamqp.commands import Basic

from services.common.errors import Forbidden, InvalidInput, NotFound, Refused, Unavailable
from services.common.events.dead_letters import Letter
from services.common.wire.frames import Incoming
from services.crud.dead_letters import store
from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World

QUEUE = "tasks.forget_rows.ordered"
ALL = {"queue": None}


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service; its broker is away."""
    found = make_service("crud")
    found.fill(world)
    return found


def keep(
    crud: OneService,
    queue: str = QUEUE,
    body: bytes = b'{"a": 1}',
    *,
    redelivered: bool = False,
    error: str | None = None,
    **headers: Any,
) -> None:
    """Have a letter come."""
    message = Incoming()
    death = {"queue": queue, "reason": "rejected", "exchange": "crud.events", "count": 1}
    message.properties = Basic.Properties(headers={**headers, "x-death": [death]})
    message.body, message.redelivered, message.error = body, redelivered, error
    with crud.database.read() as connection:
        store.keep(connection, Letter.of(message))


def listed(crud: OneService, **query: str) -> Any:
    """A page of letters."""
    return crud.call("admin", "list_dead_letters", query=query)


def test_only_administrators_have_to_do_with_them(crud: OneService) -> None:
    """They hold events of all productions."""
    keep(crud)
    ident = listed(crud)["data"][0]["id"]
    for who in ("manager", "supervisor", "artist", "client"):
        for method, arguments in (
            ("list_dead_letters", {}),
            ("read_dead_letter", {"ident": ident}),
            ("replay_dead_letter", {"ident": ident}),
            ("replay_dead_letters", {"data": ALL}),
            ("discard_dead_letter", {"ident": ident}),
            ("discard_dead_letters", {"data": ALL}),
        ):
            with pytest.raises(Forbidden):
                crud.call(who, method, **arguments)
    assert listed(crud)["total"] == 1


def test_they_are_listed_newest_first_by_the_page_and_by_the_queue(crud: OneService) -> None:
    """With the number of each queue's."""
    for number in range(3):
        keep(crud, name=f"event:{number}")
    keep(crud, "chat.forget_rows", name="event:other")
    page = listed(crud, limit="2")
    assert [row["name"] for row in page["data"]] == ["event:other", "event:2"]
    assert (page["total"], page["queues"]) == (4, {"chat.forget_rows": 1, QUEUE: 3})
    assert [row["name"] for row in listed(crud, limit="2", page="2")["data"]] == [
        "event:1",
        "event:0",
    ]
    assert [row["queue"] for row in listed(crud, queue="chat.forget_rows")["data"]] == [
        "chat.forget_rows"
    ]
    with pytest.raises(InvalidInput):
        listed(crud, page="x")


@pytest.mark.parametrize(
    ("body", "shown", "text"),
    [
        (b'{"a": "<b>"}', {"a": "<b>"}, None),
        (b"null", None, None),
        (b"\xff{", None, "\N{REPLACEMENT CHARACTER}{"),
        (b"[" * 5000, None, "[" * 2000),
        (b"", None, ""),
    ],
)
def test_one_is_shown_in_full(crud: OneService, body: bytes, shown: Any, text: str | None) -> None:
    """Its headers, and its body, whatever that is."""
    keep(crud, body=body, name="event:x", event_id="e1", raw=bytearray(b"\xff"))
    (row,) = listed(crud)["data"]
    found = crud.call("admin", "read_dead_letter", ident=row["id"])
    assert (found["body"], found["text"]) == (shown, text)
    assert (found["headers"]["name"], found["event_id"]) == ("event:x", "e1")
    assert found["headers"]["x-death"][0]["queue"] == QUEUE
    assert {name: found[name] for name in row} == row


def test_a_redelivered_letter_is_kept_once(crud: OneService) -> None:
    """It was stored, but not acknowledged. Two equal ones are two."""
    keep(crud, name="a")
    keep(crud, name="a", redelivered=True)
    assert listed(crud)["total"] == 1
    keep(crud, name="a")
    keep(crud, name="b", redelivered=True)
    assert listed(crud)["total"] == 3


def test_they_are_discarded_one_by_one_by_the_queue_or_all(crud: OneService) -> None:
    """For good."""
    for queue in (QUEUE, QUEUE, QUEUE, "chat.x", "chat.y"):
        keep(crud, queue)
    one = listed(crud, queue=QUEUE)["data"][0]["id"]
    crud.answer("admin", "discard_dead_letter", ident=one)
    with pytest.raises(NotFound):
        crud.call("admin", "discard_dead_letter", ident=one)
    assert crud.call("admin", "discard_dead_letters", data={"queue": QUEUE}) == {"discarded": 2}
    assert listed(crud)["total"] == 2
    with pytest.raises(InvalidInput):  # "all" has to be said
        crud.call("admin", "discard_dead_letters", data={})
    assert crud.call("admin", "discard_dead_letters", data=ALL) == {"discarded": 2}


def test_without_the_broker_nothing_is_forgotten(crud: OneService) -> None:
    """The replay is refused."""
    keep(crud)
    ident = listed(crud)["data"][0]["id"]
    with pytest.raises(Unavailable):
        crud.call("admin", "replay_dead_letter", ident=ident)
    with pytest.raises(Unavailable):
        crud.call("admin", "replay_dead_letters", data=ALL)
    assert listed(crud)["total"] == 1


def test_an_unknown_letter_is_not_found(crud: OneService) -> None:
    """Nor is one with a malformed id."""
    for method in ("read_dead_letter", "discard_dead_letter", "replay_dead_letter"):
        with pytest.raises(NotFound):
            crud.call("admin", method, ident=str(uuid4()))
        with pytest.raises((InvalidInput, NotFound)):
            crud.call("admin", method, ident="x")


def test_an_unreadable_letter_is_kept(crud: OneService, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is listed with what is wrong, shown without headers, and refused to be replayed."""
    monkeypatch.setattr(store, "republish", lambda _uri, letters: [*letters])
    keep(crud, error="its properties can't be read")
    (row,) = listed(crud)["data"]
    assert row["error"] == "its properties can't be read"
    assert crud.call("admin", "read_dead_letter", ident=row["id"])["headers"] == {}
    with pytest.raises(Refused, match="can't be read"):
        crud.call("admin", "replay_dead_letter", ident=row["id"])
    assert crud.call("admin", "replay_dead_letters", data=ALL)["kept"] == {row["id"]: row["error"]}
    assert listed(crud)["total"] == 1
