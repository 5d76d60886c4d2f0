"""JSON objects of several lists, built by one SQL statement and passed on without parsing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.common.crud.row_json import JSON_TEXT, in_total_order
from services.common.database.sql_types import Expression, Select
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from services.common.database.pools import Database


def array(rows: Select, *order: Expression) -> sa.ColumnElement[str]:
    """A scalar subquery: all of ``rows``, in a total order, as the text of a JSON array."""
    ordered = in_total_order(rows, *order).subquery("r")
    text = sa.func.concat("[", sa.func.string_agg(JSON_TEXT, ","), "]")
    return sa.select(text).select_from(ordered).scalar_subquery()


def mapping(pairs: Select) -> sa.ColumnElement[str]:
    """A scalar subquery: the text of a JSON object from rows of ``key`` and JSON ``value``."""
    source = pairs.subquery("pairs")
    built = sa.func.json_object_agg(source.c.key, source.c.value)
    text = sa.func.coalesce(sa.cast(built, sa.Text), "{}")
    return sa.select(text).select_from(source).scalar_subquery()


def json_object(**members: Expression) -> Select:
    """SELECT a JSON object of these members, each the text of a JSON value."""
    pairs: list[Any] = []
    for name, member in members.items():
        pairs += [f'{"," if pairs else "{"}"{name}":', member]
    return sa.select(sa.func.concat(*pairs, "}"))


def read(database: Database, statement: Select, **parameters: object) -> Reply:
    """The reply of a statement made by ``json_object``, which must be built once and reused."""
    return Reply(str(database.text(statement, **parameters)).encode())


def ident(name: str) -> Expression:
    """A UUID parameter; its value is passed as text."""
    return sa.cast(sa.bindparam(name, required=False), sa.Uuid)


def idents(name: str) -> Expression:
    """ANY of a UUID array parameter; its value is passed as a list of texts."""
    return sa.any_(sa.cast(sa.bindparam(name, required=False), ARRAY(sa.Uuid)))
