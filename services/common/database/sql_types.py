"""Names for the parts of statements, whose Python types only PostgreSQL knows."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

Select = sa.Select[*tuple[Any, ...]]
Column = sa.Column[Any]
Expression = sa.ColumnElement[Any]
Condition = sa.ColumnElement[bool]
#: What a SELECT lists.
Columns = tuple[Expression, ...]
