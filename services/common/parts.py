"""Parts of an answer that another service composes: JSON built by one statement, never parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from services.common.client import Reply
from services.common.resources import JSON_TEXT, rows_as_json

if TYPE_CHECKING:
    from services.common.db import Database


def array(rows: sa.Select[Any]) -> sa.ColumnElement[str]:
    """All of ``rows`` as the text of one JSON array."""
    text = sa.func.concat("[", sa.func.string_agg(JSON_TEXT, ","), "]")
    return sa.select(text).select_from(rows.subquery("r")).scalar_subquery()


def mapping(pairs: sa.Select[Any]) -> sa.ColumnElement[str]:
    """A JSON object made of rows of a ``key`` and a ``value``, which is JSON."""
    found = pairs.subquery("pairs")
    built = sa.func.json_object_agg(found.c.key, found.c.value)
    text = sa.func.coalesce(sa.cast(built, sa.Text), "{}")
    return sa.select(text).select_from(found).scalar_subquery()


def whole(database: Database, **members: sa.ColumnElement[Any]) -> Reply:
    """A JSON object of these members, each the text of a JSON value."""
    pieces: list[Any] = []
    for name, member in members.items():
        pieces += [f'{"," if pieces else "{"}"{name}":', member]
    return one(database, sa.func.concat(*pieces, "}"))


def one(database: Database, value: sa.ColumnElement[str]) -> Reply:
    """A JSON value that is one text."""
    with database.read() as connection:
        return Reply(str(connection.execute(sa.select(value)).scalar_one()).encode())


def first(database: Database, rows: sa.Select[Any]) -> Reply | None:
    """The first of ``rows`` as a JSON object."""
    with database.read() as connection:
        found = connection.scalar(rows_as_json(rows))
    return None if found is None else Reply(str(found).encode())
