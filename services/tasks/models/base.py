"""Root of the tables of ``tasks``.

Tables and columns are those of the dumps that installations import, misspellings included.
"""

from __future__ import annotations

from services.common.database import stored_files, tables
from services.common.database.tables import new_metadata


class Base(tables.Base):
    """Root of the tables of this service."""

    __abstract__ = True
    metadata = new_metadata()


stored_files.declare(Base.metadata, "tasks")
