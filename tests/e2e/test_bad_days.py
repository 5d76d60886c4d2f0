"""Processes die, and nothing is lost: each is killed under writes, then everything is compared."""

from __future__ import annotations

import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator

import kombu
import psycopg2
import pytest
import requests

from tests.listening import Subscriber
from tests.system import Caller, System, until
from tests.world import World

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


class Writer:
    """Creates departments as fast as it can, on a few threads, and notes each answer."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.stopping = threading.Event()
        self.created: dict[str, str] = {}
        self.statuses: Counter[int] = Counter()
        self.slowest = 0.0
        self.threads = [threading.Thread(target=self._write) for _ in range(4)]

    def __enter__(self) -> Writer:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def _write(self) -> None:
        session = requests.Session()
        session.headers.update(self.caller.session.headers)
        while not self.stopping.is_set():
            name = uuid.uuid4().hex
            began = time.monotonic()
            try:
                answer = session.post(
                    f"{self.caller.base}/data/departments",
                    json={"name": name, "color": "#123456"}, timeout=20,
                )  # fmt: skip
            except requests.RequestException:
                self.statuses[0] += 1
                time.sleep(0.05)
                continue
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.statuses[answer.status_code] += 1
            if answer.status_code == 200:
                self.created[answer.json()["id"]] = name
            else:
                time.sleep(0.02)

    def until_some(self, count: int) -> None:
        """Wait for that many more successes."""
        wanted = len(self.created) + count
        until(lambda: len(self.created) >= wanted, 20, "further writes")


@pytest.fixture(scope="module")
def lasting(system: System) -> Subscriber:
    """A downstream program, there before anything dies.

    RabbitMQ 3 writes down a new quorum queue's whereabouts half a second after its declaration; a
    node killed before that does not find the queue again. No real subscriber is younger.
    """
    found = Subscriber(system.parts.amqp_uri)
    time.sleep(1.0)
    return found


@pytest.fixture
def subscriber(lasting: Subscriber) -> Subscriber:
    """Its record, begun anew."""
    lasting.read()
    lasting.seen.clear()
    return lasting


@pytest.fixture(autouse=True)
def restored(system: System) -> Iterator[None]:
    """Whatever was killed is back for the next test."""
    yield
    for child in system.parts.children:
        if child.ended():
            child.start()
    if dead := [n for n, p in system.processes.items() if p.poll() is not None]:
        system.start(*dead)
    system.wait()


def revive(system: System, name: str) -> None:
    """Start the killed child of ours again, as the supervisor does: until it stays.

    A database whose old backends are not all gone yet refuses to start.
    """
    child = next(c for c in system.parts.children if c.name == name)
    child.start()

    def answers() -> bool:
        if child.ended():
            child.start()
        try:
            if name == "postgres":
                psycopg2.connect(system.parts.urls["auth"]).close()
            else:
                with kombu.Connection(system.parts.amqp_uri, connect_timeout=2) as connection:
                    connection.connect()
        except (psycopg2.OperationalError, OSError):
            return False
        return True

    until(answers, 40, f"{name} up again")


def kill_backing(system: System, name: str) -> None:
    """SIGKILL to the database's or the broker's process group."""
    child = next(c for c in system.parts.children if c.name == name)
    child.signal(signal.SIGKILL)
    assert child.process is not None
    child.process.wait()


def agree(system: System, admin: Caller, writer: Writer, subscriber: Subscriber) -> None:
    """Table, log and the subscriber's record hold the same rows, each once."""
    with psycopg2.connect(system.parts.urls["auth"]) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id::text FROM department WHERE color = '#123456'")
            stored = {row[0] for row in cursor.fetchall()}
    connection.close()
    assert writer.created.keys() <= stored

    def heard() -> set[str]:
        return {p["department_id"] for p in subscriber.named("department:new")}

    until(lambda: heard() >= stored, 20, "every event at the subscriber")
    events = {h["event_id"]: p for n, p, h in subscriber.seen if n == "department:new"}
    assert Counter(p["department_id"] for p in events.values()) == Counter(stored)

    def logged() -> Counter[str]:
        with psycopg2.connect(system.parts.urls["crud"]) as connection:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT data->>'department_id' FROM api_event WHERE name = 'department:new'"
                )
                rows = cursor.fetchall()
        connection.close()
        return Counter(row[0] for row in rows)

    until(lambda: logged() == Counter(stored), 20, "every event in the log, once")


@pytest.mark.parametrize("name", ["auth", "relay", "crud", "gateway"])
def test_a_killed_process_loses_no_event_and_doubles_none(
    system: System, admin: Caller, subscriber: Subscriber, name: str
) -> None:
    """SIGKILL under writes; started again, it goes on."""
    with Writer(admin) as writer:
        writer.until_some(20)
        system.kill(name)
        time.sleep(0.3)
        system.start(name)
        system.wait()
        writer.until_some(20)
    assert set(writer.statuses) <= {200, 502, 0}, writer.statuses
    agree(system, admin, writer, subscriber)


@pytest.mark.parametrize("name", ["rabbitmq", "postgres"])
def test_a_killed_broker_or_database_loses_no_event_and_doubles_none(
    system: System, admin: Caller, subscriber: Subscriber, name: str
) -> None:
    """Refusals are quick while it is away, and everything recovers by itself."""
    with Writer(admin) as writer:
        writer.until_some(20)
        kill_backing(system, name)
        time.sleep(1.0)
        revive(system, name)
        until(system.is_ready, 40, "recovery")
        writer.until_some(20)
    assert set(writer.statuses) <= {200, 502}, writer.statuses
    assert writer.slowest < 3.0
    agree(system, admin, writer, subscriber)


def refused_within_two_seconds(send: Callable[[], requests.Response]) -> None:
    """502 with Retry-After and a sentence, soon."""
    began = time.monotonic()
    answer = send()
    assert time.monotonic() - began < 2.3
    assert answer.status_code == 502, answer.text
    assert answer.headers["Retry-After"]
    assert set(answer.json()) == {"error", "message"}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_service_that_is_away_or_hangs_is_502_within_two_seconds(
    system: System, admin: Caller, number: signal.Signals
) -> None:
    """For ordinary routes and for long lists alike; the others go on."""
    admin.get("/data/departments")
    system.kill("tasks", number)
    try:
        refused_within_two_seconds(lambda: admin.get(f"/data/task-types/{uuid.uuid4()}"))
        refused_within_two_seconds(lambda: admin.get("/data/task-types"))
        assert admin.get("/data/departments").status_code == 200
        until(lambda: requests.get(f"{system.base}/health/ready", timeout=5).status_code == 503,
              what="the health check's word")  # fmt: skip
    finally:
        if number is signal.SIGSTOP:
            system.kill("tasks", signal.SIGCONT)
        else:
            system.start("tasks")
    until(lambda: admin.get("/data/task-types").status_code == 200, 15, "recovery")


def test_without_broker_or_database_answers_are_502_at_once(system: System, admin: Caller) -> None:
    """Not a hang; health says what is missing."""
    for name in ("rabbitmq", "postgres"):
        kill_backing(system, name)
        refused_within_two_seconds(lambda: admin.get("/data/departments"))
        revive(system, name)
        until(lambda: admin.get("/data/departments").status_code == 200, 40, "recovery")


def test_an_event_that_a_handler_cannot_digest_goes_to_the_dead_letters(
    system: System, world: World, admin: Caller
) -> None:
    """And does not hold up those behind it."""
    from kombu import Connection

    with Connection(system.parts.amqp_uri) as connection:
        producer = connection.Producer(serializer="json")
        producer.publish(
            {"day_off_id": "x", "person_id": "no uuid", "date": "x", "end_date": "x"},
            exchange="crud.events", routing_key="day-off:covers",
            headers={"event_id": str(uuid.uuid4()), "stored": "0"},
        )  # fmt: skip
        channel = connection.channel()
        message = until(lambda: channel.basic_get("callboard.dead"), 30, "the dead letter")
        assert "no uuid" in str(message.body)
        channel.basic_ack(message.delivery_tag)
    spent = {"duration": 60, "date": "2030-01-07", "task_id": world.task,
             "person_id": world.people["artist"]}  # fmt: skip
    admin.post("/data/time-spents", spent)
    admin.post("/data/day-offs", {"date": "2030-01-07", "end_date": "2030-01-08",
                                  "person_id": world.people["artist"]})  # fmt: skip
    until(lambda: admin.get("/data/time-spents").json() == [], what="the next event's handling")
