"""Answers from the gateway's cache equal those of the services."""

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
    """A client whose answer is already cached."""
    result = system.caller(world.people["artist"])
    assert result.get(WHO).json()["user"]["first_name"] == "Artist"
    return result


def calls(system: System, method: str) -> float:
    """The number of calls to ``auth``."""
    url = f"http://127.0.0.1:{system.metrics_ports['auth']}/metrics"
    scrape = Scrape([Target(url, "auth", "auth")])
    return scrape.sum("callboard_rpc_seconds_count", method=method)


def assert_soon(read: Callable[[], Any], expected: Any) -> None:
    """Assert that it becomes true within a second."""
    until(lambda: read() == expected, 1.0, f"{expected!r}")


def test_the_service_is_called_once(system: System, artist: Caller) -> None:
    """And not again until something changes."""
    before = calls(system, "show_caller")
    for _ in range(20):
        assert artist.get(WHO).ok
    assert calls(system, "show_caller") == before


def test_others_see_a_change_within_a_second(admin: Caller, artist: Caller, world: World) -> None:
    """Of their own person, and of the organisation."""
    body = {"first_name": "Renamed"}
    assert admin.put(f"/data/persons/{world.people['artist']}", body).ok
    assert_soon(lambda: artist.get(WHO).json()["user"]["first_name"], "Renamed")
    studio = admin.get("/data/organisations").json()[0]["id"]
    assert admin.put(f"/data/organisations/{studio}", {"name": "Other"}).ok
    assert_soon(lambda: artist.get(WHO).json()["organisation"]["name"], "Other")
    assert_soon(lambda: artist.get("/data/organisations").json()[0]["name"], "Other")


def test_the_writer_sees_a_change_at_once(admin: Caller) -> None:
    """Every time."""
    assert admin.get(WHO).ok
    studio = admin.get("/data/organisations").json()[0]["id"]
    for number in range(10):
        assert admin.put(f"/data/organisations/{studio}", {"name": f"Studio {number}"}).ok
        assert admin.get(WHO).json()["organisation"]["name"] == f"Studio {number}"
        assert admin.get("/data/organisations").json()[0]["name"] == f"Studio {number}"


def test_log_out_and_deactivation_invalidate_the_cache(
    system: System, admin: Caller, artist: Caller, world: World
) -> None:
    """The cached answer belongs to an ended session."""
    vendor = system.caller(world.people["vendor"])
    assert vendor.get(WHO).ok
    assert vendor.get("/auth/logout").ok
    assert_soon(lambda: vendor.get(WHO).status_code, 401)
    assert admin.put(f"/data/persons/{world.people['artist']}", {"active": False}).ok
    assert_soon(lambda: artist.get(WHO).status_code, 401)


def test_an_unchanged_answer_is_304(artist: Caller) -> None:
    """By the ETag of the cached answer."""
    tag = artist.get(WHO).headers["ETag"]
    assert artist.get(WHO, headers={"If-None-Match": tag}).status_code == 304


def test_an_import_clears_the_cache(system: System, artist: Caller) -> None:
    """It replaces all rows."""
    other = World()
    for row in other.tables["person"]:
        row["last_name"] = "Imported"
    system.load(other.tables)
    assert artist.get(WHO).json()["user"]["last_name"] == "Imported"
