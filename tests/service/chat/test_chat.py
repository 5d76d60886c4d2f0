"""Chats of entities: joining, posting, deleting, reading."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from services.chat.models import ChatMessage
from services.common.database.tables import table_of
from services.common.errors import Forbidden, InvalidInput, KeyReused, NotFound
from tests.bulk import insert_many
from tests.service.conftest import MakeService
from tests.service.one_service import FORBIDDEN, OneService
from tests.world import World, ident

MESSAGE = ident("chat_message hi")


@pytest.fixture
def chat(make_service: MakeService, world: World) -> OneService:
    """The service; everybody may read the world's entities, and no message has files."""
    entities = {row["id"]: {"preview_file_id": None, **row} for row in world.tables["entity"]}
    service = make_service("chat")
    service.fakes.replies |= {
        "assets.read_row": lambda ident, **_: entities.get(ident, NotFound()),
        "assets.list_rows": lambda query, **_: [entities[one] for one in json.loads(query["id"])],
        "tasks.list_files_of_messages": {},
    }
    service.fill(world)
    return service


def post(chat: OneService, who: str, entity: str, text: str) -> Any:
    """Post a message."""
    return chat.call(who, "post_message", entity_id=entity, data={"message": text}, files=[])


def test_a_chat_is_created_once_on_first_access(chat: OneService, world: World) -> None:
    """Later visitors get the same chat."""
    first = chat.call("admin", "show_chat", entity_id=world.shot)
    assert first == {**first, "object_id": world.shot, "participants": [], "messages": []}
    assert chat.call("manager", "show_chat", entity_id=world.shot)["id"] == first["id"]
    assert len(chat.rows("chat", object_id=uuid.UUID(world.shot))) == 1
    assert chat.emitted() == [("chat:new", {"chat_id": first["id"]})]


def test_joining_and_leaving_are_idempotent(chat: OneService, world: World) -> None:
    """A repeated request changes nothing."""
    for _ in range(2):
        chat.call("artist", "join_chat", entity_id=world.asset)
    reply = chat.call("admin", "show_chat", entity_id=world.asset)
    assert reply["participants"] == [world.people["artist"]]
    for _ in range(2):
        assert chat.answer("artist", "leave_chat", entity_id=world.asset).body == b""
    assert chat.call("admin", "show_chat", entity_id=world.asset)["participants"] == []


def test_only_participants_may_post(chat: OneService, world: World) -> None:
    """Reading needs no joining."""
    with pytest.raises(InvalidInput, match=r"^You are not a participant of this chat$"):
        post(chat, "artist", world.asset, "hi")
    chat.call("artist", "join_chat", entity_id=world.asset)
    message = post(chat, "artist", world.asset, "hello")
    assert message == {
        **message,
        "text": "hello",
        "type": "ChatMessage",
        "chat_id": world.chat,
        "person_id": world.people["artist"],
    }
    assert "attachment_files" not in message
    rows = chat.call("admin", "list_messages", entity_id=world.asset, query={})
    assert [row["text"] for row in rows] == ["hi", "hello"]
    (row,) = chat.rows("chat", id=uuid.UUID(world.chat))
    assert row["last_message"].isoformat(timespec="seconds") == message["created_at"]


def test_a_message_needs_a_text(chat: OneService, world: World) -> None:
    """The error names the field."""
    chat.call("artist", "join_chat", entity_id=world.asset)
    arguments = {"entity_id": world.asset, "data": {"text": "hi"}, "files": []}
    with pytest.raises(InvalidInput) as refusal:
        chat.call("artist", "post_message", **arguments)
    errors = [{"field": "message", "message": "Field required"}]
    assert refusal.value.data == {"errors": errors}


def test_a_retried_message_is_posted_once(chat: OneService, world: World) -> None:
    """Another body under the same Idempotency-Key is refused."""
    chat.call("artist", "join_chat", entity_id=world.asset)
    key = str(uuid.uuid4())
    arguments = {"entity_id": world.asset, "data": {"message": "once"}, "files": []}
    first = chat.answer("artist", "post_message", key=key, **arguments)
    assert chat.answer("artist", "post_message", key=key, **arguments).body == first.body
    with pytest.raises(KeyReused):
        chat.answer(
            "artist", "post_message", key=key, **{**arguments, "data": {"message": "twice"}}
        )
    assert [row["text"] for row in chat.rows("chat_message")].count("once") == 1


def test_only_authors_and_admins_delete_messages(chat: OneService, world: World) -> None:
    """And only in the message's own chat."""
    chat.call("artist", "join_chat", entity_id=world.asset)
    message = post(chat, "artist", world.asset, "mine")
    here = {"entity_id": world.asset, "message_id": message["id"]}
    elsewhere = {**here, "entity_id": world.shot}
    with pytest.raises(Forbidden):
        chat.call("manager", "delete_message", **here)
    for method in ("delete_message", "show_message"):
        with pytest.raises(NotFound):
            chat.call("admin", method, **elsewhere)
    reply = chat.call("admin", "show_message", **here)
    assert (reply["text"], reply["attachment_files"]) == ("mine", [])
    assert chat.answer("admin", "delete_message", **here).body == b""
    with pytest.raises(NotFound):
        chat.call("admin", "show_message", **here)


def test_a_chat_is_for_those_who_may_read_its_entity(chat: OneService, world: World) -> None:
    """As their owner says, asked as the caller: concepts have none for clients."""
    refusal = Forbidden("This requires access to the entities.")
    chat.fakes.replies["assets.read_row"] = refusal
    people = ["manager", "client", "vendor", "stranger"]
    for method, more in (
        ("show_chat", {}),
        ("list_messages", {"query": {}}),
        ("show_message", {"message_id": MESSAGE}),
        ("join_chat", {}),
    ):
        found = chat.outcomes(people, method, entity_id=world.asset, **more)
        assert found == dict.fromkeys(people, FORBIDDEN)
    assert chat.call("client", "may_read_message", ident=MESSAGE) is False


def test_chats_of_what_somebody_sees_no_more_are_not_their_own(
    chat: OneService, world: World
) -> None:
    """They joined while they were assigned to the entity."""
    chat.call("vendor", "join_chat", entity_id=world.asset)
    assert len(chat.call("vendor", "list_own_chats")) == 1
    chat.fakes.replies["assets.list_rows"] = []
    assert chat.call("vendor", "list_own_chats") == []


@pytest.mark.parametrize("entity", [ident("nobody"), "not-an-id"])
def test_an_unknown_entity_is_not_found(chat: OneService, entity: str) -> None:
    """As is a malformed id."""
    for method, more in (("show_chat", {}), ("list_messages", {"query": {}}), ("join_chat", {})):
        with pytest.raises(NotFound):
            chat.call("admin", method, entity_id=entity, **more)


def test_own_chats_are_the_joined_ones_of_open_productions(chat: OneService, world: World) -> None:
    """With the fields that a list shows of the entity."""
    chat.call("artist", "join_chat", entity_id=world.asset)
    chat.call("artist", "join_chat", entity_id=world.past_asset)
    assert chat.call("artist", "list_own_chats") == [
        {
            "id": world.chat,
            "object_id": world.asset,
            "last_message": None,
            "entity_name": "Hero",
            "project_id": world.project,
            "preview_file_id": None,
        }
    ]


def test_a_long_chat_is_paged(chat: OneService, world: World) -> None:
    """A page has a hundred messages; without ``page`` all are returned."""
    for number in range(10_000):
        world.add(
            "chat_message",
            f"m{number}",
            chat_id=world.chat,
            text=f"message {number}",
            person_id=world.people["artist"],
        )
    chat.fill(world)
    query = {"page": "50", "limit": "100"}
    page = chat.call("admin", "list_messages", entity_id=world.asset, query=query)
    assert (page["total"], page["nb_pages"], len(page["data"])) == (10_001, 101, 100)
    assert len(chat.call("admin", "list_messages", entity_id=world.asset, query={})) == 10_001


def test_chat_events_are_emitted(chat: OneService, world: World) -> None:
    """For joining, leaving and posting; not for repeated requests."""
    for _ in range(2):
        chat.call("artist", "join_chat", entity_id=world.asset)
    said = post(chat, "artist", world.asset, "hello")
    chat.call("artist", "delete_message", entity_id=world.asset, message_id=said["id"])
    for _ in range(2):
        chat.call("artist", "leave_chat", entity_id=world.asset)
    me, here, message = world.people["artist"], world.chat, said["id"]
    assert chat.emitted() == [
        ("chat:joined", {"chat_id": here, "person_id": me}),
        (
            "chat:new-message",
            {"chat_id": here, "chat_message_id": message, "last_message": said["created_at"]},
        ),
        ("chat:deleted-message", {"chat_id": here, "chat_message_id": message}),
        ("rows:gone", {"service": "chat", "table": "chat_message", "ids": [message]}),
        ("chat:left", {"chat_id": here, "person_id": me}),
    ]


def test_files_are_shown_with_their_size(chat: OneService, world: World) -> None:
    """As ``tasks`` keeps them."""
    file = {"id": ident("file"), "name": "a.txt", "extension": "txt", "size": 3}
    upload = {**file, "part": "file", "mimetype": "text/plain"}
    chat.fakes.replies["tasks.attach_to_message"] = None
    chat.call("artist", "join_chat", entity_id=world.asset)
    arguments = {"entity_id": world.asset, "data": {"message": "look"}, "files": [upload]}
    assert chat.call("artist", "post_message", **arguments)["attachment_files"] == [file]


def test_a_long_chat_is_read_in_batches(chat: OneService, world: World) -> None:
    """Oldest first, in all and by the page, with the files of its messages."""
    room = chat.call("admin", "show_chat", entity_id=world.asset)["id"]
    with chat.database.raw.cursor() as cursor:
        insert_many(cursor, table_of(ChatMessage), 2500, chat_id=[room])
    asked: list[int] = []

    def files(ids: list[str]) -> dict[str, Any]:
        asked.append(len(ids))
        return {ids[-1]: [{"id": ids[-1], "name": "a.txt", "extension": "txt", "size": 1}]}

    chat.fakes.replies["tasks.list_files_of_messages"] = files
    messages = chat.call("admin", "list_messages", entity_id=world.asset, query={})
    assert asked == [1000, 1000, len(messages) - 2000]
    assert len({one["id"] for one in messages}) == len(messages) >= 2500
    moments = [one["created_at"] for one in messages]
    assert moments == sorted(moments)
    assert [one["id"] for one in messages if one["attachment_files"]] == [
        messages[place]["id"] for place in (999, 1999, -1)
    ]
    query = {"page": "2", "limit": "1200"}
    page = chat.call("admin", "list_messages", entity_id=world.asset, query=query)
    assert [one["id"] for one in page["data"]] == [one["id"] for one in messages[1200:2400]]
    assert (page["total"], page["nb_pages"]) == (len(messages), 3)


def test_messages_of_a_removed_person_are_told(chat: OneService, world: World) -> None:
    """The chat that they are part of stays."""
    chat.call("artist", "join_chat", entity_id=world.asset)
    messages = [post(chat, "artist", world.asset, text)["id"] for text in ("a", "b")]
    posted = len(chat.told())
    person = world.people["artist"]
    of_person = chat.rows("chat_message", person_id=uuid.UUID(person))
    ids = sorted(str(row["id"]) for row in of_person)
    assert set(messages) <= set(ids)
    chat.deliver("rows:gone", {"service": "auth", "table": "person", "ids": [person]})
    told = [("chat-message:delete", {"chat_message_id": ident}) for ident in ids]
    assert chat.told()[posted:] == told
