"""JSON built by PostgreSQL: the statements. Their results are compared in ``tests/system``."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.common.database import sql_json

TABLE = sa.Table(
    "thing",
    sa.MetaData(),
    sa.Column("id", sa.Uuid),
    sa.Column("count", sa.Integer),
    sa.Column("name", sa.Text),
)


def sql(expression: sa.ClauseElement) -> str:
    """The SQL text on one line."""
    return " ".join(str(expression.compile(dialect=postgresql.dialect())).split())


def test_a_member_is_quoted_by_its_type() -> None:
    """Text is escaped by PostgreSQL; ids and numbers need no escaping."""
    text = sql(sql_json.written(TABLE.c, "r"))
    assert """'{"id":"' || CAST(r."id" AS TEXT) || '"'""" in text
    assert """',"count":' || CAST(r."count" AS TEXT)""" in text
    assert """',"name":' || CAST(to_json(r."name") AS TEXT)""" in text


def test_a_null_is_written_as_null() -> None:
    """NULL would make the whole object NULL."""
    assert sql(sql_json.written(TABLE.c, "r")).count("coalesce(") == len(TABLE.c)


def test_an_object_without_members_is_empty() -> None:
    """Instead of invalid SQL."""
    assert sql(sql_json.written([], "r")) == "'{}'"


def test_many_members_are_joined_as_a_balanced_tree() -> None:
    """A chain copies its prefix for each member: its parentheses would not be nested."""
    table = sa.Table("wide", sa.MetaData(), *(sa.Column(f"c{n}", sa.Integer) for n in range(31)))
    depth = deepest = 0
    for character in sql(sql_json.written(table.c, "r")):
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    assert deepest < 10


def test_objects_are_selected_from_a_subquery() -> None:
    """Whatever the statement is."""
    text = sql(sql_json.objects(sa.select(TABLE).where(TABLE.c.count > 1)))
    assert text.startswith("SELECT ")
    assert "FROM (SELECT thing.id AS id" in text
