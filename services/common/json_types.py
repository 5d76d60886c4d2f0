"""Names for data whose members only its owner knows: JSON, rows, column values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Any
"""JSON of any kind, decoded and not checked yet."""
JsonObject = dict[str, Any]
"""A JSON object, decoded."""
Row = Mapping[Any, Any]
"""A row of a table or of a statement, by the names of its columns; nobody writes into it."""
Parameters = Mapping[str, Any]
"""What a statement is run with, by the names in it."""
Values = dict[str, Any]
"""Column values that are about to be written."""
