"""Chats of entities: joining, messages, files, deletion."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.running import Caller, System, until
from tests.subscribing import Subscriber
from tests.world import World

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)


def chat_of(world: World) -> str:
    """The path of the asset's chat."""
    return f"/data/entities/{world.asset}/chat"


def join(caller: Caller, entity: str) -> Any:
    """Join the chat."""
    response = caller.post(f"/actions/user/chats/{entity}/join", {})
    assert response.status_code == 200, response.text
    return response.json()


def post_message(caller: Caller, entity: str, text: str, **files: Any) -> Any:
    """Post a message, optionally with files."""
    path = f"/data/entities/{entity}/chat/messages"
    if files:
        response = caller.send("POST", path, data={"message": text}, files=files)
    else:
        response = caller.post(path, {"message": text})
    assert response.status_code == 201, response.text
    return response.json()


@pytest.fixture
def artist(system: System, world: World) -> Caller:
    """An artist of the production's team, with a task on the asset."""
    return system.caller(world.people["artist"])


def test_files_are_stored_and_deleted_with_their_message(
    system: System, artist: Caller, world: World
) -> None:
    """Pictures are sent inline, other files as attachments."""
    join(artist, world.asset)
    message = post_message(
        artist,
        world.asset,
        "look",
        one=("a b.png", PICTURE, "text/plain"),
        two=("page.html", b"<script>", "image/png"),
    )
    picture, page = sorted(message["attachment_files"], key=lambda f: f["extension"], reverse=True)
    assert (picture["name"], picture["extension"]) == ("a b.png", "png")
    listed = artist.get(chat_of(world) + "/messages").json()[-1]
    assert {f["id"] for f in listed["attachment_files"]} == {picture["id"], page["id"]}

    response = artist.get(f"/data/attachment-files/{picture['id']}/file/x.png")
    assert (response.status_code, response.content) == (200, PICTURE)
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"] == 'inline; filename="a b.png"'
    saved = artist.get(f"/data/attachment-files/{page['id']}/file/x")
    assert saved.headers["Content-Type"] == "application/octet-stream"
    assert saved.headers["Content-Disposition"].startswith("attachment;")

    assert artist.delete(f"{chat_of(world)}/messages/{message['id']}").status_code == 204
    lying = system.storage / "attachments"
    until(lambda: not (lying / picture["id"]).exists(), what="the removal of the file")
    assert artist.get(f"/data/attachment-files/{picture['id']}/file/x").status_code == 404


def test_a_rejected_message_leaves_no_file(system: System, artist: Caller, world: World) -> None:
    """Not even until the sweep."""
    before = set(system.storage.rglob("*"))
    refused = artist.send(
        "POST",
        chat_of(world) + "/messages",
        data={"message": "hi"},
        files={"file": ("a.png", PICTURE)},
    )
    assert refused.status_code == 400
    assert {path for path in set(system.storage.rglob("*")) - before if path.is_file()} == set()


def test_a_retried_message_with_files_is_stored_once(
    admin: Caller, artist: Caller, world: World
) -> None:
    """Though its files have other ids; other contents are another request."""
    join(artist, world.asset)

    def post(content: bytes) -> Any:
        return artist.send(
            "POST",
            chat_of(world) + "/messages",
            data={"message": "once"},
            files={"file": ("a.png", content)},
            headers={"Idempotency-Key": key},
        )

    key = str(uuid.uuid4())
    first, second = post(PICTURE), post(PICTURE)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert post(b"other").status_code == 422
    texts = [m["text"] for m in admin.get(chat_of(world) + "/messages").json()]
    assert texts.count("once") == 1


def test_files_support_ranges_and_conditional_requests(artist: Caller, world: World) -> None:
    """Ranges, ETags, dates and HEAD, as HTTP specifies."""
    join(artist, world.asset)
    message = post_message(artist, world.asset, "x", file=("a.png", PICTURE))
    path = f"/data/attachment-files/{message['attachment_files'][0]['id']}/file/a.png"
    whole = artist.get(path)
    assert whole.headers["Cache-Control"] == "max-age=604800, private"
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = artist.get(path, headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, b"PNG")
    assert part.headers["Content-Range"] == f"bytes 1-3/{len(PICTURE)}"
    outside = artist.get(path, headers={"Range": "bytes=1000-"})
    assert outside.status_code == 416
    assert outside.headers["Content-Range"] == f"bytes */{len(PICTURE)}"
    for known in (
        {"If-None-Match": whole.headers["ETag"]},
        {"If-Modified-Since": whole.headers["Last-Modified"]},
    ):
        again = artist.get(path, headers=known)
        assert (again.status_code, again.content) == (304, b"")
    head = artist.send("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(PICTURE))


@pytest.mark.parametrize(
    ("person", "shot_status"),
    [("manager", 200), ("artist", 200), ("client", 200), ("vendor", 403), ("stranger", 403)],
)
def test_the_team_reads_and_vendors_only_with_a_task(
    system: System, world: World, person: str, shot_status: int
) -> None:
    """Nobody outside the production."""
    caller = system.caller(world.people[person])
    for path in ("", "/messages"):
        response = caller.get(f"/data/entities/{world.shot}/chat{path}")
        assert response.status_code == shot_status, response.text


def test_own_chats_are_those_joined_in_open_productions(artist: Caller, world: World) -> None:
    """With the entity's name, production and preview."""
    join(artist, world.asset)
    join(artist, world.past_asset)
    assert artist.get("/data/user/chats").json() == [
        {
            "id": world.chat,
            "object_id": world.asset,
            "last_message": None,
            "entity_name": "Hero",
            "project_id": world.project,
            "preview_file_id": None,
        }
    ]


def test_messages_and_membership_changes_emit_events(
    system: System, artist: Caller, world: World
) -> None:
    """A repetition emits nothing; none of them is stored in the event log."""
    subscriber = Subscriber(system.parts.amqp_uri)
    path = f"/actions/user/chats/{world.asset}/join"
    join(artist, world.asset)
    join(artist, world.asset)
    said = post_message(artist, world.asset, "hello")
    artist.delete(f"{chat_of(world)}/messages/{said['id']}")
    artist.delete(path)
    artist.delete(path)
    until(lambda: "chat:left" in {name for name, *_ in subscriber.read()}, what="the events")
    me, message = world.people["artist"], said["id"]
    told = [(n, p, h["stored"]) for n, p, h in subscriber.received if n.startswith("chat:")]
    assert told == [
        ("chat:joined", {"chat_id": world.chat, "person_id": me}, told[0][2]),
        (
            "chat:new-message",
            {"chat_id": world.chat, "chat_message_id": message, "last_message": said["created_at"]},
            told[0][2],
        ),
        ("chat:deleted-message", {"chat_id": world.chat, "chat_message_id": message}, told[0][2]),
        ("chat:left", {"chat_id": world.chat, "person_id": me}, told[0][2]),
    ]
    assert told[0][2] in {False, "0"}
