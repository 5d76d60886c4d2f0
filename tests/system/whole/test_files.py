"""Files during outages: storage down, client disconnects, service killed, huge bodies."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.running import Caller, System, until
from tests.world import World

MEGABYTE = 1024 * 1024


@pytest.fixture
def artist(system: System, world: World) -> Caller:
    """A participant of the asset's chat."""
    caller = system.caller(world.people["artist"])
    assert caller.post(f"/actions/user/chats/{world.asset}/join", {}).status_code == 200
    return caller


def messages_of(world: World) -> str:
    """The path for messages with files."""
    return f"/data/entities/{world.asset}/chat/messages"


def post_message(caller: Caller, world: World, content: bytes, name: str = "a.bin") -> int:
    """Post a message with a file; returns the status."""
    response = caller.send(
        "POST",
        messages_of(world),
        data={"message": "x"},
        files={"file": (name, content)},
        timeout=60,
    )
    return response.status_code


def stored_files(system: System) -> set[Path]:
    """All files in the storage."""
    return {path for path in system.storage.rglob("*") if path.is_file()}


def test_without_the_storage_files_are_502_at_once(
    system: System, artist: Caller, world: World
) -> None:
    """Everything else works, and files do again when it is back."""
    assert post_message(artist, world, b"before") == 201
    said = artist.get(messages_of(world)).json()[-1]
    path = f"/data/attachment-files/{said['attachment_files'][0]['id']}/file/x"
    aside = system.folder / "aside"
    system.storage.rename(aside)
    try:
        begun = time.monotonic()
        response = artist.get(path)
        assert (response.status_code, response.headers["Retry-After"]) == (502, "2")
        assert post_message(artist, world, b"meanwhile") == 502
        assert time.monotonic() - begun < 2
        assert artist.get(messages_of(world)).status_code == 200
    finally:
        aside.rename(system.storage)
    assert artist.get(path).content == b"before"
    assert post_message(artist, world, b"after") == 201
    assert len(artist.get(messages_of(world)).json()) == 3


def test_a_disconnected_upload_leaves_no_file(system: System, artist: Caller, world: World) -> None:
    """No partial file is stored."""
    before = stored_files(system)
    token = artist.session.headers["Authorization"]
    host = urlsplit(system.base)
    head = (
        f"POST {messages_of(world)} HTTP/1.1\r\nHost: {host.netloc}\r\nAuthorization: {token!s}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 50000000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    )
    with socket.create_connection((host.hostname, host.port)) as connection:
        connection.sendall(head.encode() + bytes(20 * MEGABYTE))
        until(lambda: {*system.storage.rglob("*#*")}, what="the beginning of the upload")
    until(lambda: stored_files(system) == before, what="the removal of the half file")


def test_a_message_to_a_dead_service_is_stored_whole_or_not_at_all(
    system: System, artist: Caller, world: World
) -> None:
    """The file stays, since nobody knows what became of the message.

    It waits in the service's queue until its deadline: said it may be by then, but as a whole.
    """
    before = {path for path in system.storage.rglob("*") if path.is_file()}
    system.kill("chat")
    try:
        assert post_message(artist, world, b"x") == 502
        assert len({path for path in system.storage.rglob("*") if path.is_file()} - before) == 1
    finally:
        system.start("chat")
        system.wait()
    for message in artist.get(messages_of(world)).json():
        for file in message["attachment_files"]:
            response = artist.get(f"/data/attachment-files/{file['id']}/file/x")
            assert (response.status_code, response.content) == (200, b"x")
    assert post_message(artist, world, b"x") == 201


@pytest.fixture
def small_limit(system: System, tmp_path: Path) -> Iterator[System]:
    """A second gateway with a smaller body limit."""
    extra = {"MAX_UPLOAD": "100000", "STORAGE_URL": f"file://{system.storage}"}
    found = System(system.parts, tmp_path, extra=extra)
    found.start("gateway")
    try:
        found.wait()
        yield found
    finally:
        found.stop()


def test_a_body_over_the_limit_is_rejected(
    small_limit: System, artist: Caller, world: World
) -> None:
    """413 with the usual JSON, also while it is still being sent."""
    caller = small_limit.caller(world.people["artist"])
    assert post_message(caller, world, bytes(50_000)) == 201
    response = caller.send(
        "POST", messages_of(world), data={"message": "x"}, files={"f": ("a", bytes(5_000_000))}
    )
    assert response.status_code == 413
    assert response.json()["error"] is True


def test_a_hundred_megabytes_are_streamed(system: System, artist: Caller, world: World) -> None:
    """Up and down; neither gateway nor service holds them in memory."""
    content = bytes(100 * MEGABYTE)
    watched = [psutil.Process(system.processes[n].pid) for n in ("gateway", "chat", "tasks")]
    watched += watched[0].children()
    assert post_message(artist, world, b"warm", "warm.bin") == 201

    def used() -> int:
        return sum(process.memory_info().rss for process in watched)

    before, begun = used(), time.perf_counter()
    assert post_message(artist, world, content) == 201
    sent, took = used(), time.perf_counter() - begun
    file = artist.get(messages_of(world)).json()[-1]["attachment_files"][0]["id"]
    with artist.get(f"/data/attachment-files/{file}/file/x", stream=True) as answer:
        size = sum(len(piece) for piece in answer.iter_content(MEGABYTE))
    assert size == len(content)
    grown = max(sent, used()) - before
    print(f"100 MB sent in {took:.1f} s, memory grew by {grown / MEGABYTE:.1f} MB")
    assert grown < 40 * MEGABYTE
