"""Query parameters of lists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.common.crud.listing.filters import (
    Page,
    condition,
    page_and_limit,
    page_size,
    query_id,
    wants_relations,
)
from services.common.errors import InvalidInput

TABLE = sa.Table(
    "thing",
    sa.MetaData(),
    sa.Column("name", sa.Text),
    sa.Column("status", sa.Text, info={"choices": ("open", "closed")}),
    sa.Column("count", sa.Integer),
    sa.Column("done", sa.Boolean),
    sa.Column("parent_id", sa.Uuid),
    sa.Column("data", JSONB),
    sa.Column("links", ARRAY(sa.Text)),
)
IDENT = UUID("9a4f1f0e-3c5b-4d0e-8f6a-2f1f4a1c7b10")


def sql(name: str, text: str) -> str:
    """The condition as PostgreSQL gets it."""
    compiled = condition(name, TABLE.c[name], text).compile(
        dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
    )
    return str(compiled).replace("thing.", "")


@pytest.mark.parametrize(
    ("name", "text", "want"),
    [
        ("count", "3", "count = 3"),
        ("count", '[ "1", "2"]', "count IN (1, 2)"),
        ("done", "true", "done = true"),
        ("parent_id", str(IDENT), f"parent_id = '{IDENT}'"),
        ("status", "open", "status = 'open'"),
        ("status", '["open","closed"]', "status IN ('open', 'closed')"),
        ("links", "a", "links @> ARRAY['a']"),
    ],
)
def test_a_filter_compares_with_a_value_of_the_columns_type(
    name: str, text: str, want: str
) -> None:
    """Or with several, in brackets."""
    assert sql(name, text) == want


def test_names_are_compared_without_case() -> None:
    """Not as patterns: ``%`` and ``_`` are characters of names."""
    assert sql("name", "50%_Hero") == "lower(name) = lower('50%%_Hero')"


def test_a_name_may_begin_with_a_bracket() -> None:
    """What is no list is a name."""
    assert "[old] Hero" in sql("name", "[old] Hero")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("count", "many"),
        ("count", "[1"),
        ("done", "perhaps"),
        ("parent_id", "x"),
        ("status", "lost"),
        ("status", "[open]"),
        ("data", "{"),
        ("name", "\0"),
    ],
)
def test_a_malformed_value_is_refused(name: str, text: str) -> None:
    """It never reaches PostgreSQL, which would fail."""
    with pytest.raises(InvalidInput):
        condition(name, TABLE.c[name], text)


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ({}, None),
        ({"limit": "5"}, None),
        ({"page": "3"}, Page(3, 100)),
        ({"page": "2", "limit": "5"}, Page(2, 5)),
    ],
)
def test_a_page_has_a_number_and_a_size(query: dict[str, str], page: Page | None) -> None:
    """Without a number there are no pages."""
    assert page_and_limit(query) == page


@pytest.mark.parametrize(
    "query",
    [{"page": "x"}, {"page": "1", "limit": "0"}, {"page": "1", "limit": "-1"}, {"page": "1e400"}],
)
def test_a_malformed_page_is_refused(query: dict[str, Any]) -> None:
    """Instead of a failing OFFSET."""
    with pytest.raises(InvalidInput):
        page_and_limit(query)


def test_pages_before_the_first_are_empty() -> None:
    """Their OFFSET is none."""
    assert (Page(0, 10).rows, Page(-3, 10).offset) == (0, 0)
    assert (Page(3, 10).rows, Page(3, 10).offset) == (10, 20)
    assert page_size({"limit": "7"}) == 7


def test_an_id_in_a_query_is_optional() -> None:
    """An empty one is none; a malformed one is told with its parameter's name."""
    ident = "A5B3C1D2-0000-4000-8000-000000000001"
    assert query_id({"studio_id": ident}, "studio_id") == UUID(ident)
    assert query_id({"studio_id": ""}, "studio_id") is None
    assert query_id({}, "studio_id") is None
    with pytest.raises(InvalidInput, match="Invalid UUID value: x") as refused:
        query_id({"studio_id": "x"}, "studio_id")
    told = {"field": "studio_id", "message": "Invalid UUID value: x"}
    assert refused.value.data == {"errors": [told]}


@pytest.mark.parametrize(
    ("text", "in_list", "in_single_read"),
    [("true", True, True), ("FALSE", False, False), ("1", False, True), ("", False, True)],
)
def test_to_many_lists_come_as_the_query_says(
    text: str, in_list: bool, in_single_read: bool
) -> None:
    """Else as the kind of read has it."""
    query = {"relations": text}
    assert wants_relations(query) is in_list
    assert wants_relations(query, default=True) is in_single_read
