"""What ends while clients listen: sessions, processes, the broker, a client's patience."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.chaos.faults import killed
from tests.listening import LiveClient, Stream, poll, position
from tests.running import Caller, System, token_for, until
from tests.world import World

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
#: Seconds within which somebody is cut off.
PROMPT = 1.0


@pytest.fixture(autouse=True)
def restored(system: System) -> Iterator[None]:
    """One process of each again."""
    yield
    system.restore()


def rename(admin: Caller, world: World, name: str) -> None:
    """Rename the asset, as soon as the system answers."""
    until(
        lambda: admin.put(f"/data/entities/{world.asset}", {"name": name}).status_code == 200,
        30,
        "an answer",
    )


def new_names(stream: Stream) -> list[str]:
    """The names that the asset got."""
    changes = [event["changes"] for event in stream.events if event["name"] == "asset:update"]
    return [change["name"]["after"] for change in changes if "name" in change]


# --- rights that end ------------------------------------------------------------------------------


@pytest.mark.alone
@pytest.mark.parametrize("way", ["deactivated", "logged out"])
def test_who_may_not_listen_any_more_is_cut_off(
    system: System, world: World, admin: Caller, way: str
) -> None:
    """Streams and sockets end within a second, and no connection begins with that token."""
    artist = system.caller(world.people["artist"])
    token = artist.session.headers["Authorization"]
    with Stream(artist) as stream, LiveClient() as client:
        client.connect(system.base, headers={"Authorization": token}, namespaces=["/events"])
        if way == "deactivated":
            assert admin.put(f"/data/persons/{world.people['artist']}", {"active": False}).ok
        else:
            assert artist.get("/auth/logout").ok
        began = time.monotonic()
        assert stream.ended.wait(10)
        until(lambda: not client.connected, what="the socket's end")
        assert time.monotonic() - began < PROMPT
    assert artist.get("/events").status_code == 401


def test_who_leaves_a_team_hears_it_no_more(system: System, world: World, admin: Caller) -> None:
    """And who joins it does, on the connection that they have."""
    artist = world.people["artist"]
    team = f"/data/projects/{world.project}/team"
    with Stream(system.caller(artist)) as stream, Stream(admin) as all_of_it:
        rename(admin, world, "Member")
        stream.wait_for("asset:update", asset_id=world.asset)
        assert admin.delete(f"{team}/{artist}").ok
        rename(admin, world, "Former")
        until(lambda: new_names(all_of_it)[-1:] == ["Former"], what="what others hear")
        assert admin.post(team, {"person_id": artist}).ok
        rename(admin, world, "Back")
        until(lambda: new_names(stream)[-1:] == ["Back"], what="their events again")
        assert new_names(stream) == ["Member", "Back"]


def test_a_vendor_hears_of_their_tasks(system: System, world: World, admin: Caller) -> None:
    """From the moment that they are assigned, until they are not."""
    vendor = world.people["vendor"]
    with Stream(system.caller(vendor)) as stream, Stream(admin) as all_of_it:
        rename(admin, world, "Before")
        body = {"person_id": vendor}
        assert admin.put(f"/actions/tasks/{world.task}/assign", body).ok
        stream.wait_for("task:assign", person_id=vendor)
        rename(admin, world, "During")
        until(lambda: new_names(stream) == ["During"], what="what is theirs")
        assert admin.put("/actions/tasks/clear-assignation", {"task_ids": [world.task]}).ok
        all_of_it.wait_for("task:unassign", person_id=vendor)
        rename(admin, world, "After")
        until(lambda: new_names(all_of_it)[-1:] == ["After"], what="what others hear")
        assert new_names(stream) == ["During"]


# --- processes that end ---------------------------------------------------------------------------


def test_a_stream_goes_on_at_another_process(system: System, world: World, admin: Caller) -> None:
    """A killed gateway loses no event of those who reconnect with the last one they had."""
    artist = system.caller(world.people["artist"])
    with Stream(artist) as stream:
        rename(admin, world, "Before")
        until(lambda: new_names(stream) == ["Before"], what="the first")
        system.kill("gateway")
        assert stream.ended.wait(10)
    system.start("gateway")
    system.wait()
    rename(admin, world, "Meanwhile")
    with Stream(artist, **{"Last-Event-ID": stream.last}) as again:
        rename(admin, world, "After")
        until(lambda: new_names(again)[-1:] == ["After"], what="the last")
        assert new_names(again) == ["Meanwhile", "After"]
        assert again.positions == sorted(set(again.positions))


def test_connected_clients_miss_nothing_of_a_broker_restart(
    system: System, world: World, admin: Caller
) -> None:
    """They stay connected, and hear what was published while the gateway had no connection."""
    artist = system.caller(world.people["artist"])
    with Stream(artist) as stream:
        rename(admin, world, "Before")
        until(lambda: new_names(stream) == ["Before"], what="the first")
        with killed("rabbitmq")(system):
            assert not stream.ended.wait(0.5)
        for number in range(3):
            rename(admin, world, f"After {number}")
        until(lambda: len(new_names(stream)) >= 4, 60, "the others")
        assert new_names(stream) == ["Before", "After 0", "After 1", "After 2"]
        assert stream.positions == sorted(set(stream.positions))
        assert not stream.ended.is_set()


def test_events_of_a_time_without_crud_come_later(
    system: System, world: World, admin: Caller
) -> None:
    """Nobody describes them meanwhile; none is lost."""
    with Stream(admin) as stream:
        system.kill("crud")
        rename(admin, world, "Undescribed")
        system.start("crud")
        system.wait()
        until(lambda: new_names(stream) == ["Undescribed"], 60, "the event")


@pytest.mark.alone
def test_a_stopping_gateway_ends_its_streams(system: System, world: World, admin: Caller) -> None:
    """At once, so that a rolling restart doesn't wait for them."""
    begin = position(admin)
    with Stream(admin) as stream, LiveClient() as client:
        token = token_for(world.people["artist"])
        client.connect(
            system.base, headers={"Authorization": f"Bearer {token}"}, namespaces=["/events"]
        )
        began = time.monotonic()
        system.processes["gateway"].terminate()
        assert system.processes["gateway"].wait(12) == 0
        assert time.monotonic() - began < 8
        assert stream.ended.wait(5)
    system.start("gateway")
    system.wait()
    rename(admin, world, "Afterwards")
    until(lambda: poll(admin, after=begin, name="asset:update")["events"], what="the event")


# --- clients that don't read ----------------------------------------------------------------------


def test_a_client_that_reads_nothing_is_dropped(
    system: System, world: World, admin: Caller
) -> None:
    """It costs the process a bounded amount of memory until then, and others nothing."""
    worker = psutil.Process(system.processes["gateway"].pid).children()[0]
    lines = []
    for _ in range(20):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", system.port))
        head = f"Host: x\r\nAuthorization: Bearer {token_for(world.admin)}\r\n"
        # All of the history, again and again: more than the kernel buffers.
        line.sendall(f"GET /events/stream?after=0 HTTP/1.1\r\n{head}\r\n".encode())
        lines.append(line)
    before = worker.memory_info().rss
    description = "x" * 20_000
    with Stream(admin) as stream:
        for number in range(150):
            body = {"description": f"{number} {description}"}
            assert admin.put(f"/data/entities/{world.asset}", body).ok
        until(lambda: stream.names.count("asset:update") == 150, 60, "all of it")
    assert worker.memory_info().rss - before < 60_000_000

    def has_ended(line: socket.socket) -> bool:
        return not any(
            one.raddr and one.raddr.port == line.getsockname()[1]
            for one in worker.net_connections()
        )

    until(lambda: all(map(has_ended, lines)), 90, "the end of those that read nothing")
    for line in lines:
        line.close()


def test_nothing_is_missed_that_comes_before_the_first_event(
    system: System, world: World, admin: Caller
) -> None:
    """A gateway that has only begun has no place in the stream yet."""
    with killed("gateway")(system):
        pass  # its worker, too: it would answer once more before it noticed
    system.wait()
    with Stream(system.caller(world.people["artist"])) as stream:
        with killed("rabbitmq")(system):
            assert not stream.ended.wait(0.5)
        rename(admin, world, "First")
        until(lambda: new_names(stream) == ["First"], 60, "the first event")
