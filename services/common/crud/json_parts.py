"""Parts of an answer that another service composes: JSON built by one statement, never parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.common.crud.row_json import JSON_TEXT
from services.common.database.sql_types import Expression, Select
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from services.common.database.transaction import Database


def array(rows: Select) -> sa.ColumnElement[str]:
    """All of ``rows`` as the text of one JSON array."""
    text = sa.func.concat("[", sa.func.string_agg(JSON_TEXT, ","), "]")
    return sa.select(text).select_from(rows.subquery("r")).scalar_subquery()


def mapping(pairs: Select) -> sa.ColumnElement[str]:
    """A JSON object made of rows of a ``key`` and a ``value``, which is JSON."""
    found = pairs.subquery("pairs")
    built = sa.func.json_object_agg(found.c.key, found.c.value)
    text = sa.func.coalesce(sa.cast(built, sa.Text), "{}")
    return sa.select(text).select_from(found).scalar_subquery()


def json_object(**members: Expression) -> Select:
    """The statement that selects a JSON object of these members, each the text of a JSON value."""
    pieces: list[Any] = []
    for name, member in members.items():
        pieces += [f'{"," if pieces else "{"}"{name}":', member]
    return sa.select(sa.func.concat(*pieces, "}"))


def read(database: Database, statement: Select, **parameters: object) -> Reply:
    """The JSON that a statement of ``json_object`` selects; it is made once and kept."""
    return Reply(str(database.text(statement, **parameters)).encode())


def ident(name: str) -> Expression:
    """An id given as text when the statement is run."""
    return sa.cast(sa.bindparam(name, required=False), sa.Uuid)


def idents(name: str) -> Expression:
    """Any of the ids given as a list of texts when the statement is run."""
    return sa.any_(sa.cast(sa.bindparam(name, required=False), ARRAY(sa.Uuid)))
