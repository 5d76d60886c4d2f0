"""JSON of rows, built by PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSON

from services.common.database.sql_types import Column, Condition, Expression, Select

#: Integers below it are exact as floats and fit into a bigint.
EXACT: Final = 1e15
#: A row of the subquery called ``r``, as JSON text built by PostgreSQL.
JSON_TEXT: Final = sa.cast(sa.func.row_to_json(sa.literal_column("r")), sa.Text)


def rows_as_json(rows: Select) -> Select:
    """SELECT one JSON text for each of ``rows``."""
    return sa.select(JSON_TEXT).select_from(rows.subquery("r"))


def in_total_order(rows: Select, *order: Expression) -> Select:
    """The rows in an order that ends with a primary key. Raises TypeError for another one.

    Rows that are equal in an order come in any, and in another one the next time.
    """
    if not order or not getattr(order[-1], "primary_key", False):
        message = "the order of a list must end with a primary key"
        raise TypeError(message)
    return rows.order_by(*order)


def as_json(columns: Iterable[Expression], table: sa.Table, *where: Condition) -> Select:
    """SELECT one JSON text for each row of ``table`` that meets the conditions."""
    return rows_as_json(sa.select(*columns).select_from(table).where(*where))


def rendered(column: Column) -> Expression:
    """The column in the form clients expect: times to the second, floats with a decimal point.

    Nulls as the column declares.
    """
    if for_null := column.info.get("for_null"):
        return sa.func.coalesce(column, sa.cast(sa.literal_column(f"'{for_null}'"), column.type))
    if isinstance(column.type, sa.TIMESTAMP):
        return sa.func.date_trunc("second", column)
    if isinstance(column.type, sa.Double):
        # to_json would write 2.0 as 2, which Python's clients read as an int.
        integral = sa.cast(sa.cast(sa.cast(column, sa.BigInteger), sa.Text) + ".0", JSON)
        is_whole = sa.and_(column == sa.func.trunc(column), sa.func.abs(column) < EXACT)
        return sa.case((is_whole, integral), else_=sa.func.to_json(column))
    return column
