"""Observability: one traced system with two gateway workers, which logs all requests as slow."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection

from deploy.local.parts import Parts
from services.common.wire.topology import DEAD, SERVICES
from tests.chaos.faults import killed
from tests.letters import none_left
from tests.running import Caller, System, until
from tests.scrape import Scrape, Target
from tests.world import World

Line = dict[str, Any]


def queues(system: System) -> Scrape:
    """The metrics of the broker's own plugin: queues and alarms."""
    assert system.parts.broker is not None
    base = f"http://127.0.0.1:{system.parts.broker.metrics_port}"
    families = "family=queue_coarse_metrics&family=queue_consumer_count"
    return Scrape(
        [
            Target(f"{base}/metrics", "rabbitmq", "rabbitmq"),
            Target(f"{base}/metrics/detailed?{families}", "rabbitmq", "rabbitmq"),
        ]
    )


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
    """The spans of a trace that are written so far."""

    def read(trace: str) -> list[Line]:
        paths = (system.folder / "traces").glob("*.jsonl")
        lines = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
        return [line for line in lines if line["trace"] == trace]

    return read


def complete(folder: Path) -> list[Line]:
    """All log lines that are JSON."""
    texts = [path.read_text("utf-8", "replace") for path in folder.glob("*.log")]
    return [json.loads(x) for text in texts for x in text.splitlines() if x.startswith("{")]


def comment(caller: Caller, world: World, **headers: str) -> dict[str, Any]:
    """Post a comment that keeps the status."""
    response = caller.post(
        f"/actions/tasks/{world.task}/comment",
        {"task_status_id": world.status, "comment": "Looks good"},
        headers=headers,
    )
    assert response.status_code == 201, response.text
    row: dict[str, Any] = response.json()
    return row


# --- traces ---------------------------------------------------------------------------------------


def test_a_comment_is_one_trace_from_the_gateway_to_the_handlers(
    system: System, admin: Caller, world: World, spans: Any
) -> None:
    """Each span is the child of its cause, also across the outbox."""
    trace, caller_span = uuid.uuid4().hex, "00f067aa0ba902b7"
    comment(admin, world, traceparent=f"00-{trace}-{caller_span}-01")

    def whole() -> dict[str, Line] | None:
        """The trace, once no span is missing between those that each process wrote."""
        result = {span["span"]: span for span in spans(trace)}
        names = {span["name"] for span in result.values()}
        rooted = all(s["parent"] in {*result, caller_span} for s in result.values())
        return result if rooted and "crud.log_events" in names else None

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


def test_a_request_without_a_trace_starts_one(system: System, admin: Caller, world: World) -> None:
    """In the gateway."""
    ident = uuid.uuid4().hex
    admin.get("/data/departments", headers={"X-Request-ID": ident})

    def log_lines() -> list[Line]:
        return [x for x in complete(system.folder) if x.get("request") == ident]

    lines = until(lambda: log_lines() if len(log_lines()) > 1 else None, 10, "log lines")
    assert len({line.get("trace") for line in lines if line["service"] != "gateway"}) == 1


# --- logs -----------------------------------------------------------------------------------------


def test_slow_requests_and_statements_are_logged_with_request_id(
    system: System, admin: Caller, world: World
) -> None:
    """In the gateway, the service, and the service that handles the event."""
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


def test_statements_without_a_request_are_internal(
    system: System, admin: Caller, world: World
) -> None:
    """Log lines without a request are heartbeats, timers or operators' commands."""
    for _ in range(3):
        comment(admin, world)
    lines = [x for x in complete(system.folder) if "sql" in x and "request" not in x]
    assert lines
    assert not any("comment" in line["sql"] for line in lines)


# --- measures -------------------------------------------------------------------------------------


def test_every_process_exports_its_metrics(system: System, world: World) -> None:
    """Relay, services, the sender of webhooks, and the gateway with all workers."""
    result = system.scrape()
    assert result.labels("process_resident_memory_bytes", "component") == {
        "gateway",
        "relay",
        "webhooks",
        *SERVICES,
    }
    workers = result.labels("process_resident_memory_bytes", "pid")
    assert len(workers) == 2
    assert result.values("callboard_pool_size", component="tasks") == [10.0, 10.0]


def test_any_worker_reports_all_workers(system: System, world: World) -> None:
    """Connections reach either of them; each answer has the counts of both."""
    before = system.scrape().sum("callboard_requests_total", route="/data/departments")
    for _ in range(20):
        system.caller(world.admin).get("/data/departments")
    for _ in range(10):
        after = system.scrape().sum("callboard_requests_total", route="/data/departments")
        assert after - before == 20


def test_a_dead_worker_leaves_its_counters_only(system: System, world: World) -> None:
    """Counters never decrease, and no gauge has a stale value."""
    system.caller(world.admin).get("/data/departments")

    def workers() -> set[str]:
        return system.scrape().labels("process_resident_memory_bytes", "pid")

    counted = system.scrape().sum("callboard_requests_total", route="/data/departments")
    first = until(lambda: found if len(found := workers()) == 2 else None, 10, "two workers")
    os.kill(int(min(first)), signal.SIGKILL)
    second = until(
        lambda: found if len(found := workers()) == 2 and found != first else None,
        20,
        "another worker",
    )
    assert min(first) not in second
    until(system.is_ready, 20, "a ready system")
    now = system.scrape()
    assert now.sum("callboard_requests_total", route="/data/departments") >= counted
    assert now.values("callboard_broker_up") == [1.0]


def no_dead_letters(system: System) -> bool:
    """Whether the dead-letter queue is reported as empty: its letters are collected."""
    ready = "rabbitmq_detailed_queue_messages_ready"
    return bool(until(lambda: queues(system).values(ready, queue=DEAD) == [0.0], 20, "none"))


def test_the_broker_exports_its_queues(system: System, world: World) -> None:
    """By its own plugin, with the names that alerts and dashboard use."""
    until(
        lambda: (
            queues(system).values("rabbitmq_detailed_queue_consumers", queue="rpc-tasks") == [1.0]
        ),
        20,
        "the reader of the queue",
    )
    assert no_dead_letters(system)
    result = queues(system)
    assert result.values("rabbitmq_alarms_memory_used_watermark") == [0.0]


def test_a_queue_without_a_consumer_is_visible(system: System, world: World) -> None:
    """Of requests and of events."""
    wanted = ("rpc-chat", "chat.forget_rows")

    def readers() -> list[float]:
        result = queues(system)
        consumers = "rabbitmq_detailed_queue_consumers"
        return [value for queue in wanted for value in result.values(consumers, queue=queue)]

    until(lambda: readers() == [1.0, 1.0], 20, "the readers")
    system.kill("chat", signal.SIGTERM)
    until(lambda: readers() == [0.0, 0.0], 20, "their absence")
    system.start("chat")
    until(lambda: readers() == [1.0, 1.0], 30, "their return")
    until(system.is_ready, 20, "a ready system")


def test_a_second_replica_is_a_scrape_target(system: System, world: World) -> None:
    """It is down once the process has stopped."""

    def seen() -> int:
        return len(system.scrape().values("process_cpu_seconds_total", component="chat"))

    assert seen() == 1
    system.start("chat.2")
    until(lambda: seen() == 2, 20, "the second process")
    system.kill("chat.2", signal.SIGTERM)
    assert seen() == 1
    del system.processes["chat.2"], system.metrics_ports["chat.2"]


def test_metrics_have_bounded_labels(system: System, admin: Caller, world: World) -> None:
    """Route template, method and subscriber, in every process."""
    route = "/actions/tasks/{task_id}/comment"
    before = system.scrape()
    for _ in range(3):
        comment(admin, world)
    admin.get(f"/data/tasks/{uuid.uuid4()}")

    def rise(name: str, **labels: str) -> float:
        now = system.scrape()
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
            rise(
                "callboard_events_handled_total",
                subscriber="crud.log_events.ordered",
                outcome="handled",
            )
            >= 3
        ),
        what="handled events",
    )
    delays = {"subscriber": "crud.log_events.ordered"}
    assert rise("callboard_event_delay_seconds_count", **delays) >= 3
    routes = system.scrape().labels("callboard_requests_total", "route")
    assert not any(world.task in one for one in routes)


def test_cache_hits_and_304s_are_counted(system: System, admin: Caller, world: World) -> None:
    """And repeated idempotent requests."""
    before = system.scrape()
    key = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"name": "Once", "color": "#123456"}
    for _ in range(2):
        admin.post("/data/departments", body, headers=key)
    admin.post("/data/departments", {**body, "name": "Other"}, headers=key)
    tag = admin.get("/data/departments").headers["ETag"]
    response = admin.get("/data/departments", headers={"If-None-Match": tag})
    assert response.status_code == 304
    now = system.scrape()

    def rise(name: str, **labels: str) -> float:
        return now.sum(name, **labels) - before.sum(name, **labels)

    assert rise("callboard_idempotent_answers_total", outcome="repeated") == 1
    assert rise("callboard_idempotent_answers_total", outcome="refused") == 1
    assert rise("callboard_conditional_reads_total", outcome="by_version") == 1
    lookups = [rise("callboard_actor_lookups_total", outcome=o) for o in ("hit", "miss")]
    assert sum(lookups) >= 5
    assert lookups[0] >= 1


def test_without_a_relay_the_age_of_events_is_visible(
    system: System, admin: Caller, world: World
) -> None:
    """The services export the age of their oldest event."""
    until(lambda: system.scrape().sum("callboard_outbox_events") == 0, what="an empty outbox")
    system.kill("relay")
    admin.post("/data/departments", {"name": "Waiting", "color": "#123456"})

    def waits() -> Scrape | None:
        result = system.scrape()
        return result if result.sum("callboard_outbox_events", service="auth") else None

    result = until(waits, what="a waiting event")
    until(
        lambda: system.scrape().sum("callboard_outbox_age_seconds", service="auth") > 1,
        what="its age",
    )
    assert not result.values("process_cpu_seconds_total", component="relay")
    system.start("relay")
    until(lambda: system.scrape().sum("callboard_outbox_events") == 0, 20, "an empty outbox")


def test_a_dead_letter_is_counted_and_logged_with_request_id(
    system: System, world: World, admin: Caller
) -> None:
    """Among the dead letters, by subscriber, and in the log."""
    ident = uuid.uuid4().hex
    none_left(system, admin)
    with Connection(system.parts.amqp_uri) as connection:
        connection.Producer(serializer="json").publish(
            {"day_off_id": "x", "person_id": "no uuid", "date": "x", "end_date": "x"},
            exchange="crud.events",
            routing_key="day-off:covers",
            headers={"event_id": str(uuid.uuid4()), "stored": "0", "request_id": ident},
        )
        until(
            lambda: system.scrape().values("callboard_dead_letters") == [1.0],
            30,
            "the dead letter",
        )
        now = system.scrape()
        subscriber = "tasks.forget_time_in_day_off.ordered"
        handled = "callboard_events_handled_total"
        assert now.sum(handled, subscriber=subscriber, outcome="dead") == 1
        assert now.sum(handled, subscriber=subscriber, outcome="retried") >= 5
    none_left(system, admin)
    given_up = [x for x in complete(system.folder) if ident in x.get("requests", ())]
    assert [line["level"] for line in given_up] == ["ERROR"]


def test_a_blocked_broker_and_its_recovery_are_visible(system: System, world: World) -> None:
    """Its memory alarm blocks publishers."""
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

    def alarm() -> list[float]:
        return queues(system).values("rabbitmq_alarms_memory_used_watermark")

    memory("0.000001")
    try:
        until(lambda: alarm() == [1.0], 20, "the alarm")
    finally:
        memory("0.4")
    until(lambda: alarm() == [0.0], 30, "the alarm's end")
    until(system.is_ready, 30, "recovery")


def test_metrics_are_served_without_the_broker(system: System, world: World) -> None:
    """That is when operators need them."""
    wanted = {"gateway", "relay", "webhooks", *SERVICES}
    with killed("rabbitmq")(system):
        until(lambda: system.scrape().values("callboard_broker_up") == [0.0], what="its word")
        seen = system.scrape()
        assert seen.labels("process_cpu_seconds_total", "component") == wanted
        assert seen.labels("callboard_outbox_events", "service") == set(SERVICES)
    until(system.is_ready, 40, "recovery")
    until(lambda: system.scrape().values("callboard_broker_up") == [1.0], what="its return")
