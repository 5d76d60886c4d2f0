"""Notification e-mails: recipients and calls."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import Unavailable
from services.common.runtime.rpc_server import MethodUnknown
from tests.service.one_service import OneService
from tests.world import World, ident

READERS = ("artist", "supervisor", "manager")


@pytest.fixture
def written(auth: OneService, world: World) -> dict[str, Any]:
    """The event of 60 notifications, of which a reader in three wants no e-mails."""
    for row in world.tables["person"]:
        row["notifications_enabled"] = row["id"] != world.people["manager"]
    auth.fill(world)
    readers = [world.people[READERS[n % 3]] for n in range(60)]
    ids = [ident(f"notification {n}") for n in range(60)]
    auth.fakes.replies["tasks.list_notices"] = lambda readers: {
        reader: notice(world, reader) for reader in readers if reader != ids[0]
    }
    return {"notification_ids": ids, "person_ids": readers, "project_id": world.project}


def notice(world: World, number: str) -> dict[str, Any]:
    """A notification as ``tasks`` shows it."""
    return {
        "id": number,
        "author_id": world.people["client"],
        "full_entity_name": "Props / Hat",
        "notification_type": "comment",
        "project_name": "Film",
        "reply_text": "",
        "comment_text": number,
    }


def test_one_call_fetches_the_notifications_of_all_mails(
    auth: OneService, written: dict[str, Any]
) -> None:
    """Each reader gets their own; deleted notifications are left out."""
    auth.deliver("notifications:written", written)
    (asked,) = [given for name, given in auth.fakes.calls if name == "tasks.list_notices"]
    assert len(asked["readers"]) == 40
    assert len(auth.rows("outgoing_mail")) == 39


def test_mails_wait_until_an_older_service_is_upgraded(
    auth: OneService, written: dict[str, Any]
) -> None:
    """The event comes again until it is replaced."""
    auth.fakes.replies["tasks.list_notices"] = MethodUnknown("no method 'list_notices'")
    with pytest.raises(Unavailable):
        auth.deliver("notifications:written", written)
    assert auth.rows("outgoing_mail") == []
