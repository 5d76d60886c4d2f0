"""E-mails about notifications."""

from __future__ import annotations

from tests.running import Caller, System
from tests.system.auth.visitor import letters, next_letter
from tests.world import World


def test_a_comment_mails_only_people_with_e_mail_notifications(
    system: System, world: World, admin: Caller
) -> None:
    """By event, shortly after the comment."""
    person = world.people["artist"]
    admin.put(f"/data/persons/{person}", {"notifications_enabled": True})
    people = [person, world.people["supervisor"]]
    admin.put(f"/data/tasks/{world.task}", {"assignees": people})
    before = len(letters(system))
    body = {"task_status_id": world.status, "comment": "The rope is too thick"}
    with next_letter(system, "commented") as letter:
        assert admin.post(f"/actions/tasks/{world.task}/comment", body).status_code == 201
    assert "The rope is too thick" in letter[0]
    assert {one["To"] for one in letters(system)[before:]} == {"artist@example.com"}
