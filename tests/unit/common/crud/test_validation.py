"""From JSON to column values."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.common.crud import validation
from services.common.errors import Integrity, InvalidInput, NotFound
from services.tasks.models import Task, TaskStatus

STATUS, TASK = TaskStatus.__table__, Task.__table__
BODY = {"name": "Done", "short_name": "done", "color": "#00ff00"}


def create(body: dict[str, Any]) -> dict[str, Any]:
    """The values of a new status."""
    return validation.values_for_create(STATUS, body, "TaskStatus", frozenset())


def test_a_new_row_has_the_columns_defaults() -> None:
    """A null counts as absent."""
    values = create({**BODY, "is_done": "true", "priority": None})
    assert (values["is_done"], values["priority"], values["is_retake"]) == (True, 1, False)
    assert "id" not in values


def test_an_unknown_field_of_a_new_row_is_refused() -> None:
    """A typo must not lose what somebody typed."""
    with pytest.raises(Integrity, match="'colour' is an invalid keyword argument for TaskStatus"):
        create({**BODY, "colour": "#000000"})


def test_a_required_column_must_have_a_value() -> None:
    """The message names it."""
    with pytest.raises(Integrity, match="'name' must have a value"):
        create({"short_name": "done", "color": "#00ff00"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("name", "x" * 41), ("is_done", "perhaps"), ("priority", 2**31), ("color", ["#fff"])],
)
def test_a_value_that_does_not_fit_is_refused(name: str, value: Any) -> None:
    """The message names the field, before PostgreSQL sees the value."""
    with pytest.raises(Integrity, match=f"'{name}'"):
        create({**BODY, name: value})


def test_an_update_has_the_fields_sent() -> None:
    """Fixed, unknown and the kernel's own fields are ignored."""
    body = {"name": "New", "color": "#1", "unknown": 1, "id": "x", "created_at": "x"}
    values = validation.values_for_update(STATUS, body, frozenset({"color"}))
    assert values == {"name": "New"}


def test_an_update_may_clear_what_may_be_null() -> None:
    """Nothing else."""
    assert validation.values_for_update(TASK, {"description": None}, frozenset()) == {
        "description": None
    }
    with pytest.raises(Integrity, match="'name' must have a value"):
        validation.values_for_update(TASK, {"name": None}, frozenset())


def test_a_columns_own_check_applies() -> None:
    """Beyond its type."""
    with pytest.raises(Integrity, match="'difficulty'"):
        validation.values_for_update(TASK, {"difficulty": 6}, frozenset())


def test_ids_of_a_list_come_once() -> None:
    """As texts, or as the objects that clients read."""
    one, other = str(uuid4()), str(uuid4())
    ids = validation.list_ids("assignees", [one, {"id": other}, one.upper()])
    assert [str(ident) for ident in ids] == [one, other]
    with pytest.raises(Integrity):
        validation.list_ids("assignees", [one, "x"])


def test_a_malformed_id_in_a_path_is_unknown() -> None:
    """Generic routes say that it is malformed."""
    with pytest.raises(NotFound):
        validation.known_id("x")
    with pytest.raises(InvalidInput, match="Malformed ID"):
        validation.row_id("x")


@pytest.mark.parametrize(
    ("path", "first", "last"),
    [
        (("2024",), date(2024, 1, 1), date(2024, 12, 31)),
        (("2024", "2"), date(2024, 2, 1), date(2024, 2, 29)),
        (("2026", None, "1"), date(2025, 12, 29), date(2026, 1, 4)),
    ],
)
def test_a_period_has_a_first_and_a_last_day(
    path: tuple[str, str | None, str | None], first: date, last: date
) -> None:
    """A year, a month, or an ISO week, which may begin in the year before."""
    assert validation.period(*path) == (first, last)


@pytest.mark.parametrize("path", [("x",), ("2024", "13"), ("2024", None, "54"), ("0",)])
def test_a_period_that_is_none_is_not_found(path: tuple[str, ...]) -> None:
    """It is part of a path."""
    with pytest.raises(NotFound):
        validation.period(*path)


def test_a_refused_column_has_the_name_that_was_sent() -> None:
    """Not that of the column, which clients don't know."""
    renamed = {"difficulty": "how_hard", "name": "title"}
    with pytest.raises(Integrity, match="'how_hard'"):
        validation.values_for_update(TASK, {"difficulty": 6}, frozenset(), renamed)
    with pytest.raises(Integrity, match="'title' must have a value"):
        validation.values_for_update(TASK, {"name": None}, frozenset(), renamed)
    with pytest.raises(Integrity, match="'title' must have a value"):
        validation.values_for_create(TASK, {}, "Task", frozenset(), renamed)
