"""A service's rows as JSON, in the form of a table dump, made by PostgreSQL.

Bytes come as ``{"b64": …}``, times in UTC without zone, JSON as JSON. A column whose values lie
sealed in the database says in ``info["plain"]`` how they are read: a function of the stored value
and the environment that answers what an export shows. A list of text that is bytes in a dump says
so with ``info["dumped"] = "bytes"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
import sqlalchemy as sa

from services.common.database.sql_types import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: JSON holds no raw control character, so that CSV with such signs leaves it as it is.
COPY: Final = "COPY ({select}) TO STDOUT (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')"
BASE64: Final = "json_build_object('b64', translate(encode({bytes}, 'base64'), E'\\n', ''))"


def select_json(table: sa.Table) -> str:
    """The statement that gives each row of the table as a JSON object, in order of the keys."""
    columns = ", ".join(_expression(column) for column in table.c)
    order = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    return (
        f'SELECT row_to_json(r)::text FROM (SELECT {columns} FROM "{table.name}" '  # noqa: S608
        f"ORDER BY {order}) r"
    )


def copy_json(table: sa.Table) -> str:
    """The same as a COPY, a row a line."""
    return COPY.format(select=select_json(table))


def _expression(column: Column) -> str:
    name = f'"{column.name}"'
    if isinstance(column.type, sa.LargeBinary):
        return bytes_as_json(name)
    if column.info.get("dumped") == "bytes":
        return list_as_json(name, "convert_to(item, 'UTF8')")
    return name


def bytes_as_json(name: str) -> str:
    """The column of bytes in the form of a dump."""
    return f"CASE WHEN {name} IS NOT NULL THEN {BASE64.format(bytes=name)} END AS {name}"


def list_as_json(name: str, item: str) -> str:
    """The column that lists bytes; ``item`` says how one ``item`` is read as bytes."""
    return (
        f"CASE WHEN {name} IS NOT NULL THEN "  # noqa: S608 - names of columns
        f"(SELECT coalesce(json_agg({BASE64.format(bytes=item)}), '[]') "
        f"FROM unnest({name}) AS items(item)) END AS {name}"
    )


def unsealing(table: sa.Table, environ: Mapping[str, str]) -> Callable[[bytes], bytes] | None:
    """What opens the sealed values of a row, or None where the table has none."""
    sealed = {column.name: column.info["plain"] for column in table.c if "plain" in column.info}
    if not sealed:
        return None

    def unseal(row: bytes) -> bytes:
        values = msgspec.json.decode(row)
        for name, plain in sealed.items():
            if values[name] is not None:
                values[name] = plain(values[name], environ)
        return msgspec.json.encode(values)

    return unseal
