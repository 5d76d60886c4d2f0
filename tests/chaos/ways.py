"""Every way of events at once, while processes are killed in turn under load.

Each listener goes on where its way lets it: a stream after its last id, a poll after its last
position, an account's queue and a webhook by themselves.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from abc import abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import amqp
import httpx
import kombu
import psycopg2
import requests
from httpx_sse import connect_sse

from services.crud.subscribers.__main__ import main as subscribers
from tests.chaos.faults import killed
from tests.listening import position
from tests.receiving import Receiver
from tests.running import Caller, System, until
from tests.world import World

NAME: Final = "task:update"
#: What is killed, in turn.
VICTIMS: Final = ("relay", "rabbitmq", "gateway", "webhooks", "crud", "tasks")
#: Writers, each of its own task; and seconds between two kills.
WRITERS: Final = 4
PAUSE: Final = 3.0
QUEUE: Final = "subscriber.chaos"
SETTLED: Final = 90.0
BROKEN: Final = (
    OSError,
    amqp.exceptions.AMQPError,
    kombu.exceptions.OperationalError,
    httpx.TransportError,
    requests.RequestException,
)


class Listener:
    """A subscriber on a thread of its own, until it is stopped."""

    def __init__(self, admin: Caller, begin: int) -> None:
        self.admin = admin
        #: The position after which it listens.
        self.begin = self.last = begin
        #: In the order in which they came, repetitions among them.
        self.heard: list[dict[str, Any]] = []
        self.breaks = 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    @property
    def positions(self) -> list[int]:
        """What was heard, each once."""
        return list(dict.fromkeys(event["position"] for event in self.heard))

    def _run(self) -> None:
        while not self.stopped.is_set():
            try:
                self.listen()
            except BROKEN:
                self.breaks += 1
                self.stopped.wait(0.3)

    @abstractmethod
    def listen(self) -> None:
        """Listen until the connection breaks."""

    def take(self, event: dict[str, Any]) -> None:
        """Keep an event of those that count."""
        if event["name"] == NAME:
            self.heard.append(event)


class OverStream(Listener):
    """Server-Sent Events."""

    def listen(self) -> None:
        """Go on after the last id."""
        headers = {**self.admin.session.headers, "Last-Event-ID": str(self.last)}
        timeout = httpx.Timeout(5, read=20)
        with (
            httpx.Client(base_url=self.admin.base, headers=headers, timeout=timeout) as client,
            connect_sse(client, "GET", "/events/stream") as source,
        ):
            if source.response.status_code != requests.codes.ok:
                raise ConnectionError(source.response.status_code)
            for event in source.iter_sse():
                if event.data:
                    assert event.event != "gap", event.data
                    self.take(json.loads(event.data))
                self.last = int(event.id or self.last)
                if self.stopped.is_set():
                    return


class OverPolls(Listener):
    """Long polls."""

    def listen(self) -> None:
        """Go on after the last position."""
        query: dict[str, Any] = {"after": self.last, "wait": 2}
        headers = dict(self.admin.session.headers)
        answer = requests.get(f"{self.admin.base}/events", query, headers=headers, timeout=20)
        if answer.status_code != requests.codes.ok:
            raise ConnectionError(answer.status_code)
        told = answer.json()
        assert told["gap"] is None
        for event in told["events"]:
            self.take(event)
        self.last = told["next"]


class OverQueue(Listener):
    """An account's queue at the broker."""

    uri = ""

    def listen(self) -> None:
        """Acknowledge each event after it was taken."""
        with (
            kombu.Connection(self.uri, connect_timeout=3, heartbeat=4) as connection,
            connection.Consumer(
                kombu.Queue(QUEUE, no_declare=True), callbacks=[self._taken], prefetch_count=50
            ),
        ):
            while not self.stopped.is_set():
                connection.heartbeat_check()
                with suppress(TimeoutError):
                    connection.drain_events(timeout=0.5)

    def _taken(self, body: Any, message: Any) -> None:
        self.take(body)
        message.ack()


class OverWebhook(Listener):
    """A receiver of webhooks."""

    def __init__(self, admin: Caller, begin: int) -> None:
        super().__init__(admin, begin)
        self.receiver = Receiver()
        self.receiver.secret = admin.post(
            "/data/webhooks", {"url": self.receiver.url, "names": [NAME]}
        ).json()["secret"]

    def listen(self) -> None:
        """Serve."""
        self.receiver.timeout = 0.5
        while not self.stopped.is_set():
            self.receiver.handle_request()

    @property
    def positions(self) -> list[int]:
        """What was taken, each once."""
        self.heard = [one for one in list(self.receiver.taken) if one["name"] == NAME]
        return super().positions


@dataclass
class Result:
    """What became of a trial."""

    written: int
    refused: Counter[int]
    kills: Counter[str]
    #: By the way: events, repetitions, and how often its connection broke.
    ways: dict[str, tuple[int, int, int]] = field(default_factory=dict)


@contextmanager
def listening(system: System, admin: Caller, begin: int) -> Iterator[dict[str, Listener]]:
    """A listener on each way."""
    account = {**system.environment(), "NAME": "chaos", "PRODUCTIONS": "all", "EVENTS": NAME}
    made = subscribers(["make"], account)
    found: dict[str, Listener] = {
        "stream": OverStream(admin, begin),
        "polls": OverPolls(admin, begin),
        "queue": OverQueue(admin, begin),
        "webhook": OverWebhook(admin, begin),
    }
    queue = found["queue"]
    assert isinstance(queue, OverQueue)
    queue.uri = made.split()[0]
    for listener in found.values():
        listener.thread.start()
    try:
        yield found
    finally:
        for listener in found.values():
            listener.stopped.set()
        for listener in found.values():
            listener.thread.join(30)
        webhook = found["webhook"]
        assert isinstance(webhook, OverWebhook)
        webhook.receiver.server_close()
        subscribers(["revoke"], account)


class Writer(threading.Thread):
    """Changes one task again and again; each change has a number."""

    def __init__(self, caller: Caller, task: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.caller, self.task, self.stop = caller, task, stop
        self.acknowledged: list[int] = []
        self.refused: Counter[int] = Counter()

    def run(self) -> None:
        """Write until it is told to stop."""
        headers = dict(self.caller.session.headers)
        for number in itertools.count(1):
            if self.stop.wait(0.05):
                return
            status = 0
            with suppress(requests.RequestException):
                answer = requests.put(
                    f"{self.caller.base}/data/tasks/{self.task}",
                    json={"data": {"number": number}},
                    headers=headers,
                    timeout=20,
                )
                status = answer.status_code
            if status == requests.codes.ok:
                self.acknowledged.append(number)
            else:
                self.refused[status] += 1


def trial(system: System, world: World, admin: Caller, seconds: float) -> Result:
    """Kill processes for so long. Raises AssertionError if a way lost or disordered something."""
    stop, kills = threading.Event(), Counter[str]()
    tasks = [_task(world, admin, number) for number in range(WRITERS)]
    # What earlier trials did is on its way until the history has it.
    until(lambda: not _waiting(system), SETTLED, "empty outboxes")
    begin = position(admin)
    with listening(system, admin, begin) as ways:
        time.sleep(1.0)  # a queue that is younger may not survive the broker: see test_chaos
        writers = [Writer(admin, task, stop) for task in tasks]
        for writer in writers:
            writer.start()
        ends = time.monotonic() + seconds
        for victim in itertools.cycle(VICTIMS):
            if time.monotonic() > ends:
                break
            stop.wait(PAUSE)
            with killed(victim)(system):
                pass
            kills[victim] += 1
        system.wait()
        stop.wait(PAUSE)
        stop.set()
        for writer in writers:
            writer.join()
        refused = sum((writer.refused for writer in writers), Counter[int]())
        result = Result(sum(len(writer.acknowledged) for writer in writers), refused, kills)
        truth = _settled(system, ways, writers, begin)
        _check_writes(truth, writers)
        for name, listener in ways.items():
            result.ways[name] = _checked(name, listener, truth)
    return result


def _task(world: World, admin: Caller, number: int) -> str:
    """A task of its own for a writer."""
    facts = {"project_id": world.project, "entity_id": world.asset, "name": f"chaos {number}"}
    kinds = {"task_type_id": world.task_type, "task_status_id": world.status}
    return str(admin.post("/data/tasks", {**facts, **kinds}).json()["id"])


def _settled(
    system: System, ways: dict[str, Listener], writers: list[Writer], begin: int
) -> dict[int, tuple[str, Any]]:
    """What was recorded of the tasks, once all ways have as much; by position.

    An event that has left the outbox is recorded a moment later, so all acknowledged writes are
    waited for; ``_check_writes`` names those that never come.
    """

    def enough() -> bool:
        if _waiting(system):
            return False
        history = _history(system, begin)
        recorded = {(task, str(number)) for task, number in history.values()}
        wanted = {(one.task, str(number)) for one in writers for number in one.acknowledged}
        return wanted <= recorded and all(
            len(way.positions) >= len(history) for way in ways.values()
        )

    try:
        until(enough, SETTLED)
    except AssertionError:
        counts = {name: len(way.positions) for name, way in ways.items()}
        _check_writes(_history(system, begin), writers)
        message = f"recorded: {len(_history(system, begin))}, heard: {counts}"
        raise AssertionError(message) from None
    return _history(system, begin)


def _history(system: System, begin: int) -> dict[int, tuple[str, Any]]:
    rows = _rows(
        system,
        "crud",
        "SELECT position, body->'data'->>'task_id', body->'changes'->'data'->'after'->>'number' "
        f"FROM (SELECT position, body::jsonb AS body FROM event_history "
        f"WHERE name = '{NAME}' AND position > {begin}) e "
        "ORDER BY position",
    )
    return {position: (task, number) for position, task, number in rows}


def _waiting(system: System) -> int:
    """Events that are not published yet."""
    count = "SELECT count(*) FROM outbox"
    return sum(int(_rows(system, service, count)[0][0]) for service in ("tasks", "crud"))


def _rows(system: System, service: str, statement: str) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(system.parts.urls[service])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())
    finally:
        connection.close()


def _check_writes(truth: dict[int, tuple[str, Any]], writers: list[Writer]) -> None:
    """Each acknowledged write is recorded once, and they are in order.

    One that was refused may have reached the service before its answer was lost: it counts as not
    known, and the next one may overtake it.
    """
    numbers: dict[str, list[int]] = defaultdict(list)
    for task, number in truth.values():
        if number is not None:
            numbers[task].append(int(number))
    for writer in writers:
        recorded = numbers[writer.task]
        acknowledged = set(writer.acknowledged)
        doubled = [number for number, times in Counter(recorded).items() if times > 1]
        assert not doubled, f"{writer.task}: {doubled} are doubled"
        known = [number for number in recorded if number in acknowledged]
        overtaken = [pair for pair in itertools.pairwise(known) if pair[0] > pair[1]]
        assert not overtaken, f"{writer.task}: {overtaken} are disordered"
        lost = acknowledged - set(recorded)
        assert not lost, f"{writer.task}: {sorted(lost)} are lost"


def _checked(name: str, listener: Listener, truth: dict[int, Any]) -> tuple[int, int, int]:
    """Each event came, and in the order of positions but for repetitions."""
    came = listener.positions
    assert set(came) == set(truth), f"{name}: {sorted(set(truth) ^ set(came))} differ"
    assert came == sorted(came), f"{name} is disordered"
    return len(came), len(listener.heard) - len(came), listener.breaks
