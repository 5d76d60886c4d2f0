"""What changed in a row, and who may read all rows of its kind."""

from __future__ import annotations

from uuid import uuid4

from services.auth.resources import RESOURCES as ACCOUNTS
from services.common.contracts.full_events import ALL, Asked, FieldChange
from services.common.crud import describing
from services.crud.resources import RESOURCES as STUDIO
from services.tasks.resources import RESOURCES as TASKS


def asked(**rows: dict[str, object] | None) -> Asked:
    """An event about a task."""
    return Asked(name="task:update", payload={"task_id": str(uuid4())}, **rows)


def test_changes_hold_the_fields_that_differ_in_the_form_of_answers() -> None:
    """Times to the second; ids and times of the row itself are no news."""
    before = {"id": "1", "priority": 0, "name": "a", "due_date": None, "updated_at": "x"}
    after = {**before, "priority": 2, "due_date": "2026-01-05T10:00:00.5", "updated_at": "y"}
    assert describing.changes(asked(before=before, after=after), TASKS["tasks"]) == {
        "priority": FieldChange(before=0, after=2),
        "due_date": FieldChange(before=None, after="2026-01-05T10:00:00"),
    }


def test_a_new_row_was_nothing_and_a_deleted_one_is_nothing() -> None:
    """So that a receiver can show either without asking."""
    row = {"id": "1", "name": "a"}
    tasks = TASKS["tasks"]
    assert describing.changes(asked(after=row), tasks) == {"name": FieldChange(after="a")}
    assert describing.changes(asked(before=row), tasks) == {"name": FieldChange(before="a")}


def test_an_event_that_changes_no_row_has_no_changes() -> None:
    """As one of an assignment."""
    assert describing.changes(asked(), TASKS["tasks"]) == {}


def test_hidden_and_internal_columns_are_never_told() -> None:
    """Whatever the notes of changes hold."""
    event = asked(before={"password": "a", "token_version": 1}, after={"password": "b"})
    assert describing.changes(event, ACCOUNTS["persons"]) == {}


def test_who_hears_of_a_row_follows_from_its_resource() -> None:
    """Everybody of what all may read, the roles that see all of a kind, else administrators."""
    assert describing.readers(TASKS["task-types"]).roles == ALL
    assert describing.readers(STUDIO["milestones"]).roles == ("manager", "supervisor", "user")
    assert describing.readers(STUDIO["plugins"]).roles == ()
    assert describing.readers(None).roles == ()
    assert "priority" in describing.readers(TASKS["tasks"]).hidden["client"]
