"""Query parameters of lists."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.common.contracts.types import PageQuery
from services.common.crud.listing.filters import (
    Page,
    by_columns,
    condition,
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
        (PageQuery(limit=5), None),
        (PageQuery(page=3), Page(3, 100)),
        (PageQuery(page=0), Page(0, 100)),
    ],
)
def test_a_page_has_a_number_and_a_size(query: PageQuery, page: Page | None) -> None:
    """Without a number there are no pages."""
    assert Page.asked(query) == page


def test_only_the_named_columns_filter() -> None:
    """Of the texts of a query."""
    query = {"count": "3", "done": "yes", "colour": "red"}
    (found,) = by_columns(TABLE, query, ["count", "name"])
    assert str(found) == "thing.count = :count_1"


def test_pages_before_the_first_are_empty() -> None:
    """Their OFFSET is none."""
    assert (Page(0, 10).rows, Page(-3, 10).offset) == (0, 0)
    assert (Page(3, 10).rows, Page(3, 10).offset) == (10, 20)
