"""Accounts for programs at the broker: what they hear, and that the broker lets them do no more."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import amqp
import jwt
import kombu
import msgspec
import psycopg2
import pytest

from deploy.local.children import die_with_parent
from deploy.replay import main as replay
from deploy.transfer.report import TransferError
from services.common.errors import Forbidden
from services.common.wire.rpc_client import RpcClient
from services.common.wire.rpc_protocol import ACTOR
from services.common.wire.topology import CHANGES_QUEUE, DEAD, FULL, LIVE, SUBSCRIBERS
from services.crud.subscribers.__main__ import main
from services.crud.subscribers.accounts import NoAccountError, listed
from services.crud.subscribers.management import Management
from tests.chaos.faults import killed
from tests.listening import poll, position
from tests.running import Caller, System, token_for, until
from tests.world import World

# Of a connection that the broker refuses, py-amqp leaves the socket to the garbage collector.
QUEUE = "subscriber.farm"
QUORUM = {"x-queue-type": "quorum"}
REFUSED = amqp.exceptions.AccessRefused


def environ(system: System, **given: Any) -> dict[str, str]:
    """The environment of the commands."""
    return {**system.environment(), **{key.upper(): str(value) for key, value in given.items()}}


def make(system: System, **given: str) -> str:
    """Make the account, or change it; returns its URI."""
    told = main(["make"], environ(system, name="farm", **given))
    return told.split("\n", 1)[0]


@pytest.fixture(autouse=True)
def revoked(system: System) -> Iterator[None]:
    """No account is left."""
    yield
    for one in listing(system):
        main(["revoke"], environ(system, name=one["name"]))


def listing(system: System) -> list[dict[str, Any]]:
    """The accounts, as ``crud`` lists them."""
    with Management(system.parts.amqp_uri, system.parts.management_url) as broker:

        def rows(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
            with psycopg2.connect(system.parts.urls["crud"]) as connection:
                with connection.cursor() as cursor:
                    cursor.execute(statement, parameters)
                    return cursor.fetchall()

        return json.loads(msgspec.json.encode(listed(broker, rows)))


def lets_in(uri: str) -> bool:
    """Whether the broker lets somebody in."""
    with kombu.Connection(uri) as connection:
        try:
            connection.connect()
        except REFUSED:
            return False
        return True


class Program:
    """A program that reads an account's queue."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.heard: list[dict[str, Any]] = []

    @contextmanager
    def reading(self) -> Iterator[Callable[[], None]]:
        """Read while the block runs: a function that takes what has come."""
        queue = kombu.Queue(QUEUE, queue_arguments=QUORUM)

        def take(body: dict[str, Any], message: Any) -> None:
            self.heard.append({**body, "headers": message.headers})
            message.ack()

        with kombu.Connection(self.uri) as connection:
            with connection.Consumer([queue], callbacks=[take]):

                def drain() -> None:
                    try:
                        connection.drain_events(timeout=0.2)
                    except TimeoutError:
                        pass

                yield drain

    def until(self, test: Callable[[], Any], what: str) -> None:
        """Read until ``test()`` is true."""
        with self.reading() as drain:

            def tested() -> Any:
                drain()
                return test()

            until(tested, 60, what)

    def names(self) -> list[str]:
        """The names of the events so far."""
        return [event["name"] for event in self.heard]


def work(admin: Caller, world: World, *priorities: int) -> None:
    """Change the task, each time to another priority."""
    for priority in priorities:
        until(
            lambda priority=priority: (
                admin.put(f"/data/tasks/{world.task}", {"priority": priority}).ok
            ),
            30,
            "an accepted write",
        )


def told(events: list[dict[str, Any]]) -> list[int]:
    """The priorities that the task got, as these events tell them."""
    changes = [event["changes"] for event in events if event["name"] == "task:update"]
    return [change["priority"]["after"] for change in changes if "priority" in change]


# --- what it hears --------------------------------------------------------------------------------


def test_it_hears_what_managers_of_its_production_hear(
    system: System, admin: Caller, world: World
) -> None:
    """Of that production and no other, and nothing that is meant for one person."""
    program = Program(make(system, productions="Film"))
    begin = position(admin)
    work(admin, world, 1)
    comment = {"task_status_id": world.status, "comment": "look"}
    assert admin.post(f"/actions/tasks/{world.task}/comment", comment).ok
    assert admin.put(f"/data/entities/{world.past_asset}", {"name": "Older"}).ok
    assert admin.put(f"/data/projects/{world.project}", {"name": "Film 2"}).ok
    assert admin.post("/data/departments", {"name": "Rig", "color": "#fff"}).ok
    assert admin.put(f"/data/persons/{world.people['artist']}", {"last_name": "New"}).ok
    work(admin, world, 2)
    manager = system.caller(world.people["manager"])
    program.until(lambda: told(program.heard)[-1:] == [2], "the last change")
    wanted: list[dict[str, Any]] = until(
        lambda: found if told(found := poll(manager, after=begin)["events"])[-1:] == [2] else None,
        what="the last change",
    )
    # The manager hears a notification, too, and what belongs to the studio or the other production.
    personal = {"notification:new"}
    same = [
        event
        for event in wanted
        if event["project_id"] == world.project and event["name"] not in personal
    ]
    assert len(same) < len(wanted)
    heard = [
        {key: value for key, value in one.items() if key != "headers"} for one in program.heard
    ]
    assert heard == same
    everything = {event["name"] for event in poll(admin, after=begin)["events"]}
    assert everything >= {"notification:new", "department:new", "person:update", "comment:new"}


def test_with_all_productions_it_hears_of_the_studio(
    system: System, admin: Caller, world: World
) -> None:
    """Without the fields that managers don't see; those who may hear all still hear them, once."""
    program = Program(make(system, productions="all", events="person:* asset:*"))
    with kombu.Connection(system.parts.amqp_uri) as connection:
        exchange = kombu.Exchange(FULL, "topic", durable=True)
        queue = kombu.Queue("", exchange, "#", exclusive=True)(connection.default_channel)
        queue.declare()
        person = {"phone": "+33 123", "last_name": "New"}
        assert admin.put(f"/data/persons/{world.people['artist']}", person).ok
        for asset in (world.past_asset, world.asset):
            assert admin.put(f"/data/entities/{asset}", {"name": "Last"}).ok
        program.until(lambda: len(program.heard) == 3, "three events")
        trusted = []
        while message := queue.get(no_ack=True):
            trusted.append((message.headers["position"], json.loads(message.body)["changes"]))
    assert program.names() == ["person:update", "asset:update", "asset:update"]
    assert program.heard[0]["changes"].keys() == {"last_name"}
    assert "BCC" not in program.heard[0]["headers"]
    whole = dict(trusted)
    assert len(whole) == len(trusted)
    assert whole[program.heard[0]["position"]].keys() == {"last_name", "phone"}


def test_names_are_bound_by_either_side(system: System, admin: Caller, world: World) -> None:
    """A star stands for all of it."""
    program = Program(make(system, productions=world.project, events="*:new task:*"))
    assert admin.put(f"/data/entities/{world.asset}", {"name": "Unheard"}).ok
    comment = {"task_status_id": world.status, "comment": "look"}
    assert admin.post(f"/actions/tasks/{world.task}/comment", comment).ok
    work(admin, world, 4)
    program.until(lambda: told(program.heard) == [4], "the last change")
    assert "comment:new" in program.names()
    assert all(one.endswith(":new") or one.startswith("task:") for one in program.names())


# --- what it may not ------------------------------------------------------------------------------


def _publish(exchange: str, key: str) -> Callable[[Any], None]:
    def attempt(channel: Any) -> None:
        channel.confirm_select()
        channel.basic_publish_confirm(amqp.Message("{}"), exchange, key)

    return attempt


def _with_dead_letters(channel: Any) -> None:
    channel.queue_delete(QUEUE)
    arguments = {**QUORUM, "x-dead-letter-exchange": FULL}
    channel.queue_declare(QUEUE, durable=True, auto_delete=False, arguments=arguments)


ATTEMPTS: dict[str, Callable[[Any], Any]] = {
    "read a service's queue": lambda channel: channel.basic_get("rpc-auth"),
    "read the dead letters": lambda channel: channel.basic_consume(DEAD),
    "read the stream": lambda channel: channel.basic_get(LIVE),
    "read another's queue": lambda channel: channel.basic_get("subscriber.farms"),
    "purge a queue": lambda channel: channel.queue_purge(CHANGES_QUEUE),
    "delete a queue": lambda channel: channel.queue_delete(CHANGES_QUEUE),
    "delete an exchange": lambda channel: channel.exchange_delete(FULL),
    "bind more": lambda channel: channel.queue_bind(QUEUE, SUBSCRIBERS, "#"),
    "bind to all events": lambda channel: channel.queue_bind(QUEUE, FULL, "#"),
    "bind to a service": lambda channel: channel.queue_bind(QUEUE, "auth.events", "#"),
    "unbind": lambda channel: channel.queue_unbind(QUEUE, SUBSCRIBERS, "managers.*.*.*"),
    "bind an exchange": lambda channel: channel.exchange_bind(SUBSCRIBERS, FULL, "#"),
    "declare a queue": lambda channel: channel.queue_declare("mine"),
    "declare a queue without a name": lambda channel: channel.queue_declare("", exclusive=True),
    "declare an exchange": lambda channel: channel.exchange_declare("mine", "topic"),
    "dead-letter elsewhere": _with_dead_letters,
    "call a service": _publish("nameko-rpc", "auth.identify"),
    "publish to a queue": _publish("", "rpc-auth"),
    "publish to its own queue": _publish("", QUEUE),
    "publish an event": _publish("auth.events", "person:new"),
    "publish an event in full": _publish(FULL, "person:new"),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_broker_refuses_all_else(system: System, world: World, attempt: str) -> None:
    """With ACCESS_REFUSED."""
    uri = make(system, productions="all")
    with kombu.Connection(system.parts.amqp_uri) as connection:
        other = kombu.Queue("subscriber.farms", queue_arguments=QUORUM)
        other(connection.default_channel).declare()
    with kombu.Connection(uri) as connection:
        channel = connection.channel()
        # What a stock client does at its start is allowed.
        channel.queue_declare(QUEUE, durable=True, auto_delete=False, arguments=QUORUM)
        with pytest.raises(REFUSED):
            ATTEMPTS[attempt](channel)


def test_limits_hold_for_a_queue_that_it_declares_anew(system: System, world: World) -> None:
    """The operator's policy is merged with whatever arguments it chooses."""
    uri = make(system, productions="all")
    with Management(system.parts.amqp_uri, system.parts.management_url) as broker:
        [policy] = broker.get(f"operator-policies/{broker.vhost}")
        limits = policy.pop("definition")
        assert limits["max-length-bytes"] == 512_000_000
        assert limits["message-ttl"] == 90 * 24 * 60 * 60 * 1000
        lower = {**limits, "max-length-bytes": 1000}
        path = f"operator-policies/{broker.vhost}/{policy.pop('name')}"
        broker.put(path, definition=lower, **policy)
    with kombu.Connection(uri) as connection:
        channel = connection.channel()
        channel.queue_delete(QUEUE)
        own = {"x-max-length-bytes": 10**9}
        channel.queue_declare(QUEUE, durable=True, auto_delete=False, arguments=own)
    with kombu.Connection(system.parts.amqp_uri) as connection:
        channel = connection.channel()
        channel.confirm_select()
        for _ in range(10):
            channel.basic_publish_confirm(amqp.Message("x" * 400), "", QUEUE)
        assert channel.queue_declare(QUEUE, passive=True).message_count == 2


def test_it_has_few_connections(system: System, world: World) -> None:
    """The sixth is refused."""
    uri = make(system, productions="all")
    connections = [kombu.Connection(uri) for _ in range(6)]
    try:
        for one in connections[:5]:
            one.connect()
        with pytest.raises((amqp.AMQPError, OSError)):
            connections[5].connect()
    finally:
        for one in connections:
            one.release()


# --- changing and ending it -----------------------------------------------------------------------


def test_it_is_bound_anew_without_losing_what_waits(
    system: System, admin: Caller, world: World
) -> None:
    """And keeps its password, unless it is to be another one."""
    uri = make(system, productions="Film", events="task:*")
    work(admin, world, 1)
    until(lambda: listing(system)[0]["waiting"] == 1, 20, "the first event")
    again = make(system, productions=f"{world.past} Film", events="asset:*")
    assert uri.partition("@")[0].rpartition(":")[2] != "…"
    assert again.partition("@")[0].endswith(":…")  # it is shown once
    work(admin, world, 2)
    for asset in (world.asset, world.past_asset):
        assert admin.put(f"/data/entities/{asset}", {"name": "Heard"}).ok
    program = Program(uri)
    program.until(lambda: len(program.heard) == 3, "three events")
    assert program.names() == ["task:update", "asset:update", "asset:update"]


def test_a_new_password_ends_what_the_old_one_began(system: System, world: World) -> None:
    """Whoever had it is out; what waits stays."""
    uri = make(system, productions="Film")
    with kombu.Connection(uri) as connection:
        connection.connect()
        rotated = make(system, productions="Film", rotate="yes")
        with pytest.raises((amqp.AMQPError, OSError)):
            for _ in range(50):
                try:
                    connection.drain_events(timeout=0.2)
                except TimeoutError:
                    pass
    assert not lets_in(uri)
    assert lets_in(rotated)


def test_revoking_ends_its_connections(system: System, world: World) -> None:
    """At once; its queue is gone, and it can't come back."""
    uri = make(system, productions="all")
    with kombu.Connection(uri) as connection:
        queue = kombu.Queue(QUEUE, queue_arguments=QUORUM)
        with pytest.raises((amqp.AMQPError, OSError)):
            with connection.Consumer([queue]):
                main(["revoke"], environ(system, name="farm"))
                for _ in range(50):
                    try:
                        connection.drain_events(timeout=0.2)
                    except TimeoutError:
                        pass
    assert not lets_in(uri)
    with kombu.Connection(system.parts.amqp_uri) as connection:
        with pytest.raises(amqp.NotFound):
            connection.default_channel.queue_declare(QUEUE, passive=True)
    with pytest.raises(NoAccountError):
        main(["revoke"], environ(system, name="farm"))


def test_the_list_tells_how_far_each_is_behind(system: System, admin: Caller, world: World) -> None:
    """The lag grows while nobody reads, and ends when all is read."""
    uri = make(system, productions="Film", events="task:update")
    work(admin, world, 1)
    assert admin.put(f"/data/entities/{world.asset}", {"name": "Unheard"}).ok
    work(admin, world, 2)
    behind = until(lambda: next((one for one in listing(system) if one["waiting"] == 2), None), 20)
    assert (behind["name"], behind["queue"], behind["connected"]) == ("farm", QUEUE, False)
    assert behind["productions"] == [{"id": world.project, "name": "Film"}]
    assert behind["events"] == ["task:update"]
    later = until(
        lambda: next(
            (one for one in listing(system) if one["lag_seconds"] > behind["lag_seconds"]), None
        )
    )
    assert later["waiting"] == 2
    shown = main(["list"], environ(system))
    assert shown.split("\n")[1].split()[:2] == ["farm", "2"]
    program = Program(uri)
    with program.reading() as drain:
        until(lambda: drain() or len(program.heard) == 2, what="both events")

        def idle() -> bool:
            drain()
            [one] = listing(system)
            return (one["waiting"], one["lag_seconds"], one["connected"]) == (0, 0.0, True)

        until(idle, 20, "an account that is up to date")


# --- bad days, and what was missed ----------------------------------------------------------------


@pytest.mark.parametrize("victim", ["relay", "crud", "rabbitmq"])
def test_a_process_that_dies_costs_an_account_nothing(
    system: System, admin: Caller, world: World, victim: str
) -> None:
    """Each change is heard, in order."""
    program = Program(make(system, productions="Film", events="task:update"))
    time.sleep(1.0)  # a queue that is younger may not survive the broker: see tests/chaos
    for number in range(1, 13):
        if number == 6:
            with killed(victim)(system):
                pass
        work(admin, world, number)
    program.until(lambda: len({one["id"] for one in program.heard}) == 12, "twelve changes")
    once = {one["id"]: one for one in reversed(program.heard)}
    assert told(sorted(once.values(), key=lambda one: one["position"])) == [*range(1, 13)]
    system.restore()


def test_a_replay_to_an_account_keeps_to_its_rights(
    system: System, admin: Caller, world: World
) -> None:
    """It may have been away for longer than its queue holds; it still hears no more than it may."""
    begin = position(admin)
    work(admin, world, 1)
    assert admin.put(f"/data/entities/{world.past_asset}", {"name": "Older"}).ok
    comment = {"task_status_id": world.status, "comment": "look"}
    assert admin.post(f"/actions/tasks/{world.task}/comment", comment).ok
    work(admin, world, 2)
    until(lambda: told(poll(admin, after=begin)["events"]) == [1, 2], what="the history")
    program = Program(make(system, productions="Film", events="task:* *:new"))
    given = environ(system, since=begin + 1, to="subscriber:farm")
    assert "events replayed to farm." in replay(given)
    program.until(lambda: told(program.heard) == [1, 2], "both changes")
    assert {one["project_id"] for one in program.heard} == {world.project}
    assert "notification:new" not in program.names()
    assert {one["headers"]["replayed"] for one in program.heard} == {True}
    for to, message in {
        "queue:subscriber.farm": "set TO=subscriber:farm",
        "subscriber:nobody": "There is no account nobody",
    }.items():
        with pytest.raises(TransferError, match=message):
            replay(environ(system, to=to))


# --- for consoles ---------------------------------------------------------------------------------


def ask(client: RpcClient, who: str) -> Any:
    """Ask for the accounts as somebody."""
    claims = jwt.decode(token_for(who), options={"verify_signature": False})
    actor = client.call("auth", "identify", msgspec.json.encode({"claims": claims}))
    headers = {ACTOR: actor.body.decode()}
    return client.call("crud", "list_subscribers", b"{}", headers=headers).decoded()


def test_administrators_list_accounts(system: System, world: World) -> None:
    """Nobody else does."""
    make(system, productions="all")
    client = RpcClient(system.parts.amqp_uri, name="tests", deadline=10)
    client.link.start()
    try:
        assert client.link.ready.wait(10)
        assert ask(client, world.admin) == listing(system)
        with pytest.raises(Forbidden):
            ask(client, world.people["manager"])
    finally:
        client.link.stop()


def test_the_documented_program_works(system: System, admin: Caller, world: World) -> None:
    """With the line that the command prints."""
    told = main(["make"], environ(system, name="farm", productions="Film"))
    [line] = [line for line in told.split("\n") if "try it" in line]
    command = shlex.split(line.partition("try it")[2])
    assert command[0] == "python"
    work(admin, world, 1)
    with subprocess.Popen(
        [sys.executable, *command[1:]],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().split()[2:4] == ["task:update", "priority"]
        process.kill()
