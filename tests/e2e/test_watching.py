"""What an operator sees: one system with two gateway processes, traced, its slow log wide open."""

from __future__ import annotations

import json
import signal
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection

from deploy.local.parts import Parts
from deploy.scrape import Scrape
from services.common.wire.topology import DEAD, SERVICES
from tests.chaos.faults import killed
from tests.system import Caller, System, until
from tests.world import World

Line = dict[str, Any]


@pytest.fixture(scope="module")
def system(
    system: System, parts: Parts, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A system whose traces go into a folder and that finds everything slow.

    The other tests' system, which would share its work, stops meanwhile.
    """
    usual = system
    usual.stop()
    folder = tmp_path_factory.mktemp("watched")
    extra = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"file://{folder / 'traces'}",
        "WEB_CONCURRENCY": "2",
        "SLOW_QUERY_SECONDS": "0",
        "SLOW_REQUEST_SECONDS": "0",
    }
    try:
        with System(parts, folder, extra).up() as found:
            yield found
    finally:
        usual.start()
        usual.wait()


@pytest.fixture
def spans(system: System) -> Any:
    """Reads the spans of a trace as far as they are written."""

    def read(trace: str) -> list[Line]:
        paths = (system.folder / "traces").glob("*.jsonl")
        lines = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
        return [line for line in lines if line["trace"] == trace]

    return read


pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def complete(folder: Path) -> list[Line]:
    """All log lines that are JSON."""
    texts = [path.read_text("utf-8", "replace") for path in folder.glob("*.log")]
    return [json.loads(x) for text in texts for x in text.splitlines() if x.startswith("{")]


def comment(caller: Caller, world: World, **headers: str) -> dict[str, Any]:
    """A comment that changes nothing else."""
    answer = caller.post(
        f"/actions/tasks/{world.task}/comment",
        {"task_status_id": world.status, "comment": "Looks good"},
        headers=headers,
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


# --- traces ---------------------------------------------------------------------------------------


def test_a_comment_is_one_trace_from_the_gateway_to_the_handlers(
    system: System, admin: Caller, world: World, spans: Any
) -> None:
    """Each span is the child of what caused it, also across the outbox."""
    trace, caller_span = uuid.uuid4().hex, "00f067aa0ba902b7"
    comment(admin, world, traceparent=f"00-{trace}-{caller_span}-01")

    def whole() -> dict[str, Line] | None:
        """The trace, once no span is missing between those that each process wrote."""
        found = {span["span"]: span for span in spans(trace)}
        names = {span["name"] for span in found.values()}
        rooted = all(s["parent"] in {*found, caller_span} for s in found.values())
        return found if rooted and "crud.log_events" in names else None

    by_id = until(whole, 20, "the handler's span, and all above it")

    def above(span: Line) -> list[str]:
        parent = by_id.get(span["parent"])
        return [span["name"], *(above(parent) if parent else [])]

    chains = [" < ".join(above(span)) for span in by_id.values()]
    gateway = "POST /actions/tasks/{task_id}/comment"
    rpc = f"tasks.comment_task < call tasks.comment_task < {gateway}"
    assert f"sql < {rpc}" in chains
    assert f"commit < {rpc}" in chains
    assert f"publish comment:new < {rpc}" in chains
    handling = [c for c in chains if c.startswith("crud.log_events < publish ")]
    assert handling
    assert all(c.endswith(rpc) for c in handling)
    assert any(c.startswith("sql < crud.log_events") for c in chains)
    (root,) = (span for span in by_id.values() if span["name"] == gateway)
    assert root["parent"] == caller_span
    assert root["component"] == "gateway"
    assert {s["component"] for s in by_id.values()} >= {"gateway", "tasks", "relay", "crud"}


def test_a_request_without_a_trace_begins_one(system: System, admin: Caller, world: World) -> None:
    """At the gateway."""
    ident = uuid.uuid4().hex
    admin.get("/data/departments", headers={"X-Request-ID": ident})

    def told() -> list[Line]:
        return [x for x in complete(system.folder) if x.get("request") == ident]

    lines = until(lambda: told() if len(told()) > 1 else None, 10, "log lines")
    assert len({line.get("trace") for line in lines if line["service"] != "gateway"}) == 1


# --- logs -----------------------------------------------------------------------------------------


def test_slow_requests_and_statements_are_logged_with_their_request(
    system: System, admin: Caller, world: World
) -> None:
    """In the gateway, in the service, and in the service that handles the event."""
    ident = uuid.uuid4().hex
    comment(admin, world, **{"X-Request-ID": ident})

    def services() -> set[str]:
        lines = [x for x in complete(system.folder) if x.get("request") == ident]
        return {line["service"] for line in lines}

    until(lambda: services() >= {"gateway", "tasks", "crud"}, 20, "lines of all three")
    lines = [x for x in complete(system.folder) if x.get("request") == ident]
    (request,) = (x for x in lines if x["service"] == "gateway")
    assert request["route"] == "POST /actions/tasks/{task_id}/comment"
    assert request["status"] == 201
    assert request["seconds"] > 0
    statements = [x["sql"] for x in lines if x["service"] == "tasks"]
    assert any("INSERT INTO comment" in sql for sql in statements)
    assert "COMMIT" in statements
    assert not any("Looks good" in sql for sql in statements)


def test_a_statement_without_a_request_is_of_the_house(
    system: System, admin: Caller, world: World
) -> None:
    """What lines no request has are signs of life, clocks, or questions of operators."""
    for _ in range(3):
        comment(admin, world)
    lines = [x for x in complete(system.folder) if "sql" in x and "request" not in x]
    assert lines
    assert not any("comment" in line["sql"] for line in lines)


# --- measures -------------------------------------------------------------------------------------


def test_one_address_shows_every_process(system: System, world: World) -> None:
    """Both gateway processes, the relay, each service."""
    components = {"gateway", "relay", *SERVICES}

    def all_there() -> Scrape | None:
        found = Scrape(system.base)
        gateways = found.values("process_resident_memory_bytes", component="gateway")
        seen = found.labels("process_resident_memory_bytes", "component")
        return found if len(gateways) == 2 and seen == components else None

    found = until(all_there, 10, "all processes")
    assert found.values("callboard_queue_consumers", queue="rpc-tasks") == [1.0]
    assert found.values("callboard_broker_blocked") == [0.0]
    names = [family.name for family in found.families]
    assert len(names) == len(set(names))


def test_a_second_process_of_a_service_is_seen(system: System, world: World) -> None:
    """And that it went."""

    def seen() -> int:
        return len(Scrape(system.base).values("process_cpu_seconds_total", component="chat"))

    assert seen() == 1
    first = system.processes["chat"]
    system.start("chat")
    until(lambda: seen() == 2, 20, "the second process")
    system.kill("chat", signal.SIGTERM)
    system.processes["chat"] = first
    until(lambda: seen() == 1, 20, "its end")


def test_requests_calls_and_events_are_counted_under_bounded_names(
    system: System, admin: Caller, world: World
) -> None:
    """By route template, method and subscriber, in whichever process they were."""
    route = "/actions/tasks/{task_id}/comment"
    before = Scrape(system.base)
    for _ in range(3):
        comment(admin, world)
    admin.get(f"/data/tasks/{uuid.uuid4()}")

    def rise(name: str, **labels: str) -> float:
        now = Scrape(system.base)
        return now.sum(name, **labels) - before.sum(name, **labels)

    until(
        lambda: rise("callboard_requests_total", route=route, status="201") == 3,
        what="three requests",
    )
    assert rise("callboard_request_seconds_count", route=route) == 3
    assert rise("callboard_rpc_seconds_count", method="comment_task", component="tasks") == 3
    assert rise("callboard_rpc_errors_total", kind="not-found", component="tasks") == 1
    assert rise("callboard_refusals_total", kind="not-found") == 1
    assert rise("callboard_sql_seconds_count", kind="commit", component="tasks") >= 3
    until(
        lambda: rise("callboard_events_published_total", service="tasks") >= 3,
        what="published events",
    )
    until(
        lambda: (
            rise("callboard_events_handled_total", subscriber="crud.log_events", outcome="handled")
            >= 3
        ),
        what="handled events",
    )
    delays = {"subscriber": "crud.log_events"}
    assert rise("callboard_event_delay_seconds_count", **delays) >= 3
    routes = Scrape(system.base).labels("callboard_requests_total", "route")
    assert not any(world.task in one for one in routes)


def test_lookups_repeats_and_conditional_reads_are_counted(
    system: System, admin: Caller, world: World
) -> None:
    """Hits of caches, and answers given before."""
    before = Scrape(system.base)
    key = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"name": "Once", "color": "#123456"}
    for _ in range(2):
        admin.post("/data/departments", body, headers=key)
    admin.post("/data/departments", {**body, "name": "Other"}, headers=key)
    tag = admin.get("/data/departments").headers["ETag"]
    held = admin.get("/data/departments", headers={"If-None-Match": tag})
    assert held.status_code == 304
    now = Scrape(system.base)

    def rise(name: str, **labels: str) -> float:
        return now.sum(name, **labels) - before.sum(name, **labels)

    assert rise("callboard_idempotent_answers_total", outcome="repeated") == 1
    assert rise("callboard_idempotent_answers_total", outcome="refused") == 1
    assert rise("callboard_conditional_reads_total", outcome="by_version") == 1
    lookups = [rise("callboard_actor_lookups_total", outcome=o) for o in ("hit", "miss")]
    assert sum(lookups) >= 5
    assert lookups[0] >= 1


def test_events_wait_visibly_while_the_relay_is_away(
    system: System, admin: Caller, world: World
) -> None:
    """The services themselves say how old the oldest is."""
    until(lambda: Scrape(system.base).sum("callboard_outbox_events") == 0, what="an empty outbox")
    system.kill("relay")
    admin.post("/data/departments", {"name": "Waiting", "color": "#123456"})

    def waits() -> Scrape | None:
        found = Scrape(system.base)
        return found if found.sum("callboard_outbox_events", service="auth") else None

    found = until(waits, what="a waiting event")
    until(
        lambda: Scrape(system.base).sum("callboard_outbox_age_seconds", service="auth") > 1,
        what="its age",
    )
    assert not found.values("process_cpu_seconds_total", component="relay")
    system.start("relay")
    until(lambda: Scrape(system.base).sum("callboard_outbox_events") == 0, 20, "an empty outbox")


def test_an_event_that_is_given_up_is_counted_and_logged_with_its_request(
    system: System, world: World
) -> None:
    """In the queue of the dead, under its subscriber, and in the log for people."""
    ident = uuid.uuid4().hex
    with Connection(system.parts.amqp_uri) as connection:
        connection.Producer(serializer="json").publish(
            {"day_off_id": "x", "person_id": "no uuid", "date": "x", "end_date": "x"},
            exchange="crud.events",
            routing_key="day-off:covers",
            headers={"event_id": str(uuid.uuid4()), "stored": "0", "request_id": ident},
        )
        until(
            lambda: Scrape(system.base).sum("callboard_queue_messages", queue=DEAD) == 1,
            30,
            "the dead letter",
        )
        now = Scrape(system.base)
        subscriber = "tasks.forget_time_in_day_off"
        handled = "callboard_events_handled_total"
        assert now.sum(handled, subscriber=subscriber, outcome="dead") == 1
        assert now.sum(handled, subscriber=subscriber, outcome="retried") >= 5
        connection.channel().queue_purge(DEAD)
    given_up = [x for x in complete(system.folder) if ident in x.get("requests", ())]
    assert [line["level"] for line in given_up] == ["ERROR"]


def test_a_broker_that_takes_nothing_is_seen_and_so_is_its_recovery(
    system: System, world: World
) -> None:
    """Its memory alarm is on: it reads nothing more from whoever publishes."""
    node = next(child for child in system.parts.children if child.name == "rabbitmq")
    control = Path(node.command[0]).with_name("rabbitmqctl")
    if not control.exists():
        pytest.skip("the broker runs in a container")

    def memory(share: str) -> None:
        command = [
            str(control),
            "-n",
            node.environ["RABBITMQ_NODENAME"],
            "set_vm_memory_high_watermark",
            share,
        ]
        subprocess.run(command, env=node.environ, check=True, capture_output=True, timeout=60)

    memory("0.000001")
    try:
        until(lambda: Scrape(system.base).sum("callboard_broker_blocked") == 1, 20, "the alarm")
    finally:
        memory("0.4")
    until(
        lambda: Scrape(system.base).values("callboard_broker_blocked") == [0.0],
        30,
        "the alarm's end",
    )
    until(
        lambda: Scrape(system.base).values("callboard_queue_messages", queue="rpc-tasks"),
        30,
        "the queues",
    )
    until(system.is_ready, 30, "recovery")


def test_without_the_broker_a_gateway_shows_what_it_knows(system: System, world: World) -> None:
    """That is the moment at which somebody looks; all are back when it is."""
    with killed("rabbitmq")(system):
        until(lambda: Scrape(system.base).values("callboard_broker_up") == [0.0], what="its word")
    until(system.is_ready, 40, "recovery")
    wanted = {"gateway", "relay", *SERVICES}

    def seen() -> set[str]:
        return Scrape(system.base).labels("process_cpu_seconds_total", "component")

    until(lambda: seen() == wanted, 20, "all processes")
