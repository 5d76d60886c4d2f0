"""What is stored of a request with an Idempotency-Key, and to whom its answer is given again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from services.common.errors import Forbidden, KeyReused
from services.common.runtime.service import CONFIG
from tests.running import SECRET
from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World

PERSON = {"first_name": "A", "last_name": "B", "email": "ab@example.com", "password": "guess me"}


@pytest.fixture
def auth(make_service: MakeService, world: World) -> OneService:
    """The service whose requests hold passwords."""
    service = make_service("auth")
    service.fill(world)
    return service


@pytest.fixture
def chat(make_service: MakeService, world: World) -> OneService:
    """A service that anybody may ask something who reads the entity."""
    service = make_service("chat")
    service.fakes.replies["assets.read_row"] = {"id": world.asset}
    service.fill(world)
    return service


def make(auth: OneService, **more: Any) -> bytes:
    """Create a person with a password."""
    asked = {"path": "persons", "data": {**PERSON, **more}}
    return auth.answer("admin", "create_row", key="once", **asked).body


def test_a_password_in_a_request_can_not_be_guessed_from_its_fingerprint(auth: OneService) -> None:
    """Whoever has the database lacks the key of the hash."""
    make(auth)
    (row,) = auth.rows("idempotency_key")
    asked = {"args": [], "kwargs": {"path": "persons", "data": PERSON}}
    body = msgspec.json.encode(asked)
    assert row["fingerprint"] != hashlib.sha256(body).hexdigest()
    assert len(row["fingerprint"]) == 64


def test_a_rotated_key_does_not_execute_a_request_again(auth: OneService) -> None:
    """The previous keys' fingerprints are known, too."""
    first = make(auth)
    config = auth.container.config
    rotated = {
        "secret_key": "a new secret, which is long enough, too",
        "previous_secret_keys": SECRET,
    }
    config[CONFIG] = replace(config[CONFIG], **rotated)
    assert make(auth) == first
    with pytest.raises(KeyReused):
        make(auth, password="another")


def test_a_row_of_the_last_release_is_known(auth: OneService) -> None:
    """It holds a plain hash, and no rights."""
    first = make(auth)
    asked = {"args": [], "kwargs": {"path": "persons", "data": PERSON}}
    plain = hashlib.sha256(msgspec.json.encode(asked)).hexdigest()
    (row,) = auth.rows("idempotency_key")
    reply = msgspec.json.encode(msgspec.json.decode(row["reply"])[:3])
    table = auth.container.service_cls.metadata.tables["idempotency_key"]
    with auth.database.engine.begin() as connection:
        connection.execute(sa.update(table).values(fingerprint=plain, reply=reply))
    assert make(auth) == first


def join(chat: OneService, world: World, who: str = "artist") -> bytes:
    """Join the chat of an asset."""
    return chat.answer(who, "join_chat", key="once", entity_id=world.asset).body


def leave(world: World, row: dict[str, Any]) -> None:
    """The artist is taken off the film."""
    seats = world.tables["project_person_link"]
    seats.remove({"project_id": world.project, "person_id": row["id"]})


def close(world: World, _row: dict[str, Any]) -> None:
    """The film ends."""
    world.tables["project"][0]["project_status_id"] = world.closed


def demote(world: World, row: dict[str, Any]) -> None:
    """The artist becomes a vendor of every production."""
    for one in world.tables["project_person_link"]:
        if one["person_id"] == row["id"]:
            one.update(role="vendor")


def withdraw(world: World, _row: dict[str, Any]) -> None:
    """The artist leaves the department."""
    world.tables["department_link"].clear()


@pytest.mark.parametrize(
    "change",
    [
        leave,
        close,
        demote,
        lambda _, row: row.update(role="client"),
        withdraw,
    ],
    ids=["left the team", "closed", "vendor there", "client", "no department"],
)
def test_an_answer_is_not_given_again_to_who_has_lost_rights(
    chat: OneService, world: World, change: Callable[[World, dict[str, Any]], None]
) -> None:
    """A member who was taken off the production does not see it once more."""
    join(chat, world)
    row = next(one for one in world.tables["person"] if one["id"] == world.people["artist"])
    change(world, row)
    with pytest.raises(Forbidden, match="rights of this account have changed"):
        join(chat, world)


def test_who_came_to_more_rights_gets_the_answer_again(chat: OneService, world: World) -> None:
    """As after the request itself made them a member, or an administrator made them one."""
    first = join(chat, world)
    other = world.add("project", "next", name="Next", project_status_id=world.open)
    world.link("project_person_link", project_id=other, person_id=world.people["artist"])
    assert join(chat, world) == first
    row = next(one for one in world.tables["person"] if one["id"] == world.people["artist"])
    row["role"] = "admin"
    assert join(chat, world) == first
