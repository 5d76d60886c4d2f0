"""Names for data whose members only its owner knows: JSON, rows, column values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: JSON of any kind, decoded and not checked yet.
Json = Any
#: A JSON object, decoded.
JsonObject = dict[str, Any]
#: A row of a table or of a statement, by the names of its columns; nobody writes into it.
Row = Mapping[Any, Any]
#: What a statement is run with, by the names in it.
Parameters = Mapping[str, Any]
#: Column values that are about to be written.
Values = dict[str, Any]
