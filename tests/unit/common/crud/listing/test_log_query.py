"""What the queries of logs ask for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.common import queries
from services.common.contracts.shapes import LogQuery
from services.common.crud.listing import log_query
from services.common.errors import InvalidInput

WHEN: sa.Column[datetime] = sa.Column("created_at", sa.TIMESTAMP)
WHO: sa.Column[object] = sa.Column("person_id", sa.Uuid)


@pytest.mark.parametrize(
    ("query", "want"),
    [({}, 100), ({"limit": ["5", "x"]}, 5), ({"limit": ["0"]}, 0), ({"limit": ["9999"]}, 1000)],
)
def test_a_limit_has_a_default_and_a_maximum(query: dict[str, list[str]], want: int) -> None:
    """The first value counts."""
    assert log_query.limit(queries.read(LogQuery, query)) == want


def test_rows_are_of_people_and_between_two_moments() -> None:
    """Both exclusive; without any of them all rows are listed."""
    query = {
        "after": ["2026-01-05"],
        "before": ["2026-01-06T10:00:00"],
        "person_ids": [str(uuid4()), str(uuid4())],
    }
    asked = queries.read(LogQuery, query)
    found = [str(one).split(" (")[0] for one in log_query.conditions(asked, WHEN, WHO)]
    assert found == ["created_at > :created_at_1", "created_at < :created_at_1", "person_id IN"]
    assert log_query.conditions(LogQuery(), WHEN, WHO) == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": ["-1"]}, "Wrong value for parameter limit."),
        ({"limit": ["x"]}, "Wrong value for parameter limit."),
        ({"after": ["yesterday"]}, "Wrong date format for before or after argument."),
        ({"person_ids": [str(uuid4()), "x"]}, "The person_ids parameter contains an invalid id"),
    ],
)
def test_a_malformed_parameter_is_refused(query: dict[str, Any], message: str) -> None:
    """By the message that clients know."""
    with pytest.raises(InvalidInput) as refused:
        queries.read(LogQuery, query)
    assert refused.value.message == message
