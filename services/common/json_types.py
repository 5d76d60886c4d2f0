"""Type aliases for data without a declared shape: JSON, rows, column values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Decoded JSON of any kind, not validated yet.
Json = Any
#: A JSON object, decoded.
JsonObject = dict[str, Any]
#: A read-only row of a table or statement, by column names.
Row = Mapping[Any, Any]
#: The parameters of a statement, by name.
Parameters = Mapping[str, Any]
#: Column values to write, by name.
Values = dict[str, Any]
