"""Status codes by caller, and logged events."""

from __future__ import annotations

from typing import Any

from tests.running import Caller, System, until
from tests.world import World

CALLERS = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")


def statuses(system: System, show: World, method: str, path: str, body: Any = None) -> list[int]:
    """The status codes of a request by each of ``CALLERS``."""
    return [
        system.caller(show.people[name]).send(method, path, body).status_code for name in CALLERS
    ]


def logged_payloads(admin: Caller, name: str, count: int = 1) -> list[dict[str, Any]]:
    """The payloads of logged events of that name, oldest first; waits until there are ``count``.

    Events of the test before may be logged after this test's rows were loaded; they are left out by
    their people, who are gone.
    """
    actors = {None, *(person["id"] for person in admin.get("/data/persons").json())}

    def logged() -> list[dict[str, Any]]:
        rows = admin.get("/data/events/last?limit=200").json()
        found = [
            row["data"]
            for row in reversed(rows)
            if row["name"] == name and row["user_id"] in actors
        ]
        return found if len(found) >= count else []

    found: list[dict[str, Any]] = until(logged, what=f"{count} {name}")
    return found
