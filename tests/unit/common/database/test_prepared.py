"""Prepared statements, on a cursor that records. PostgreSQL runs them in ``tests/service``."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.common.database import prepared
from services.common.database.prepared import PreparedStatements, parameter

TABLE = sa.Table("thing", sa.MetaData(), sa.Column("name", sa.Text), sa.Column("count", sa.Integer))
BY_NAME = sa.select(TABLE.c.count).where(
    TABLE.c.name == parameter("name", sa.Text), TABLE.c.count > 5
)


class Cursor:
    """Records what is executed; every parameter is a text to PostgreSQL."""

    def __init__(self) -> None:
        self.executed: list[str] = []

    def execute(self, query: str, _values: Any = None) -> None:
        """Record a statement."""
        self.executed.append(query)

    def fetchone(self) -> tuple[list[str]]:
        """The types of the parameters of the last statement."""
        return (["text"] * len(set(re.findall(r"\$\d+", self.executed[-2]))),)

    def mogrify(self, query: str, values: Any) -> bytes:
        """The query with its values."""
        return (query % values if values else query).encode()


@pytest.fixture
def statements() -> PreparedStatements:
    """The statements of a service."""
    return PreparedStatements(postgresql.dialect(paramstyle="pyformat"))


def prepares(cursor: Cursor) -> list[str]:
    """The PREPAREs that were executed."""
    return [query for query in cursor.executed if query.startswith("PREPARE")]


def test_a_statement_is_prepared_once_for_a_connection(statements: PreparedStatements) -> None:
    """Its constants are part of it, its parameters are numbered."""
    cursor, info = Cursor(), {}
    for name in ("a", "b"):
        rendered = statements.render(cursor, info, BY_NAME, {"name": name})
        assert rendered.message == f"EXECUTE callboard_0({name}::text)"
    (prepare,) = prepares(cursor)
    assert prepare.startswith("PREPARE callboard_0 AS SELECT")
    assert "thing.name = $1" in prepare
    assert "thing.count > 5" in prepare


def test_another_connection_prepares_it_under_the_same_name(
    statements: PreparedStatements,
) -> None:
    """Without asking for its types again."""
    statements.render(Cursor(), {}, BY_NAME, {"name": "a"})
    cursor = Cursor()
    statements.render(cursor, {}, BY_NAME, {"name": "a"})
    assert [query.split(" AS ")[0] for query in cursor.executed] == ["PREPARE callboard_0"]


def test_the_readable_text_has_no_values(statements: PreparedStatements) -> None:
    """It goes into logs and traces."""
    rendered = statements.render(Cursor(), {}, BY_NAME, {"name": "secret"})
    assert "secret" not in rendered.readable
    assert "%(name)s" in rendered.readable


def test_a_repeated_parameter_is_sent_once(statements: PreparedStatements) -> None:
    """In hand-written SQL; ``%%`` is a percent sign."""
    cursor = Cursor()
    sql = "SELECT %(a)s, %(b)s, %(a)s, 5 %% 2"
    rendered = statements.render(cursor, {}, sql, {"a": "x", "b": "y"})
    assert rendered.message == "EXECUTE callboard_0(x::text, y::text)"
    assert prepares(cursor) == ["PREPARE callboard_0 AS SELECT $1, $2, $1, 5 % 2"]


def test_the_least_recently_used_statement_is_deallocated(
    statements: PreparedStatements, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the connection that has too many."""
    monkeypatch.setattr(prepared, "MAX_PREPARED", 2)
    cursor, info = Cursor(), {}
    for sql in ("SELECT 1", "SELECT 2", "SELECT 1", "SELECT 3"):
        statements.render(cursor, info, sql, {})
    assert [query for query in cursor.executed if query.startswith("DEALLOCATE")] == [
        "DEALLOCATE callboard_1"
    ]
    assert list(info["prepared"]) == ["callboard_0", "callboard_2"]
