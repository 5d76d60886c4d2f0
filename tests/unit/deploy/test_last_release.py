"""Clients and subscribers of the last release find what it promised."""

from __future__ import annotations

from deploy.docs.api_snapshot import newest, present
from deploy.docs.breaking_changes import breaking_changes


def test_nothing_that_the_last_release_promised_is_broken() -> None:
    """CONTRIBUTING.md says what to do if something has to go."""
    assert breaking_changes(newest(), present()) == []


def test_all_routes_and_events_are_looked_at() -> None:
    """An empty table would break nothing."""
    found = present()
    assert found.routes.keys() >= {"GET /data/tasks", "POST /auth/login"}
    assert found.events["task:assign"].types["task_id"] == "uuid"
