"""What the console shows of services, queues and webhooks."""

from __future__ import annotations

import signal
from typing import Any, Final

from kombu import Connection, Queue

from services.common.version import VERSION
from services.common.wire.queue_depths import Depth, depths
from services.common.wire.topology import SERVICES
from tests.running import Caller, System, until
from tests.world import World

#: Nobody takes what is sent here.
CLOSED: Final = "http://127.0.0.1:9/hook"


def services(admin: Caller) -> dict[str, Any]:
    """The services by their names."""
    answer = admin.get("/data/console/services")
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()}


def webhook(admin: Caller, ident: str) -> Any:
    """What the console shows of a webhook."""
    found = {one["id"]: one for one in admin.get("/data/console/webhooks").json()}
    return found.get(ident)


def test_queues_are_asked_for_their_depths(system: System) -> None:
    """Those that don't exist are left out, wherever they stand."""
    with Connection(system.parts.amqp_uri) as connection:
        channel = connection.channel()
        queue = Queue("a queue of a test", durable=False, auto_delete=False)
        queue.bind(channel).declare()
        for _ in range(3):
            connection.Producer(channel).publish("x", exchange="", routing_key=queue.name)
        wanted = ["none", queue.name, "nothing", "rpc-tasks", "never"]
        try:
            until(
                lambda: (
                    depths(system.parts.amqp_uri, wanted)
                    == {queue.name: Depth(3, 0), "rpc-tasks": Depth(0, 1)}
                ),
                what="the depths",
            )
        finally:
            channel.queue_delete(queue.name)
    assert depths(system.parts.amqp_uri, []) == {}


def test_services_tell_of_their_outboxes_and_queues(system: System, admin: Caller) -> None:
    """Each its release, its processes, and the queues of its handlers."""
    found = services(admin)
    assert list(found) == ["gateway", *SERVICES]
    assert found["gateway"]["processes"] == 1
    for name in SERVICES:
        one = found[name]
        assert (one["processes"], one["version"], one["error"]) == (1, VERSION, None)
        assert one["outbox_events"] >= 0
        assert {queue["consumers"] for queue in one["queues"]} == {1}
        assert all(queue["name"].startswith(f"{name}.") for queue in one["queues"])
    names = {queue["name"] for queue in found["crud"]["queues"]}
    assert {"crud.publish_events.ordered", "crud.log_events.ordered"} <= names


def test_an_outbox_that_waits_is_seen(system: System, admin: Caller) -> None:
    """With its age."""
    system.kill("relay")
    try:
        admin.post("/data/departments", {"name": "Sound", "color": "#fff"})

        def waits() -> bool:
            one = services(admin)["auth"]
            return one["outbox_events"] > 0 and one["outbox_age_seconds"] > 0

        until(waits, what="a waiting event")
    finally:
        system.start("relay")
    until(lambda: services(admin)["auth"]["outbox_events"] == 0, 20, "an empty outbox")


def test_a_service_that_is_down_is_told_of(system: System, admin: Caller) -> None:
    """The others are shown as ever."""
    system.kill("chat", signal.SIGKILL)
    try:
        until(lambda: services(admin)["chat"]["processes"] == 0, what="its absence")
        found = services(admin)
        assert found["chat"]["error"]
        assert (found["chat"]["version"], found["chat"]["queues"]) == (None, [])
        assert found["tasks"]["error"] is None
    finally:
        system.start("chat")
        system.wait()


def test_webhooks_tell_how_far_they_are_behind(system: System, admin: Caller) -> None:
    """In positions and in seconds; and why."""
    body = {"url": CLOSED, "names": ["department:*"], "description": "Nobody"}
    ident = admin.post("/data/webhooks", body).json()["id"]
    fresh = webhook(admin, ident)
    assert (fresh["url"], fresh["state"], fresh["failures"]) == (CLOSED, "active", 0)
    admin.post("/data/departments", {"name": "Sound", "color": "#fff"})
    until(lambda: webhook(admin, ident)["failures"], 20, "a failure")
    # In tenths of a second.
    until(lambda: webhook(admin, ident)["lag_seconds"] > 0, 5, "a lag")
    late = webhook(admin, ident)
    assert late["behind"] >= 1
    assert late["failing_since"] is not None
    assert late["next_at"] >= late["failing_since"]
    admin.post(f"/data/webhooks/{ident}/pause", None)
    assert webhook(admin, ident)["state"] == "paused"
    admin.delete(f"/data/webhooks/{ident}")
    assert webhook(admin, ident) is None


def test_only_administrators_see_it(system: System, world: World) -> None:
    """It tells of all productions."""
    manager = system.caller(world.people["manager"])
    for path in ("/data/console/services", "/data/console/webhooks"):
        assert manager.get(path).status_code == 403
