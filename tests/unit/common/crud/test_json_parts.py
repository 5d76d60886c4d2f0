"""JSON objects of several lists: the statements. Their results are read in ``tests/service``."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.common.crud import json_parts

TABLE = sa.Table(
    "thing", sa.MetaData(), sa.Column("id", sa.Uuid, primary_key=True), sa.Column("name", sa.Text)
)


def sql(expression: sa.ClauseElement) -> str:
    """The SQL text on one line, with its literals."""
    compiled = expression.compile(
        dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
    )
    return " ".join(str(compiled).split())


def test_members_are_joined_by_commas() -> None:
    """In their order."""
    one, two = sa.literal_column("'[]'"), sa.literal_column("'{}'")
    assert sql(json_parts.json_object(one=one, two=two)) == (
        "SELECT concat('{\"one\":', '[]', ',\"two\":', '{}', '}') AS concat_1"
    )


def test_a_list_without_rows_is_an_empty_array() -> None:
    """``concat`` reads the NULL of no rows as nothing."""
    text = sql(json_parts.array(sa.select(TABLE), TABLE.c.id))
    assert "concat('[', string_agg(CAST(row_to_json(r) AS TEXT), ','), ']')" in text


@pytest.mark.parametrize("order", [(), (TABLE.c.name,), (TABLE.c.id, TABLE.c.name)])
def test_the_order_of_a_list_leaves_nothing_open(order: tuple[sa.ColumnElement[str], ...]) -> None:
    """Equal rows would come in any."""
    with pytest.raises(TypeError, match="must end with a primary key"):
        json_parts.array(sa.select(TABLE), *order)
    assert "ORDER BY thing.name, thing.id" in sql(
        json_parts.array(sa.select(TABLE), TABLE.c.name, TABLE.c.id)
    )


def test_a_mapping_without_rows_is_an_empty_object() -> None:
    """Instead of null."""
    pairs = sa.select(TABLE.c.name.label("key"), TABLE.c.id.label("value"))
    assert "coalesce(CAST(json_object_agg(pairs.key, pairs.value) AS TEXT), '{}')" in sql(
        json_parts.mapping(pairs)
    )


def test_parameters_may_be_absent() -> None:
    """One statement serves calls that need them and calls that don't."""
    assert json_parts.ident("ident").compile(dialect=postgresql.dialect()).params == {"ident": None}
