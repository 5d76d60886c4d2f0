"""Free JSON of rows, whose keys follow metadata descriptors."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.common.database.sql_types import Column, Condition
from services.common.database.tables import NOW


def moved(data: Column, key: str, new_key: str | None) -> sa.Update:
    """UPDATE the rows that have a key: its value moves to another key, or goes.

    One statement for all rows: PostgreSQL edits the jsonb in place of reading rows here.
    """
    rest: Any = data.op("-")(sa.cast(key, sa.Text))
    # A text has a key of its own words, and none can be taken from it.
    having: list[Condition] = [sa.func.jsonb_typeof(data) == "object", data.has_key(key)]
    if new_key is not None:
        value = data[key]
        rest = rest.op("||")(sa.func.jsonb_build_object(sa.cast(new_key, sa.Text), value))
        # A null says no more under the new key than nothing does.
        having.append(sa.func.jsonb_typeof(value) != "null")
    values = {data.name: sa.cast(rest, JSONB), "updated_at": NOW}
    return sa.update(data.table).where(*having).values(values)
