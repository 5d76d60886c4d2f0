"""Events as subscribers receive them."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from kombu import Connection, Queue
from nameko.standalone.rpc import ClusterRpcProxy

from services.common.wire.topology import ARCHIVE
from tests.running import Caller, System, until
from tests.subscribing import Subscriber
from tests.world import World


def test_a_disconnected_subscriber_misses_no_event(system: System, admin: Caller) -> None:
    """Its queue is durable, and each payload matches its contract."""
    subscriber = Subscriber(system.parts.amqp_uri)
    row = admin.post("/data/departments", {"name": "Editing", "color": "#fff"}).json()
    admin.put(f"/data/departments/{row['id']}", {"color": "#000"})
    admin.delete(f"/data/departments/{row['id']}")
    until(lambda: subscriber.payloads_of("department:delete"), what="the last event")
    mine = [e for e in subscriber.received if e[1].get("department_id") == row["id"]]
    assert [name for name, *_ in mine] == [
        "department:new",
        "department:update",
        "department:delete",
    ]
    for _, payload, headers in mine:
        assert payload == {"department_id": row["id"]}
        assert uuid.UUID(headers["event_id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", headers["time"])
        assert headers["stored"] == "1"


def test_event_headers_name_the_actor_and_the_production(
    system: System, admin: Caller, world: World
) -> None:
    """So that subscribers can route without reading payloads."""
    subscriber = Subscriber(system.parts.amqp_uri)
    admin.put(f"/data/entities/{world.shot}", {"description": "x"})
    until(lambda: subscriber.payloads_of("shot:update"), what="the event")
    payload, headers = next((p, h) for n, p, h in subscriber.received if n == "shot:update")
    assert payload == {"shot_id": world.shot, "project_id": world.project}
    assert headers["actor_id"] == world.admin
    assert headers["project_id"] == world.project


def test_a_rejected_write_emits_nothing(system: System, admin: Caller) -> None:
    """Nothing is published that did not commit."""
    subscriber = Subscriber(system.parts.amqp_uri)
    assert admin.post("/data/departments", {"name": "Modeling", "color": "#1"}).status_code == 400
    row = admin.post("/data/departments", {"name": "Fine", "color": "#1"}).json()
    until(lambda: subscriber.payloads_of("department:new"), what="the event")
    assert subscriber.payloads_of("department:new") == [{"department_id": row["id"]}]


def test_assigning_through_put_emits_an_event_per_person(
    system: System, admin: Caller, world: World
) -> None:
    """And notifies new assignees."""
    subscriber = Subscriber(system.parts.amqp_uri)
    vendor, artist = world.people["vendor"], world.people["artist"]
    admin.put(f"/data/tasks/{world.task}", {"assignees": [vendor]})
    until(lambda: subscriber.payloads_of("task:update"), what="the update")
    ids = {"task_id": world.task, "project_id": world.project}
    assert subscriber.payloads_of("task:assign") == [{**ids, "person_id": vendor}]
    assert subscriber.payloads_of("task:unassign") == [{**ids, "person_id": artist}]
    (notified,) = admin.get(f"/data/notifications?person_id={vendor}").json()
    assert notified["notification_type"] == "assignation"


def test_a_stock_caller_gets_nameko_replies(system: System, world: World) -> None:
    """``nameko shell`` works with every service."""
    with ClusterRpcProxy({"AMQP_URI": system.parts.amqp_uri}) as proxy:
        rows = proxy.auth.list_rows(path="departments")
        assert [row["name"] for row in rows] == ["Modeling"]
        with pytest.raises(Exception, match="Malformed ID"):
            proxy.auth.read_row(path="departments", ident="x")


def test_the_archive_replays_from_a_time(system: System, admin: Caller) -> None:
    """Also events published before the subscriber existed."""
    began = datetime.now(UTC).replace(tzinfo=None)
    row = admin.post("/data/studios", {"name": "Archived", "color": "#fff"}).json()
    seen: list[dict[str, Any]] = []

    def keep(payload: dict[str, Any], message: Any) -> None:
        seen.append(payload)
        message.ack()

    queue = Queue(ARCHIVE, no_declare=True, consumer_arguments={"x-stream-offset": began})
    with Connection(system.parts.amqp_uri) as connection:
        with connection.Consumer([queue], callbacks=[keep], prefetch_count=100):

            def arrived() -> bool:
                try:
                    connection.drain_events(timeout=0.2)
                except TimeoutError:
                    pass
                return {"studio_id": row["id"]} in seen

            until(arrived, what="the archived event")


def studios(events: list[dict[str, Any]]) -> list[str]:
    """The studios that events of the log are about."""
    return [event["data"]["studio_id"] for event in events]


class TestLog:
    """``GET /data/events/last`` and ``/data/events``."""

    def test_pages_by_cursor_newest_first(self, admin: Caller) -> None:
        """Each page is strictly older than its cursor."""
        made = [
            admin.post("/data/studios", {"name": name, "color": "#fff"}).json()["id"]
            for name in "abcdef"
        ]
        until(lambda: made[-1] in studios(self.last(admin, "name=studio:new")), what="the events")
        first = self.last(admin, "name=studio:new&limit=4")
        rest = self.last(admin, f"name=studio:new&limit=2&cursor_event_id={first[-1]['id']}")
        assert studios([*first, *rest]) == made[::-1]
        assert set(first[0]) == {"id", "created_at", "name", "user_id", "project_id", "data"}
        assert self.last(admin, "limit=0") == []

    def test_filters_by_parts_of_the_name_and_by_person(self, admin: Caller, world: World) -> None:
        """Repeatable and validated."""
        admin.post("/data/studios", {"name": "a", "color": "#fff"})
        until(lambda: self.last(admin, "name=studio:new"), what="the event")
        assert self.last(admin, "name_prefixes=studio&name_prefixes=task")
        assert not self.last(admin, "name_prefixes=task")
        assert self.last(admin, f"name_suffixes=new&person_ids={world.admin}")
        for bad in (
            "name_prefixes=A%3A",
            "person_ids=x",
            "limit=x",
            "after=yesterday",
            "cursor_event_id=x",
            f"cursor_event_id={uuid.uuid4()}",
        ):
            assert admin.get(f"/data/events/last?{bad}").status_code == 400, bad

    def test_managers_see_their_productions_and_artists_nothing(
        self, admin: Caller, system: System, world: World
    ) -> None:
        """Events without a production are for administrators."""
        admin.put(f"/data/entities/{world.shot}", {"description": "x"})
        admin.post("/data/studios", {"name": "a", "color": "#fff"})
        until(lambda: self.last(admin, "name=studio:new"), what="the events")
        manager = system.caller(world.people["manager"])
        assert {e["name"] for e in self.last(manager)} == {"shot:update"}
        assert system.caller(world.people["artist"]).get("/data/events/last").status_code == 403

    @staticmethod
    def last(caller: Caller, query: str = "") -> list[dict[str, Any]]:
        """The newest events."""
        rows: list[dict[str, Any]] = caller.get(f"/data/events/last?{query}").json()
        return rows
