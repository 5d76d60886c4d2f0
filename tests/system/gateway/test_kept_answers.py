"""What the gateway answers from memory is what the services would say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.running import Caller, System, until
from tests.scrape import Scrape, Target
from tests.world import World

WHO = "/auth/authenticated"


@pytest.fixture
def artist(system: System, world: World) -> Caller:
    """Somebody who has asked already, so that the answer is in memory."""
    found = system.caller(world.people["artist"])
    assert found.get(WHO).json()["user"]["first_name"] == "Artist"
    return found


def calls(system: System, method: str) -> float:
    """How often the service ``auth`` was asked."""
    url = f"http://127.0.0.1:{system.metrics_ports['auth']}/metrics"
    scrape = Scrape([Target(url, "auth", "auth")])
    return scrape.sum("callboard_rpc_seconds_count", method=method)


def soon(read: Callable[[], Any], expected: Any) -> None:
    """It is so within a second."""
    until(lambda: read() == expected, 1.0, f"{expected!r}")


def test_the_service_is_asked_once(system: System, artist: Caller) -> None:
    """And then not until something changes."""
    before = calls(system, "who_am_i")
    for _ in range(20):
        assert artist.get(WHO).ok
    assert calls(system, "who_am_i") == before


def test_another_sees_a_change_within_a_second(admin: Caller, artist: Caller, world: World) -> None:
    """Of themselves, and of the studio."""
    body = {"first_name": "Renamed"}
    assert admin.put(f"/data/persons/{world.people['artist']}", body).ok
    soon(lambda: artist.get(WHO).json()["user"]["first_name"], "Renamed")
    studio = admin.get("/data/organisations").json()[0]["id"]
    assert admin.put(f"/data/organisations/{studio}", {"name": "Other"}).ok
    soon(lambda: artist.get(WHO).json()["organisation"]["name"], "Other")
    soon(lambda: artist.get("/data/organisations").json()[0]["name"], "Other")


def test_who_changed_it_sees_it_at_once(admin: Caller) -> None:
    """Every time."""
    assert admin.get(WHO).ok
    studio = admin.get("/data/organisations").json()[0]["id"]
    for number in range(10):
        assert admin.put(f"/data/organisations/{studio}", {"name": f"Studio {number}"}).ok
        assert admin.get(WHO).json()["organisation"]["name"] == f"Studio {number}"
        assert admin.get("/data/organisations").json()[0]["name"] == f"Studio {number}"


def test_who_logged_out_or_was_deactivated_is_out(
    system: System, admin: Caller, artist: Caller, world: World
) -> None:
    """The answer in memory belongs to a session that is over."""
    vendor = system.caller(world.people["vendor"])
    assert vendor.get(WHO).ok
    assert vendor.get("/auth/logout").ok
    soon(lambda: vendor.get(WHO).status_code, 401)
    assert admin.put(f"/data/persons/{world.people['artist']}", {"active": False}).ok
    soon(lambda: artist.get(WHO).status_code, 401)


def test_an_unchanged_answer_is_304(artist: Caller) -> None:
    """By the tag that it was kept with."""
    tag = artist.get(WHO).headers["ETag"]
    assert artist.get(WHO, headers={"If-None-Match": tag}).status_code == 304


def test_an_import_leaves_nothing_in_memory(system: System, artist: Caller) -> None:
    """All rows are others now."""
    other = World()
    for row in other.tables["person"]:
        row["last_name"] = "Imported"
    system.load(other.tables)
    assert artist.get(WHO).json()["user"]["last_name"] == "Imported"
