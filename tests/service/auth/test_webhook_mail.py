"""E-mails about webhooks, and the roles of those who created them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.one_service import OneService
from tests.world import World


def parked(person: str | None) -> dict[str, Any]:
    """The event."""
    return {
        "webhook_id": "0b5f4b5e-2f0c-4a51-9d8f-3c0f5f1b8a11",
        "project_id": None,
        "person_id": person,
        "host": "hooks.example.com",
        "reason": "the receiver answered {410} Gone",
    }


def test_the_creator_is_told(auth: OneService, world: World) -> None:
    """One e-mail an event."""
    auth.deliver("webhook:parked", parked(world.people["manager"]))
    (letter,) = auth.rows("outgoing_mail")
    (manager,) = [row for row in world.tables["person"] if row["id"] == world.people["manager"]]
    assert letter["recipient"] == manager["email"]
    assert "webhook" in letter["subject"]


@pytest.mark.parametrize("why", ["gone", "deactivated"])
def test_nobody_is_told_who_is_not_there(auth: OneService, world: World, why: str) -> None:
    """Nor does the event fail."""
    for row in world.tables["person"]:
        row["active"] = row["id"] != world.people["manager"]
    auth.fill(world)
    auth.deliver("webhook:parked", parked(None if why == "gone" else world.people["manager"]))
    assert auth.rows("outgoing_mail") == []


def test_roles_are_those_of_people_who_may_log_in(auth: OneService, world: World) -> None:
    """Others have none, nor has who is unknown."""
    for row in world.tables["person"]:
        row["active"] = row["id"] != world.people["artist"]
    auth.fill(world)
    asked = [world.people["manager"], world.people["artist"], world.project]
    roles = auth.call("admin", "list_roles", ids=asked)
    assert roles == {world.people["manager"]: "manager"}
