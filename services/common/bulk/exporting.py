"""A service's rows as JSON in the format of a dump, built by PostgreSQL.

Bytes are ``{"b64": …}``, times are UTC without zone, JSON is JSON. A column of encrypted values has
a function in ``info["plain"]``, which takes the stored value and the environment and returns what
the export holds. A list of text that is bytes in a dump has ``info["dumped"] = "bytes"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
import sqlalchemy as sa

from services.common.database.sql_types import Column
from services.common.database.tables import is_internal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: CSV with control characters as delimiter and quote: JSON holds none unescaped, so its text is
#: written unchanged.
COPY: Final = "COPY ({select}) TO STDOUT (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')"
BASE64: Final = "json_build_object('b64', translate(encode({bytes}, 'base64'), E'\\n', ''))"


def select_json(table: sa.Table) -> str:
    """SELECT each row of the table as a JSON object, in the order of the primary key."""
    columns = ", ".join(_expression(column) for column in table.c if not is_internal(column))
    order = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    return (
        f'SELECT row_to_json(r)::text FROM (SELECT {columns} FROM "{table.name}" '  # noqa: S608
        f"ORDER BY {order}) r"
    )


def copy_json(table: sa.Table) -> str:
    """COPY each row of the table as a line of JSON, in the order of the primary key."""
    return COPY.format(select=select_json(table))


def _expression(column: Column) -> str:
    name = f'"{column.name}"'
    if isinstance(column.type, sa.LargeBinary):
        return bytes_as_json(name)
    if column.info.get("dumped") == "bytes":
        return list_as_json(name, "convert_to(item, 'UTF8')")
    return name


def bytes_as_json(name: str) -> str:
    """The SELECT item for a column of bytes."""
    return f"CASE WHEN {name} IS NOT NULL THEN {BASE64.format(bytes=name)} END AS {name}"


def list_as_json(name: str, element: str) -> str:
    """The SELECT item for an array column; the SQL ``element`` converts its elements to bytes."""
    return (
        f"CASE WHEN {name} IS NOT NULL THEN "  # noqa: S608 - names of columns
        f"(SELECT coalesce(json_agg({BASE64.format(bytes=element)}), '[]') "
        f"FROM unnest({name}) AS items(item)) END AS {name}"
    )


def unsealing(table: sa.Table, environ: Mapping[str, str]) -> Callable[[bytes], bytes] | None:
    """A function that decrypts the values of a row; None if the table has no encrypted ones."""
    sealed_columns = {
        column.name: column.info["plain"] for column in table.c if "plain" in column.info
    }
    if not sealed_columns:
        return None

    def unseal(row: bytes) -> bytes:
        values = msgspec.json.decode(row)
        for name, plain in sealed_columns.items():
            if values[name] is not None:
                values[name] = plain(values[name], environ)
        return msgspec.json.encode(values)

    return unseal
