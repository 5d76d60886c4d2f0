"""The code breaks nothing for clients and subscribers of the last release."""

from __future__ import annotations

from deploy.docs.api_snapshot import newest, present
from deploy.docs.breaking_changes import breaking_changes


def test_nothing_breaks_since_the_last_release() -> None:
    """CONTRIBUTING.md says how to break something deliberately."""
    assert breaking_changes(newest(), present()) == []


def test_the_snapshot_has_all_routes_and_events() -> None:
    """An empty table would break nothing."""
    result = present()
    assert result.routes.keys() >= {"GET /data/tasks", "POST /auth/login"}
    assert result.events["task:assign"].types["task_id"] == "uuid"
    assert result.routes["POST /auth/login"].body == "Credentials"
    assert result.bodies["Credentials"].required.keys() == {"email"}
    assert result.answers["Task"].types["due_date"] == "string or null"
    assert result.routes["GET /data/tasks"].query.optional["entity_id"] == "uuid"


def test_the_last_snapshot_holds_bodies_and_answers() -> None:
    """Else their changes would break nothing."""
    result = newest()
    assert len(result.bodies) > len(result.routes) / 5
    assert len(result.answers) > len(result.routes) / 5
    assert all(promise.name for promise in result.routes.values())
