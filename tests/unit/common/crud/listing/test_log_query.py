"""Query parameters of logs."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.common.crud.listing import log_query
from services.common.errors import InvalidInput

WHEN: sa.Column[datetime] = sa.Column("created_at", sa.TIMESTAMP)
WHO: sa.Column[object] = sa.Column("person_id", sa.Uuid)


@pytest.mark.parametrize(
    ("query", "want"),
    [({}, 100), ({"limit": ["5"]}, 5), ({"limit": ["0"]}, 0), ({"limit": ["9999"]}, 1000)],
)
def test_a_limit_has_a_default_and_a_maximum(query: log_query.Query, want: int) -> None:
    """The first value counts."""
    assert log_query.limit(query) == want


@pytest.mark.parametrize("text", ["-1", "x", ""])
def test_a_malformed_limit_is_refused(text: str) -> None:
    """Instead of a default."""
    with pytest.raises(InvalidInput):
        log_query.limit({"limit": [text]})


def test_bounds_are_times_or_dates() -> None:
    """Exclusive."""
    query = {"after": ["2026-01-05"], "before": ["2026-01-06T10:00:00"]}
    after, before = log_query.between(query, WHEN)
    assert (str(after), str(before)) == ("created_at > :created_at_1", "created_at < :created_at_1")
    assert log_query.moment(query, "after") == datetime.fromisoformat("2026-01-05")
    assert log_query.moment(query, "before") == datetime.fromisoformat("2026-01-06T10:00")
    assert list(log_query.between({}, WHEN)) == []


def test_a_malformed_bound_names_the_formats() -> None:
    """For programs."""
    with pytest.raises(InvalidInput) as refusal:
        log_query.moment({"after": ["yesterday"]}, "after")
    assert refusal.value.data == {"expected": list(log_query.MOMENTS)}


def test_people_are_filtered_by_ids() -> None:
    """Without ids everybody's rows are listed."""
    query = {"person_ids": [str(uuid4()), str(uuid4())]}
    assert [str(item).split(" (")[0] for item in log_query.people(query, WHO)] == ["person_id IN"]
    assert list(log_query.people({}, WHO)) == []
    with pytest.raises(InvalidInput):
        list(log_query.people({"person_ids": ["x"]}, WHO))
