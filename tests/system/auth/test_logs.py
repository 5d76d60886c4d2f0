"""The log-in log, and the log of desktop tools."""

from __future__ import annotations

import pytest

from tests.running import Caller, System
from tests.system.auth.visitor import log_in
from tests.world import World

LAST = "/data/events/login-logs/last"


def test_log_ins_are_listed_newest_first_for_administrators(
    system: System, world: World, admin: Caller
) -> None:
    """Only successful ones."""
    log_in(system)
    log_in(system, password="no")
    log_in(system, email="manager@example.com")
    rows = admin.get(LAST).json()
    assert [row["person_id"] for row in rows] == [world.people["manager"], world.people["artist"]]
    assert set(rows[0]) == {"id", "created_at", "ip_address", "person_id", "origin"}
    assert rows[0]["origin"] == "script"
    assert system.caller(world.people["manager"]).get(LAST).status_code == 403
    page = admin.get(LAST, params={"cursor_login_log_id": rows[0]["id"]}).json()
    assert page == rows[1:]
    body = admin.get(LAST, params={"person_ids": world.people["artist"]}).json()
    assert body == rows[1:]
    assert admin.get(LAST, params={"after": "2099-01-01"}).json() == []
    assert admin.get(LAST, params={"limit": 0}).json() == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=x",
        "limit=-1",
        "after=yesterday",
        "person_ids=x",
        "cursor_login_log_id=x",
        "cursor_login_log_id=00000000-0000-4000-8000-000000000000",
    ],
)
def test_invalid_parameters_are_rejected(
    system: System, world: World, admin: Caller, query: str
) -> None:
    """400 with a reason."""
    response = admin.get(f"{LAST}?{query}")
    assert response.status_code == 400
    assert response.json()["message"]


def test_a_desktop_log_in_is_logged_and_sets_the_last_presence(
    system: System, world: World, admin: Caller
) -> None:
    """By the person or an administrator; managers may read."""
    artist = system.caller(world.people["artist"])
    response = artist.post("/data/user/desktop-login-logs", {"date": "2018-04-01T09:30:00"})
    assert response.status_code == 201
    assert response.json()["date"] == "2018-04-01T09:30:00"
    assert response.json()["type"] == "DesktopLoginLog"
    path = f"/data/persons/{world.people['artist']}/desktop-login-logs"
    assert admin.post(path, {"date": "2017-01-01"}).status_code == 201
    assert len(artist.get("/data/user/desktop-login-logs").json()) == 2
    assert system.caller(world.people["manager"]).get(path).status_code == 200
    assert system.caller(world.people["client"]).get(path).status_code == 403
    assert system.caller(world.people["client"]).post(path, {}).status_code == 403
    body = admin.get(f"/data/persons/{world.people['artist']}").json()
    assert body["last_presence"] == "2018-04-01", "the latest day, not the last entered"
    assert artist.post("/data/user/desktop-login-logs", {"date": "soon"}).status_code == 400
    assert admin.get("/data/persons/nobody/desktop-login-logs").status_code == 404
